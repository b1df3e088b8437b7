//! A real client that watches all three services, is killed again and again and goes on, ends up
//! with what they list.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use e2e::{Process, Suite, grpcurl, program};
use serde_json::{Value, json};
use testkit::Engine;

const MADE: usize = 40;
const WATCH: &str = "registan.partnership.v1.PartnershipService/Watch";

/// Makes a framework, a project and an activity, again and again; a service may be away meanwhile.
fn write(address: SocketAddr, token: &str) {
    let surely = |method: &str, request: Value| {
        for _ in 0..100 {
            match grpcurl(address, Some(token), method, &request.to_string()) {
                Err(refusal) if refusal.code == "Unavailable" || refusal.code.is_empty() => {
                    sleep(Duration::from_millis(100));
                }
                Err(refusal) if refusal.code != "AlreadyExists" => panic!("{}", refusal.text),
                _ => return,
            }
        }
        panic!("{method} is never done");
    };
    let source = json!({ "citation": "made for a test" });
    for place in 0..MADE {
        let framework = json!({ "kind": "KIND_STRATEGY", "title": format!("Made {place}"), "parties": ["parties/kz"], "source": source });
        surely(
            "agreements.v1.FrameworkService/CreateFramework",
            json!({ "framework_id": format!("made-{place}"), "framework": framework }),
        );
        let project = json!({ "kind": "KIND_PROJECT", "title": format!("Made {place}"), "recipients": [{ "country_code": "KZ", "percentage": "100" }], "source": source });
        surely(
            "projects.v1.ProjectService/CreateProject",
            json!({ "project_id": format!("made-{place}"), "project": project }),
        );
        let activity = json!({ "tier": "TIER_PUBLIC", "kind": "KIND_PRISON_VISIT", "party": "parties/kz", "delegation": "Delegation", "date": { "date": { "year": 2024, "month": 6 } }, "outcome": "OUTCOME_REFUSED", "summary": "Refused.", "source": source });
        surely("rights.v1.ActivityService/CreateActivity", json!({ "activity": activity }));
    }
}

/// Returns what a watcher prints until it is killed after some time; a message that was cut off
/// does not count.
fn watched(address: SocketAddr, resume_token: &str, milliseconds: u64) -> Vec<Value> {
    let request = json!({ "party": "parties/kz", "resume_token": resume_token }).to_string();
    let mut client = Command::new(testkit::tool("grpcurl").unwrap())
        .args(["-plaintext", "-d", &request, &address.to_string(), WATCH])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut printed = client.stdout.take().unwrap();
    let reader = spawn(move || {
        let mut text = String::new();
        printed.read_to_string(&mut text).unwrap();
        text
    });
    sleep(Duration::from_millis(milliseconds));
    client.kill().unwrap();
    client.wait().unwrap();
    let text = reader.join().unwrap();
    let messages = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    messages.map_while(Result::ok).collect()
}

/// Names and etags of what the watcher was told; panics at what was missed or repeated.
fn take(fold: &mut BTreeMap<String, Value>, event: &Value) {
    let kinds = ["agreement", "framework", "project", "recommendation", "activity"];
    let Some(resource) = kinds.iter().find_map(|kind| event.get(kind)) else { return };
    let name = resource["name"].as_str().unwrap().to_owned();
    let before = match event["kind"].as_str().unwrap() {
        "CHANGE_KIND_REMOVED" => fold.remove(&name),
        _ => fold.insert(name.clone(), resource["etag"].clone()),
    };
    let was_there =
        matches!(event["kind"].as_str(), Some("CHANGE_KIND_REMOVED" | "CHANGE_KIND_CHANGED"));
    assert_eq!(before.is_some(), was_there, "{name}: {}", event["kind"]);
    assert_ne!(before.as_ref(), Some(&resource["etag"]), "{name} is told again");
}

fn listed(suite: &Suite) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (method, field, filter) in [
        ("agreements.v1.AgreementService/ListAgreements", "agreements", "parties:\"parties/kz\""),
        ("agreements.v1.FrameworkService/ListFrameworks", "frameworks", "parties:\"parties/kz\""),
        ("projects.v1.ProjectService/ListProjects", "projects", "recipients:KZ"),
        (
            "rights.v1.RecommendationService/ListRecommendations",
            "recommendations",
            "parties:\"parties/kz\"",
        ),
        ("rights.v1.ActivityService/ListActivities", "activities", "party = \"parties/kz\""),
    ] {
        let request = json!({ "page_size": 1000, "filter": filter }).to_string();
        let page = suite.ask(method, &request).unwrap();
        for item in page[field].as_array().into_iter().flatten() {
            all.insert(item["name"].as_str().unwrap().to_owned(), item["etag"].clone());
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_killed_again_and_again_keeps_what_the_services_list() {
    if program("registan").is_none() || testkit::tool("grpcurl").is_none() {
        return;
    }
    let Some((mut suite, databases)) = Suite::distributed(Engine::Sqlite).await else { return };
    let (mut fold, mut resume_token) = (BTreeMap::new(), String::new());
    let address = suite.address;
    let token = suite.token();
    let writer = spawn(move || write(address, &token));

    let until = Instant::now() + Duration::from_mins(3);
    for round in 0_u64.. {
        for event in watched(suite.address, &resume_token, 200 + round * 137 % 900) {
            take(&mut fold, &event);
            event["resumeToken"].as_str().unwrap().clone_into(&mut resume_token);
        }
        if round == 3 {
            restart_projects(&mut suite, &databases[1].url);
        }
        if writer.is_finished() && round > 6 && fold == listed(&suite) {
            break;
        }
        assert!(Instant::now() < until, "{fold:?} is not {:?}", listed(&suite));
    }

    writer.join().unwrap();
    assert!(fold.len() >= 3 * MADE, "{}", fold.len());
}

/// Kills the project service and starts it where it was.
fn restart_projects(suite: &mut Suite, database: &str) {
    suite.processes[1].kill();
    let url = |place: usize| format!("http://{}", suite.services[place].1);
    let mut command = Command::new(program("projects").unwrap());
    command.env("REGISTAN_DATA_DIR", suite.folder.path().join("data"));
    command.env("REGISTAN_LISTEN", suite.services[1].1.to_string());
    command.env("REGISTAN_AGREEMENTS_URL", url(0)).env("REGISTAN_PROJECTS_URL", url(1));
    command.env("REGISTAN_RIGHTS_REPORTING_URL", url(2)).env("REGISTAN_DATABASE_URL", database);
    let mut process = Process::start(&mut command, &suite.folder.path().join("projects-again.log"));
    process.wait_for(suite.services[1].1);
    suite.processes[1] = process;
}
