//! `registan log`: who did what, when, by which method, and nothing of the contents.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

use e2e::{Suite, program};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::Value;

fn log(data: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program("registan").unwrap());
    command.args(["log", "agreements"]).args(arguments).arg("--data-dir").arg(data);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The exit code, and what stands on stderr.
fn aside(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(program("registan").unwrap());
    command.args(["log", "agreements"]).args(arguments).arg("--data-dir").arg(data);
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_who_did_what() {
    let (Some(_), Some(suite)) = (testkit::tool("grpcurl"), Suite::embedded()) else { return };
    let data = suite.folder.path().join("data");
    let request = r#"{"party_id":"invented","party":{"kind":"KIND_BANK","display_name":"Whispered","source":{"citation":"a test"}}}"#;
    suite.ask_as_writer("agreements.v1.PartyService/CreateParty", request).unwrap();
    suite
        .ask_as_writer("agreements.v1.PartyService/DeleteParty", r#"{"name":"parties/invented"}"#)
        .unwrap();
    let db = format!("sqlite:{}", data.join("agreements.db").display());
    let db = Database::connect(db).await.unwrap();
    let last = "SELECT caller FROM change ORDER BY seq DESC LIMIT 1";
    let last = Statement::from_string(db.get_database_backend(), last);
    let caller: String =
        db.query_one_raw(last).await.unwrap().unwrap().try_get("", "caller").unwrap();
    db.close().await.unwrap();

    let json = log(&data, &["--json", "--resource", "parties/invented"]);
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();

    let told: Vec<_> = lines.iter().map(|line| (&line["operation"], &line["method"])).collect();
    assert_eq!(
        told,
        [
            (&Value::from("create"), &Value::from("CreateParty")),
            (&Value::from("delete"), &Value::from("DeleteParty"))
        ]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["caller"] == *caller && line["resource"] == "parties/invented")
    );
    let sentences = log(&data, &["--resource", "parties/invented", "--operation", "create"]);
    assert_eq!(sentences.lines().count(), 1, "{sentences}");
    assert!(sentences.contains("create parties/invented revision 1 by "), "{sentences}");
    let since = lines[1]["time"].as_str().unwrap();
    assert_eq!(log(&data, &["--since", since]).lines().count(), 1);
    assert!(log(&data, &[]).lines().count() > 100, "the reference record is in it");
    assert_eq!(log(&data, &["--caller", "users/nobody-at-all"]), "");
    let (code, told) = aside(&data, &["--caller", "users/nobody-at-all"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("nothing in the log of agreements by the caller `users/no"), "{told}");
    let (code, told) = aside(&data, &["--resource", "foo"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("`foo` is no name of a resource"), "{told}");
    assert!(!log(&data, &["--json"]).contains("Whispered"), "no contents");
}
