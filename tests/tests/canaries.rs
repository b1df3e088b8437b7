//! Secrets that are easy to find again, in a suite that logs all it can: they are in no answer to somebody who may not read
//! them, in no log, in no temporary file, and in no file of the data folder but the databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chassis::auth::development::Token;
use chassis::clock::{Clock, SystemClock};
use e2e::{Process, free_address, grpcurl, program};
use policy::{Desks, Role, Tier};
use serde_json::{Value, json};

const NOTE: &str = "canary-note-6f1d";
const ROUTE: &str = "canary-route-a83b";
const SUMMARY: &str = "canary-summary-29c7";
const FILTER: &str = "canary-filter-d514";
const PURPOSE: &str = "canary-purpose-77e0";
const PASSWORD: &str = "canary-password-0be4";
const ALL: [&str; 5] = [NOTE, ROUTE, SUMMARY, FILTER, PURPOSE];
const ACTIVITIES: &str = "rights.v1.ActivityService";

fn token(data: &Path, subject: &str, roles: &[Role], desks: &str, tier: Tier) -> String {
    let desks = Desks::parse(desks).unwrap();
    let token = Token { subject: subject.to_owned(), roles: roles.to_vec(), desks, tier, hours: 1 };
    token.sign(data, SystemClock.now()).unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

/// A round of calls that answer with an activity or fail; what was answered, errors with their details, as one text.
fn round(address: std::net::SocketAddr, token: Option<&str>, name: &str) -> String {
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
    told.chain([brief]).collect::<Vec<_>>().join("\n")
}

/// The suite, logging all it can, with an activity of desk KZ that holds what is PUBLIC and what is CONFIDENTIAL of it, and a
/// grant. What is SECRET of it no token of the development issuer can write: it is only ever sent, and never kept.
fn suite(folder: &Path) -> Option<(Process, std::net::SocketAddr, String)> {
    let (address, data) = (free_address(), folder.join("data"));
    fs::create_dir(folder.join("tmp")).unwrap();
    let mut command = Command::new(program("registan")?);
    command.args(["serve", "--listen", &address.to_string(), "--log", "trace", "--empty"]);
    command.arg("--data-dir").arg(&data).env("TMPDIR", folder.join("tmp"));
    let mut process = Process::start(&mut command, &folder.join("log"));
    process.wait_for(address);
    let writer = testkit::token(&data);
    let write = |token: &str, method: &str, request: Value| {
        let answer = grpcurl(address, Some(token), method, &request.to_string());
        answer.unwrap_or_else(|refusal| panic!("{method}: {}", refusal.text))
    };
    let source = json!({ "citation": "made for a test" });
    let party = json!({ "kind": "KIND_STATE", "display_name": "Kazakhstan", "country_code": "KZ", "source": source });
    write(
        &writer,
        "agreements.v1.PartyService/CreateParty",
        json!({ "party_id": "kz", "party": party }),
    );
    let activity = json!({ "tier": "TIER_RESTRICTED", "kind": "KIND_PRISON_VISIT", "party": "parties/kz",
        "delegation": "A delegation", "date": { "date": { "year": 2024, "month": 6 } }, "outcome": "OUTCOME_REFUSED",
        "summary": SUMMARY, "internal_note": NOTE, "source": source });
    let made =
        write(&writer, &format!("{ACTIVITIES}/CreateActivity"), json!({ "activity": activity }));
    let name = made["name"].as_str().unwrap().to_owned();
    let operator = token(&data, "operator", &[Role::Operator], "all", Tier::Public);
    let ends = (SystemClock.now() / 1_000_000) + 3600;
    let ends = prost_types::Timestamp { seconds: ends, nanos: 0 }.to_string();
    let grant = json!({ "subject": "development#named", "role": "ROLE_MONITOR", "for_desks": ["DESK_KZ"],
        "up_to": "TIER_SECRET", "resource": name, "purpose": PURPOSE, "expire_time": ends });
    write(&operator, "access.v1.GrantService/CreateGrant", json!({ "grant": grant }));
    Some((process, address, name))
}

#[test]
fn secrets_are_told_to_those_who_may_know_them_and_written_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    let Some((mut process, address, name)) = suite(folder) else { return };
    let data = folder.join("data");
    let of = |subject, role, desks, tier| token(&data, subject, &[role], desks, tier);
    let callers = [
        (None, &[][..]),
        (Some(of("operator", Role::Operator, "all", Tier::Public)), &[]),
        (Some(of("elsewhere", Role::Monitor, "uz", Tier::Confidential)), &[]),
        (Some(of("partner", Role::Partner, "kz", Tier::Restricted)), &[SUMMARY]),
        (Some(of("analyst", Role::Analyst, "kz", Tier::Confidential)), &[SUMMARY, NOTE]),
        (Some(of("monitor", Role::Monitor, "kz", Tier::Confidential)), &[SUMMARY, NOTE]),
    ];
    let mut tokens = Vec::new();
    for (token, may) in callers {
        let answers = round(address, token.as_deref(), &name);
        for secret in [NOTE, ROUTE, SUMMARY] {
            assert_eq!(
                answers.contains(secret),
                may.contains(&secret),
                "{secret} for {may:?}:\n{answers}"
            );
        }
        tokens.extend(token);
    }
    process.stop();

    let signatures = tokens.iter().map(|token| token.rsplit('.').next().unwrap());
    let words: Vec<&str> = ALL.into_iter().chain(signatures).collect();
    let (mut searched, mut found, mut in_databases) = (0, Vec::new(), 0);
    for file in files(folder) {
        let bytes = fs::read(&file).unwrap();
        searched += bytes.len();
        for word in words.iter().filter(|word| holds(&bytes, word)) {
            if file.to_string_lossy().contains(".db") && file.starts_with(&data) {
                in_databases += 1;
            } else {
                found.push(format!("{word} in {}", file.display()));
            }
        }
    }
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
