//! The access matrix of records, over gRPC: records of the own and of another desk, of every tier,
//! and one that does not exist, asked for by every method. Hidden ones answer as missing ones do.

use std::collections::BTreeMap;

use bytes::Bytes;
use chassis::clock::{Clock, SystemClock};
use e2e::Suite;
use facts::vocabulary::Vocabulary;
use policy::{Desks, Role, Tier};
use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message;
use serde_json::{Value, json};
use testkit::Engine;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::cells::{Cell, Outcome, Record, Who};
use crate::sample::{parent, resources, sample, within};
use crate::table::Table;
use crate::wire::{call, connect, metadata, reason};

/// Methods that are asked for one name.
const NAMED: [&str; 4] = ["Get{one}", "List{one}Revisions", "Update{one}", "Delete{one}"];
/// Methods that are refused for how a record stands: its etag is another, or it was not deleted.
/// Only those are told who may write it.
const REFUSED: [&str; 3] = ["Update{one}", "Delete{one}", "Undelete{one}"];
/// The method that is asked for the name of what was deleted.
const UNDELETE: [&str; 1] = ["Undelete{one}"];
/// Methods that tell of many.
const MANY: [&str; 4] = ["List{many}", "Export{many}", "Watch{many}", "Diff{many}"];

/// A record that was made.
struct Made {
    kind: Record,
    name: String,
}

pub fn body(one: &str, tier: &str, country: &str) -> Value {
    let party = format!("parties/{}", country.to_lowercase());
    let source = json!({ "citation": "made for a test" });
    let tier = format!("TIER_{tier}");
    match one {
        "Activity" => json!({ "tier": tier, "kind": "KIND_PRISON_VISIT", "party": party,
            "delegation": "A delegation", "date": { "date": { "year": 2024, "month": 6 } },
            "outcome": "OUTCOME_REFUSED", "summary": "Before.", "source": source }),
        "Recommendation" => json!({ "tier": tier, "issuer": "An assembly", "document": source,
            "adopted": { "date": { "year": 2024 } }, "addressees": [{ "kind": "KIND_COMMISSION" }],
            "parties": [party], "action": "Before." }),
        "Agreement" => {
            json!({ "tier": tier, "kind": "KIND_PARTNERSHIP_AND_COOPERATION", "title": "Before",
            "parties": [{ "party": party }], "source": source })
        }
        // The id of a state would be its code.
        "Party" => {
            json!({ "tier": tier, "kind": "KIND_BANK", "display_name": "A bank", "country_code": country,
            "source": source })
        }
        "Transaction" => json!({ "tier": tier, "type": "TYPE_DISBURSEMENT", "ref": "Before",
            "date": { "year": 2024, "month": 6, "day": 1 }, "value": { "amount": "5", "currency_code": "EUR" },
            "recipients": [{ "country_code": country, "percentage": "100" }], "source": source }),
        "Ratification" => json!({ "tier": tier, "kind": "KIND_RATIFICATION", "party": party,
            "note": "Before", "source": source }),
        "Project" => json!({ "tier": tier, "kind": "KIND_PROJECT", "title": "Before",
            "recipients": [{ "country_code": country, "percentage": "100" }], "source": source }),
        "Meeting" => {
            json!({ "tier": tier, "body": "bodies/around", "title": "Before", "state": "STATE_HELD",
            "date": { "date": { "year": 2024 } }, "parties": [party], "source": source })
        }
        "Obligation" => json!({ "tier": tier, "kind": "KIND_REPORT", "title": "Before",
            "strength": "STRENGTH_SHALL", "bearers": [party], "parties": [party],
            "under": "agreements/around", "source": source }),
        "Commitment" => json!({ "tier": tier, "framework": "frameworks/around", "title": "Before",
            "state": "STATE_MADE", "parties": [party], "source": source }),
        _ => sample(one, &tier, country),
    }
}

/// Calls a method with a request in JSON.
pub async fn ask(
    channel: &Channel,
    token: Option<&str>,
    path: &str,
    request: &Value,
) -> Result<Vec<Bytes>, Status> {
    let (service, method) = path.trim_start_matches('/').split_once('/').expect("a path");
    let service = api::descriptors().get_service_by_name(service).expect("a service");
    let method = service.methods().find(|it| it.name() == method).expect("a method");
    let message = DynamicMessage::deserialize(method.input(), request);
    call(channel, token, path, message.expect("a request").encode_to_vec()).await
}

/// A partnership, and callers of one of its desks.
pub struct Stage {
    /// A country at the desk of the callers, and one at another.
    pub countries: [&'static str; 2],
    /// The callers, each with its token.
    pub callers: Vec<(Who, Option<String>)>,
}

/// The kind of resource that one of a kind must name.
fn around(one: &str) -> Option<&'static str> {
    match one {
        "Meeting" => Some("Body"),
        "Obligation" => Some("Agreement"),
        "Commitment" => Some("Framework"),
        _ => None,
    }
}

/// Makes a record of each tier for each of two desks.
async fn make(
    suite: &Suite,
    countries: [&str; 2],
    channel: &Channel,
    service: &str,
    one: &str,
) -> Vec<Made> {
    let (token, mut made) = (suite.token(), Vec::new());
    if let Some([around, package, _]) = within(one) {
        for country in countries {
            let noun = around.to_lowercase();
            let id = format!("{noun}_id");
            let request = json!({ id: parent(country), noun: body(around, "PUBLIC", country) });
            let path = format!("/{package}.{around}Service/Create{around}");
            ask(channel, Some(&token), &path, &request).await.expect("it is created");
        }
    }
    if let Some(of) = around(one) {
        let noun = of.to_lowercase();
        let sample = match of {
            "Agreement" => body(of, "PUBLIC", countries[0]),
            _ => sample(of, "TIER_PUBLIC", countries[0]),
        };
        let around = json!({ format!("{noun}_id"): "around", noun: sample });
        let path = format!("/registan.agreements.v1.{of}Service/Create{of}");
        ask(channel, Some(&token), &path, &around).await.expect("it is created");
    }
    let path = format!("/{service}/Create{one}");
    let create = api::descriptors().get_service_by_name(service).expect("a service");
    let create = create.methods().find(|it| it.name() == format!("Create{one}")).expect("a method");
    for (whose, country) in ["own", "other"].into_iter().zip(countries) {
        for tier in ["PUBLIC", "RESTRICTED", "CONFIDENTIAL"] {
            let mut request = json!({ one.to_lowercase(): body(one, tier, country) });
            if let Some([_, _, collection]) = within(one) {
                request["parent"] = json!(format!("{collection}/{}", parent(country)));
            }
            if tier == "PUBLIC" && one != "Activity" {
                request[format!("{}_id", one.to_lowercase())] = json!(format!("matrix-{whose}"));
            }
            let answer = ask(channel, Some(&token), &path, &request).await;
            let answer = answer.expect("it is created");
            let answer =
                DynamicMessage::decode(create.output(), answer[0].clone()).expect("a record");
            let name = answer.get_field_by_name("name").expect("it has a name");
            let name = name.as_str().expect("a text").to_owned();
            made.push(Made { kind: Record { tier: tier.to_owned(), whose }, name });
        }
    }
    made
}

/// Deletes them all.
async fn delete(suite: &Suite, channel: &Channel, service: &str, one: &str, made: &[Made]) {
    for record in made {
        let (path, request) = (format!("/{service}/Delete{one}"), json!({ "name": record.name }));
        ask(channel, Some(&suite.token()), &path, &request).await.expect("it is deleted");
    }
}

/// Each method with each record.
fn pairs<'a>(
    templates: &'a [&'a str],
    made: &'a [Made],
) -> impl Iterator<Item = (&'a str, &'a Made)> {
    templates.iter().flat_map(move |template| made.iter().map(move |record| (*template, record)))
}

/// A name of the same length and form that nobody has.
pub fn missing(name: &str) -> String {
    let last = name.chars().last().expect("a name");
    let turned = |of: char| if of == 'a' { 'b' } else { 'a' };
    format!("{}{}", &name[..name.len() - last.len_utf8()], turned(last))
}

fn request(method: &str, one: &str, field: &str, name: &str, since: &str) -> Value {
    match method {
        "Update{one}" => json!({ one.to_lowercase(): { "name": name, field: "After" },
            "update_mask": field, "validate_only": true }),
        "Delete{one}" | "Undelete{one}" => json!({ "name": name, "validate_only": true }),
        "List{many}" => json!({ "page_size": 1000, "show_deleted": true }),
        "Export{many}" => json!({ "show_deleted": true }),
        "Watch{many}" => json!({}),
        "Diff{many}" => json!({ "from_time": since }),
        _ => json!({ "name": name }),
    }
}

/// The same, with the etag of an old version.
fn outdated(method: &str, one: &str, mut request: Value) -> Value {
    match method {
        "Update{one}" => request[one.to_lowercase()]["etag"] = json!("\"old\""),
        "Delete{one}" => request["etag"] = json!("\"old\""),
        _ => {}
    }
    request
}

/// All that a caller is told by an error, with the name they asked for removed.
pub fn told(status: &Status, name: &str) -> (Code, String, Vec<u8>) {
    let id = name.rsplit('/').next().expect("an id");
    let blank = "#".repeat(id.len());
    let details: Vec<u8> = status.details().to_vec();
    let (mut left, mut at) = (Vec::new(), 0);
    while at < details.len() {
        if details[at..].starts_with(id.as_bytes()) {
            left.extend_from_slice(blank.as_bytes());
            at += id.len();
        } else {
            left.push(details[at]);
            at += 1;
        }
    }
    (status.code(), status.message().replace(id, &blank), left)
}

fn has(messages: &[Bytes], name: &str) -> bool {
    messages.iter().any(|it| it.windows(name.len()).any(|part| part == name.as_bytes()))
}

/// Returns a caller of each role for one desk with all that the role can be given, and an anonymous
/// one.
pub fn callers(token: impl Fn(Role) -> String) -> Vec<(Who, Option<String>)> {
    let nobody = Who { role: "ANONYMOUS".to_owned(), grant: "-", proof: "-" };
    let mut all = vec![(nobody, None)];
    for role in Role::ALL {
        let who = Who { role: role.word().to_owned(), grant: "desk", proof: "two" };
        all.push((who, Some(token(*role))));
    }
    all
}

/// Returns the outcome of a call for one name.
fn outcome(answer: &Result<Vec<Bytes>, Status>) -> Outcome {
    let Err(status) = answer else { return Outcome::Answered };
    match (status.code(), reason(status).as_str()) {
        (Code::Unauthenticated, "TOKEN_MISSING") => Outcome::TokenNeeded,
        (Code::PermissionDenied, "ROLE_MISSING") => Outcome::RoleNeeded,
        (Code::PermissionDenied, "NOT_GRANTED") => Outcome::NotGranted,
        (Code::NotFound, _) => Outcome::NotFound,
        // The outcome for a caller who may do it.
        (Code::Aborted, "ETAG_MISMATCH") | (Code::AlreadyExists, _) => Outcome::Answered,
        (code, reason) => panic!("{code:?} {reason}: {}", status.message()),
    }
}

/// The calls to one resource, and what came of all.
struct Run {
    channel: Channel,
    table: Table,
    since: String,
    calls: usize,
    outcomes: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Run {
    fn hold(&mut self, cell: &Cell, got: Outcome) -> Outcome {
        let expected = self.table.expects(cell);
        *self.outcomes.entry(format!("{expected:?}")).or_default() += 1;
        if got != expected {
            self.wrong.push(format!("{cell:?}: {got:?} instead of {expected:?}"));
        }
        expected
    }

    /// A method that tells of many: who sees which.
    async fn many(&mut self, cell: &Cell, token: Option<&str>, template: &str, made: &[Made]) {
        let mut request = request(template, "", "", "", &self.since);
        let parents = [("Transactions", "projects/-"), ("Ratifications", "agreements/-")];
        if let Some((_, parent)) = parents.iter().find(|(many, _)| cell.path.contains(many)) {
            request["parent"] = json!(parent);
        }
        let answer = ask(&self.channel, token, &cell.path, &request).await;
        self.calls += 1;
        let answer = match answer {
            Ok(answer) => answer,
            Err(status) => return self.wrong.push(format!("{cell:?}: {status:?}")),
        };
        for record in made {
            let there = has(&answer, &record.name);
            let got = if there { Outcome::Answered } else { Outcome::NotFound };
            self.hold(
                &Cell {
                    path: cell.path.clone(),
                    who: cell.who.clone(),
                    record: Some(record.kind.clone()),
                },
                got,
            );
        }
    }

    /// A method that is asked for one name: for this one, and for one that nobody has.
    async fn named(
        &mut self,
        cell: &Cell,
        token: Option<&str>,
        name: &str,
        request: impl Fn(&str) -> Value,
    ) {
        let answer = ask(&self.channel, token, &cell.path, &request(name)).await;
        let absent = missing(name);
        let nothing = ask(&self.channel, token, &cell.path, &request(&absent)).await;
        self.calls += 2;
        let expected = self.hold(cell, outcome(&answer));
        let none = Cell { path: cell.path.clone(), who: cell.who.clone(), record: None };
        self.hold(&none, outcome(&nothing));
        if let (Outcome::NotFound, Err(hidden), Err(nothing)) = (expected, answer, nothing) {
            *self.outcomes.entry("hidden as missing".to_owned()).or_default() += 1;
            let (hidden, nothing) = (
                (told(&hidden, name), metadata(&hidden)),
                (told(&nothing, &absent), metadata(&nothing)),
            );
            if hidden != nothing {
                self.wrong.push(format!("{cell:?} is told apart: {hidden:?}, {nothing:?}"));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_over_grpc_on_sqlite_is_what_the_table_says_and_hidden_is_missing() {
    found(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_over_grpc_on_postgres_is_what_the_table_says_and_hidden_is_missing() {
    found(Engine::Postgres).await;
}

/// Without TLS on SQLite, within it on PostgreSQL.
async fn found(engine: Engine) {
    let Some((suite, _databases)) = Suite::distributed_both_ways(engine).await else { return };
    let (data, kz) = (suite.folder.path().join("data"), Desks::of_country("KZ"));
    let token = |role| testkit::token_for(&data, &[role], kz, Tier::Confidential);
    let stage = Stage { countries: ["KZ", "UZ"], callers: callers(token) };
    hold(&format!("{engine:?}"), &suite, &stage).await;
}

/// Asks for all records as all callers, and holds each answer against the table.
pub async fn hold(what: &str, suite: &Suite, stage: &Stage) {
    let Stage { countries, callers } = stage;
    let channel = connect(suite.address).await;
    let since = instant(SystemClock.now() / 1_000_000);
    let (table, outcomes) = (Table::read(), BTreeMap::new());
    let mut run = Run { channel, table, since, calls: 0, outcomes, wrong: Vec::new() };

    for (service, one, many, field) in &resources() {
        let made = make(suite, *countries, &run.channel, service, one).await;
        let cell = |template: &str, who: &Who, record: Option<Record>| {
            let method = template.replace("{one}", one).replace("{many}", many);
            Cell { path: format!("/{service}/{method}"), who: who.clone(), record }
        };
        for (who, token) in callers {
            for template in MANY {
                let cell = cell(template, who, None);
                run.many(&cell, token.as_deref(), template, &made).await;
            }
        }
        for templates in [&NAMED[..], &REFUSED, &UNDELETE] {
            if templates == UNDELETE {
                delete(suite, &run.channel, service, one, &made).await;
            }
            for (who, token) in callers {
                for (template, record) in pairs(templates, &made) {
                    let since = run.since.clone();
                    let request = |name: &str| {
                        let request = request(template, one, field, name, &since);
                        if templates == REFUSED {
                            outdated(template, one, request)
                        } else {
                            request
                        }
                    };
                    let cell = cell(template, who, Some(record.kind.clone()));
                    run.named(&cell, token.as_deref(), &record.name, request).await;
                }
            }
        }
    }
    println!("{what}: {} calls over gRPC: {:?}", run.calls, run.outcomes);
    assert!(run.wrong.is_empty(), "{} cells:\n{}", run.wrong.len(), run.wrong.join("\n"));
    assert!(run.outcomes["hidden as missing"] > 100, "{:?}", run.outcomes);
}

/// RFC 3339 of whole seconds since 1970 UTC.
fn instant(seconds: i64) -> String {
    prost_types::Timestamp { seconds, nanos: 0 }.to_string()
}
