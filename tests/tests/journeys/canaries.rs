//! Secrets that are easy to find again, in a suite that logs all it can: they are in no answer to
//! somebody who may not read them, in no log, in no metric, in no trace, in no temporary file, and in
//! no file of the data folder but the databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use chassis::auth::development::Token;
use chassis::clock::{Clock, SystemClock};
use e2e::pages::page;
use e2e::{Process, free_address, grpcurl, program};
use policy::{Desks, Role, Tier};
use serde_json::{Value, json};
use testkit::oidc::{AUDIENCE, Algorithm, Issuer, SigningKey, claims};

use crate::collector::Collector;

const NOTE: &str = "canary-note-6f1d";
const ROUTE: &str = "canary-route-a83b";
const SUMMARY: &str = "canary-summary-29c7";
const FILTER: &str = "canary-filter-d514";
const PURPOSE: &str = "canary-purpose-77e0";
const HEADER: &str = "canary-header-51ad";
const PASSWORD: &str = "canary-password-0be4";
const ALL: [&str; 5] = [NOTE, ROUTE, SUMMARY, FILTER, PURPOSE];
const ACTIVITIES: &str = "rights.v1.ActivityService";

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

/// A round of calls that answer with an activity or fail; what was answered, errors with their
/// details, as one text.
fn round(address: SocketAddr, token: Option<&str>, name: &str) -> String {
    let source = json!({ "citation": "made for a test" });
    let filter = format!("delegation = \"{FILTER}\"");
    let long = "2020-01-01T00:00:00Z";
    let calls = [
        ("GetActivity", json!({ "name": name })),
        ("ListActivities", json!({ "page_size": 1000, "show_deleted": true })),
        ("ListActivities", json!({ "filter": filter })),
        ("ListActivities", json!({ "filter": format!("{filter} AND nope = \"{FILTER}\"") })),
        ("ListActivities", json!({ "order_by": FILTER, "page_token": FILTER })),
        ("ExportActivities", json!({ "show_deleted": true })),
        ("ListActivityRevisions", json!({ "name": name })),
        ("DiffActivities", json!({ "from_time": long })),
        ("WatchActivities", json!({ "resume_token": FILTER })),
        (
            "CreateActivity",
            json!({ "activity": { "summary": SUMMARY, "internal_note": NOTE, "source": source } }),
        ),
        (
            "UpdateActivity",
            json!({ "activity": { "name": name, "etag": FILTER, "internal_note": NOTE }, "update_mask": { "paths": ["internal_note"] } }),
        ),
        (
            "UpdateActivity",
            json!({ "activity": { "name": name, "route": ROUTE }, "update_mask": { "paths": ["route"] }, "request_id": FILTER }),
        ),
        ("DeleteActivity", json!({ "name": name, "etag": FILTER })),
    ];
    let ask = |method: &str, request: &Value| {
        let answer = grpcurl(address, token, method, &request.to_string());
        answer.map_or_else(|refusal| refusal.text, |answer| answer.to_string())
    };
    let told =
        calls.iter().map(|(method, request)| ask(&format!("{ACTIVITIES}/{method}"), request));
    let brief =
        ask("partnership.v1.PartnershipService/GetBrief", &json!({ "party": "parties/kz" }));
    let searches =
        ALL.map(|secret| ask("search.v1.SearchService/Search", &json!({ "query": secret })));
    told.chain([brief]).chain(searches).collect::<Vec<_>>().join("\n")
}

/// A caller: its subject, its grants, and the secrets that it may read.
struct Caller {
    subject: &'static str,
    role: &'static str,
    desks: &'static [&'static str],
    tier: &'static str,
    /// For the one activity alone.
    named: bool,
    may: &'static [&'static str],
}

const fn caller(
    subject: &'static str,
    role: &'static str,
    desks: &'static [&'static str],
) -> Caller {
    Caller { subject, role, desks, tier: "TIER_CONFIDENTIAL", named: false, may: &[] }
}

const KZ: &[&str] = &["desks/kz"];
const CALLERS: [Caller; 6] = [
    Caller { tier: "TIER_PUBLIC", ..caller("operator", "ROLE_OPERATOR", &[]) },
    caller("elsewhere", "ROLE_MONITOR", &["desks/uz"]),
    Caller { tier: "TIER_RESTRICTED", may: &[SUMMARY], ..caller("partner", "ROLE_PARTNER", KZ) },
    Caller { may: &[SUMMARY, NOTE], ..caller("analyst", "ROLE_ANALYST", KZ) },
    Caller { may: &[SUMMARY, NOTE], ..caller("monitor", "ROLE_MONITOR", KZ) },
    Caller {
        tier: "TIER_SECRET",
        named: true,
        may: &[SUMMARY, NOTE, ROUTE],
        ..caller("named", "ROLE_MONITOR", KZ)
    },
];

fn write(address: SocketAddr, token: &str, method: &str, request: &Value) -> Value {
    let answer = grpcurl(address, Some(token), method, &request.to_string());
    answer.unwrap_or_else(|refusal| panic!("{method}: {}", refusal.text))
}

/// The suite, logging all it can to a file of this name; with an identity provider, or else with
/// the development issuer.
fn suite(
    folder: &Path,
    log: &str,
    issuer: Option<&Issuer>,
    [admin, collector]: [SocketAddr; 2],
) -> Option<(Process, SocketAddr)> {
    let address = free_address();
    let mut command = Command::new(program("registan")?);
    command.args(["serve", "--listen", &address.to_string(), "--log", "trace", "--empty"]);
    command.args(["--probe-address", &admin.to_string(), "--trace-percent", "100"]);
    command.args(["--otlp-url", &format!("http://{collector}")]);
    command.env("OTEL_METRICS_EXPORTER", "otlp").env("OTEL_METRIC_EXPORT_INTERVAL", "500");
    command.env("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization={HEADER}"));
    command.arg("--data-dir").arg(folder.join("data")).env("TMPDIR", folder.join("tmp"));
    if let Some(issuer) = issuer {
        command.args(["--oidc-issuer", &issuer.url, "--oidc-audience", AUDIENCE]);
    }
    let mut process = Process::start(&mut command, &folder.join(log));
    process.wait_for(address);
    Some((process, address))
}

/// Seeds an activity of desk KZ that holds what is PUBLIC and what is CONFIDENTIAL of it, and a
/// grant for each caller, as an operator does before people of an identity provider are let in.
/// Gives the name of the activity.
fn seed(address: SocketAddr, data: &Path, issuer: &Issuer) -> String {
    let writer = testkit::token(data);
    let source = json!({ "citation": "made for a test" });
    let party = json!({ "kind": "KIND_STATE", "display_name": "Kazakhstan", "country_code": "KZ", "source": source });
    let request = json!({ "party_id": "kz", "party": party });
    write(address, &writer, "agreements.v1.PartyService/CreateParty", &request);
    let activity = json!({ "tier": "TIER_RESTRICTED", "kind": "KIND_PRISON_VISIT", "party": "parties/kz",
        "delegation": "A delegation", "date": { "date": { "year": 2024, "month": 6 } }, "outcome": "OUTCOME_REFUSED",
        "summary": SUMMARY, "internal_note": NOTE, "source": source });
    let request = json!({ "activity": activity });
    let made = write(address, &writer, &format!("{ACTIVITIES}/CreateActivity"), &request);
    let name = made["name"].as_str().unwrap().to_owned();
    let operator = Token {
        subject: "operator".to_owned(),
        roles: vec![Role::Operator],
        desks: Desks::ALL,
        tier: Tier::Public,
        hours: 1,
    };
    let operator = operator.sign(data, SystemClock.now()).unwrap();
    let ends = (SystemClock.now() / 1_000_000) + 3600;
    let ends = prost_types::Timestamp { seconds: ends, nanos: 0 }.to_string();
    for Caller { subject, role, desks, tier, named, .. } in CALLERS {
        let mut grant = json!({ "subject": format!("{}#{subject}", issuer.url), "role": role, "for_desks": desks,
            "up_to": tier, "purpose": PURPOSE, "expire_time": ends });
        if named {
            grant["resource"] = json!(name);
        }
        let request = json!({ "grant": grant });
        write(address, &operator, "access.v1.GrantService/CreateGrant", &request);
    }
    name
}

/// Searches every file below a folder for words, and adds where they are found besides in the
/// databases; returns how many bytes were searched, and how many words databases have.
fn search(folder: &Path, data: &Path, words: &[&str], found: &mut Vec<String>) -> (usize, usize) {
    let (mut searched, mut in_databases) = (0, 0);
    for file in files(folder) {
        let bytes = fs::read(&file).unwrap();
        searched += bytes.len();
        for word in words.iter().filter(|word| holds(&bytes, word)) {
            if file.to_string_lossy().contains(".db") && file.starts_with(data) {
                in_databases += 1;
            } else {
                found.push(format!("{word} in {}", file.display()));
            }
        }
    }
    (searched, in_databases)
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_told_to_those_who_may_know_them_and_written_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    fs::create_dir(folder.join("tmp")).unwrap();
    let data = folder.join("data");
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let (collector, at) = Collector::start();
    let admin = free_address();
    let ports = [admin, at];
    let Some((mut process, address)) = suite(folder, "first.log", None, ports) else { return };
    let name = seed(address, &data, &issuer);
    process.stop();
    let Some((mut process, address)) = suite(folder, "log", Some(&issuer), ports) else { return };
    let now = SystemClock.now() / 1_000_000;
    let token = |caller: &Caller| {
        let change = json!({ "sub": caller.subject, "iat": now, "exp": now + 600, "amr": ["mfa"] });
        key.sign(&claims(&issuer, &change))
    };
    let tokens = CALLERS.each_ref().map(token);
    let secret = json!({ "activity": { "name": name, "route": ROUTE }, "update_mask": { "paths": ["route"] } });
    write(address, &tokens[5], &format!("{ACTIVITIES}/UpdateActivity"), &secret);

    let callers = CALLERS.iter().zip(&tokens).map(|(caller, token)| (Some(&**token), caller.may));
    for (token, may) in callers.chain([(None, &[][..])]) {
        let answers = round(address, token, &name);
        for secret in [NOTE, ROUTE, SUMMARY] {
            assert_eq!(
                answers.contains(secret),
                may.contains(&secret),
                "{secret} for {may:?}:\n{answers}"
            );
        }
    }
    let metrics = page(admin, "/metrics").1;
    assert!(metrics.contains("ActivityService/UpdateActivity"), "what was called is counted");
    process.stop();

    let signatures = tokens.iter().map(|token| token.rsplit('.').next().unwrap());
    let words: Vec<&str> = ALL.into_iter().chain(signatures).collect();
    // For the collector alone.
    let written = words.iter().copied().chain([HEADER]).collect::<Vec<_>>();
    // Names of resources and callers are secret in what is measured, too.
    let subjects = CALLERS.iter().map(|caller| format!("#{}", caller.subject));
    let hidden: Vec<String> = subjects.chain([name.clone()]).collect();
    let measured = words.iter().copied().chain(hidden.iter().map(|word| &**word));
    let (traces, pushed) = (collector.spans(), collector.metrics());
    assert!(traces.contains("ActivityService/UpdateActivity"), "what was called is traced");
    assert!(pushed.contains("ActivityService/UpdateActivity"), "what is counted is pushed");
    assert_eq!(collector.last_push().headers.get("authorization").unwrap(), HEADER);
    let mut found = Vec::new();
    for word in measured {
        let places = [("metrics", &metrics), ("traces", &traces), ("pushed metrics", &pushed)];
        let places = places.iter().filter(|(_, text)| text.contains(word));
        found.extend(places.map(|(place, _)| format!("{word} in {place}")));
    }
    let (searched, in_databases) = search(folder, &data, &written, &mut found);
    let logged = process.logged();
    println!("{searched} bytes searched, {} of them logged", logged.len());
    assert!(logged.contains("TRACE"), "it logs all it can");
    assert!(in_databases > 2, "the search can find what is there");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_password_of_a_database_is_not_told_where_it_cannot_be_reached() {
    let Some(registan) = program("registan") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(registan);
    command.args([
        "serve",
        "agreements",
        "--log",
        "trace",
        "--listen",
        &free_address().to_string(),
    ]);
    command.arg("--data-dir").arg(folder.path().join("data"));
    command
        .env("REGISTAN_DATABASE_URL", format!("postgres://writer:{PASSWORD}@127.0.0.1:9/record"));
    let mut process = Process::start(&mut command, &folder.path().join("log"));

    assert!(!process.wait().success());

    let logged = process.logged();
    assert!(logged.contains("127.0.0.1") || logged.contains("database"), "{logged}");
    for file in files(folder.path()) {
        assert!(!holds(&fs::read(&file).unwrap(), PASSWORD), "{}", file.display());
    }
}
