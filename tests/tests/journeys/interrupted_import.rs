//! A suite that is killed in the middle of an import ends up, after a second import, where an
//! undisturbed one ends.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use e2e::{Suite, normal, program};
use serde_json::Value;

/// Activities of the file: enough that an import takes a while.
const ACTIVITIES: usize = 1200;

/// A file of small activities of our own, with transactions.
fn file(path: &Path) {
    let mut text = String::from("<iati-activities version=\"2.03\">\n");
    for number in 0..ACTIVITIES {
        let activity = format!(
            r#"<iati-activity default-currency="EUR" xml:lang="en"><iati-identifier>XM-SAMPLE-{number}</iati-identifier>
<reporting-org ref="XM-SAMPLE" type="10"><narrative>Sample</narrative></reporting-org><title><narrative>Sample {number}</narrative></title>
<description><narrative>Made for a test.</narrative></description><activity-status code="2"/><activity-date type="2" iso-date="2023-01-01"/>
<recipient-country code="KG" percentage="50"/><recipient-country code="UZ" percentage="50"/><sector vocabulary="1" code="15160"/>
<transaction><transaction-type code="2"/><transaction-date iso-date="2023-01-02"/><value value-date="2023-01-02">{number}.10</value></transaction>
<transaction><transaction-type code="3"/><transaction-date iso-date="2023-06-02"/><value value-date="2023-06-02">{number}.07</value></transaction></iati-activity>
"#
        );
        text.push_str(&activity);
    }
    text.push_str("</iati-activities>\n");
    fs::write(path, text).unwrap();
}

fn import(suite: &Suite, file: &Path) -> Child {
    let mut command = Command::new(program("registan").unwrap());
    command
        .args(["import", "iati", "--json", "--gateway", &format!("http://{}", suite.address)])
        .env("REGISTAN_TOKEN", suite.token())
        .arg(file);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn summary(import: Child) -> Value {
    let output = import.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// All projects and transactions, without what differs from run to run.
fn state(suite: &Suite) -> Vec<String> {
    let mut items = Vec::new();
    for (method, parent, field) in [
        ("projects.v1.ProjectService/ListProjects", "", "projects"),
        (
            "projects.v1.TransactionService/ListTransactions",
            r#""parent":"projects/-","#,
            "transactions",
        ),
    ] {
        let mut token = String::new();
        loop {
            let request = format!(r#"{{{parent}"page_size":1000,"page_token":"{token}"}}"#);
            let page = suite.ask(method, &request).unwrap();
            items.extend(
                page[field].as_array().into_iter().flatten().map(|item| normal(item).to_string()),
            );
            page["nextPageToken"].as_str().unwrap_or_default().clone_into(&mut token);
            if token.is_empty() {
                break;
            }
        }
    }
    items.sort();
    items
}

#[test]
fn a_kill_in_the_middle_of_an_import_loses_and_doubles_nothing() {
    if program("registan").is_none() || testkit::tool("grpcurl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("activities.xml");
    file(&path);
    let undisturbed = Suite::embedded_in(tempfile::tempdir().unwrap(), &["--empty"]).unwrap();
    let whole = summary(import(&undisturbed, &path));
    assert_eq!(whole["created"], ACTIVITIES);

    for milliseconds in [150, 400, 900] {
        let mut suite = Suite::embedded_in(tempfile::tempdir().unwrap(), &["--empty"]).unwrap();
        let mut broken = import(&suite, &path);
        sleep(Duration::from_millis(milliseconds));
        suite.processes[0].kill();
        broken.wait().unwrap();

        let suite = Suite::embedded_in(suite.folder, &["--empty"]).unwrap();
        let again = summary(import(&suite, &path));

        let (created, unchanged) =
            (again["created"].as_u64().unwrap(), again["unchanged"].as_u64().unwrap());
        assert_eq!(again["updated"], 0, "no project was half written: {again}");
        assert_eq!(created + unchanged, ACTIVITIES as u64, "{again}");
        assert!(state(&suite) == state(&undisturbed), "killed after {milliseconds} ms");
        eprintln!(
            "killed after {milliseconds} ms: {unchanged} projects were recorded, {created} were not yet"
        );
    }
}
