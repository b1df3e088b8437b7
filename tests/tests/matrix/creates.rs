//! The answers of a create reveal of a hidden parent or a reference nothing, and of a name no more
//! than that it is taken, whether it is tried or done.

use e2e::Suite;
use policy::{Desks, Role, Tier};
use prost_reflect::DynamicMessage;
use serde_json::{Value, json};
use testkit::Engine;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::records::{ask, body, missing, told};
use crate::wire::{connect, metadata, reason};

const AGREEMENTS: &str = "registan.agreements.v1";
const PROJECTS: &str = "registan.projects.v1";
const RIGHTS: &str = "registan.rights.v1";

/// A suite, a caller who may do everything, and an editor of the desk KZ up to RESTRICTED.
struct Stage {
    channel: Channel,
    all: String,
    editor: String,
}

impl Stage {
    async fn of(suite: &Suite) -> Self {
        let data = suite.folder.path().join("data");
        let roles = [Role::Editor, Role::Monitor, Role::Publisher];
        let kz = Desks::of_country("KZ");
        let editor = testkit::token_for(&data, &roles, kz, Tier::Restricted);
        Self { channel: connect(suite.address).await, all: suite.token(), editor }
    }

    /// Returns the name of a record made by the caller who may do everything.
    async fn make(&self, package: &str, one: &str, request: Value) -> String {
        let path = format!("/{package}.{one}Service/Create{one}");
        let answer = ask(&self.channel, Some(&self.all), &path, &request).await;
        let answer = answer.expect("it is created");
        let message = format!("{package}.{one}");
        let message = api::descriptors().get_message_by_name(&message).expect("a message");
        let answer = DynamicMessage::decode(message, answer[0].clone()).expect("a record");
        let name = answer.get_field_by_name("name").expect("it has a name");
        name.as_str().expect("a text").to_owned()
    }

    /// Returns what an editor is told who creates this, really or not.
    async fn refused(&self, package: &str, one: &str, request: &Value) -> [Status; 2] {
        let path = format!("/{package}.{one}Service/Create{one}");
        let mut refusals = Vec::new();
        for only in [false, true] {
            let mut request = request.clone();
            request["validate_only"] = json!(only);
            let answer = ask(&self.channel, Some(&self.editor), &path, &request).await;
            refusals.push(answer.expect_err(one));
        }
        refusals.try_into().expect("two of them")
    }
}

/// Holds two refusals to be the same, with the names in them removed.
fn same(what: &str, one: (&Status, &str), other: (&Status, &str)) {
    let all = |(status, name): (&Status, &str)| (told(status, name), metadata(status));
    assert_eq!(all(one), all(other), "{what}");
}

/// The package and the resource of a Create, something hidden, and the request that names it.
type Case<'a> = (&'a str, &'a str, &'a str, &'a dyn Fn(&str) -> Value);

/// Once, an editor was told that a parent they may not see is there (`NOT_GRANTED`, where a missing
/// one was `REFERENCE_MISSING`).
async fn parents_and_references(stage: &Stage) {
    for country in ["KZ", "UZ"] {
        let secret = |one: &str| json!({ one: body(&capital(one), "CONFIDENTIAL", country) });
        let project = stage.make(PROJECTS, "Project", secret("project")).await;
        let call = stage.make(RIGHTS, "Recommendation", secret("recommendation")).await;
        let agreement = stage.make(AGREEMENTS, "Agreement", secret("agreement")).await;
        let with = |one: &str, field: &str, name: &str| {
            let mut resource = body(&capital(one), "PUBLIC", "KZ");
            resource[field] = json!([name]);
            json!({ one: resource })
        };
        let within = |name: &str| json!({ "parent": name, "transaction": body("Transaction", "PUBLIC", "KZ"), "transaction_id": "t1" });
        let cases: [Case<'_>; 4] = [
            (PROJECTS, "Transaction", &project, &within),
            (RIGHTS, "Activity", &project, &|name| with("activity", "projects", name)),
            (RIGHTS, "Activity", &call, &|name| with("activity", "recommendations", name)),
            (AGREEMENTS, "Framework", &agreement, &|name| with("framework", "agreements", name)),
        ];
        for (package, one, name, request) in cases {
            let absent = missing(name);
            let hidden = stage.refused(package, one, &request(name)).await;
            let nothing = stage.refused(package, one, &request(&absent)).await;
            for (hidden, nothing) in hidden.iter().zip(&nothing) {
                let what = format!("{one} of {country} with {name}: {hidden:?}");
                assert_eq!(reason(hidden), "REFERENCE_MISSING", "{what}");
                same(&what, (hidden, name), (nothing, &absent));
            }
        }
    }
}

fn capital(one: &str) -> String {
    one[..1].to_uppercase() + &one[1..]
}

/// Once, creating under the name of something hidden was refused, but trying it was not, which told
/// the two apart.
async fn names(stage: &Stage) {
    let request = |id: &str| json!({ "party": body("Party", "PUBLIC", "KZ"), "party_id": id });
    for id in ["raised", "erased"] {
        stage.make(AGREEMENTS, "Party", request(id)).await;
    }
    let service = format!("/{AGREEMENTS}.PartyService");
    let raise = json!({ "party": { "name": "parties/raised", "tier": "TIER_CONFIDENTIAL" }, "update_mask": "tier" });
    for (method, request) in
        [("UpdateParty", raise), ("DeleteParty", json!({ "name": "parties/erased" }))]
    {
        let path = format!("{service}/{method}");
        let answer = ask(&stage.channel, Some(&stage.all), &path, &request).await;
        answer.expect(method);
    }

    let hidden = stage.refused(AGREEMENTS, "Party", &request("raised")).await;
    let deleted = stage.refused(AGREEMENTS, "Party", &request("erased")).await;

    assert_eq!(hidden[0].code(), Code::AlreadyExists);
    same("done or tried", (&hidden[0], "raised"), (&hidden[1], "raised"));
    for (hidden, deleted) in hidden.iter().zip(&deleted) {
        same("hidden or deleted", (hidden, "raised"), (deleted, "erased"));
    }
}

/// Without TLS on SQLite, within it on PostgreSQL.
async fn untold(engine: Engine) {
    let Some((suite, _databases)) = Suite::distributed_both_ways(engine).await else { return };
    let stage = Stage::of(&suite).await;
    parents_and_references(&stage).await;
    names(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_on_sqlite_tells_nothing_of_what_is_hidden() {
    untold(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_on_postgres_tells_nothing_of_what_is_hidden() {
    untold(Engine::Postgres).await;
}
