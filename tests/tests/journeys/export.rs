//! `registan export` against a running suite: the same as a paged List, the same again at its read
//! time, in constant memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use e2e::{Suite, program};
use policy::{Desks, Role, Tier};
use serde_json::Value;

/// Transactions of the large export.
const TRANSACTIONS: usize = 12_000;
/// The maximum growth of memory on either side, at the end of a large export than at its beginning,
/// in KiB. Held as a whole, the transactions take several times that.
const ROOM: u64 = 8 * 1024;

fn command(suite: &Suite, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("registan").unwrap());
    command.args(["export", "--gateway", &format!("http://{}", suite.address)]).args(arguments);
    command
}

fn export(suite: &Suite, arguments: &[&str]) -> Output {
    let output = command(suite, arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The read time it says on stderr.
fn read_time(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.trim().rsplit_once(' ').unwrap().1.to_owned()
}

fn uids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["uid"].as_str().unwrap().to_owned()).collect()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All items of a list, by pages of seven.
fn listed(suite: &Suite, method: &str, field: &str, more: &str) -> Vec<Value> {
    let (mut items, mut token) = (Vec::new(), String::new());
    loop {
        let request = format!(r#"{{{more}"page_size":7,"page_token":"{token}"}}"#);
        let page = suite.ask(method, &request).unwrap();
        items.extend(page[field].as_array().into_iter().flatten().cloned());
        page["nextPageToken"].as_str().unwrap_or_default().clone_into(&mut token);
        if token.is_empty() {
            return items;
        }
    }
}

#[test]
fn an_export_is_what_a_list_gives() {
    let (Some(_), Some(suite)) = (testkit::tool("grpcurl"), Suite::embedded()) else { return };
    let list = "agreements.v1.AgreementService/ListAgreements";
    let day = r#""as_of":{"year":2024,"month":1,"day":17},"order_by":"title desc","#;
    let arguments = ["agreements", "--order-by", "title desc", "--as-of", "2024-01-17"];

    let all = lines(&export(&suite, &arguments));
    let filter = ["--filter", "parties:\"parties/kz\""];
    let some = lines(&export(&suite, &[&arguments[..], &filter].concat()));
    let projects = lines(&export(&suite, &["projects"]));

    assert_eq!(all, listed(&suite, list, "agreements", day));
    let filtered = format!(r#"{day}"filter":"parties:\"parties/kz\"","#);
    assert_eq!(some, listed(&suite, list, "agreements", &filtered));
    assert!(some.len() > 3 && some.len() < all.len(), "{} of {}", some.len(), all.len());
    let list = "projects.v1.ProjectService/ListProjects";
    // Without an order an export goes by uid, which costs least, and a list by title.
    let (mut exported, mut listed) = (uids(&projects), uids(&listed(&suite, list, "projects", "")));
    exported.sort();
    listed.sort();
    assert_eq!(exported, listed);
}

#[test]
fn an_export_is_the_same_again_at_its_read_time() {
    let (Some(_), Some(suite)) = (testkit::tool("grpcurl"), Suite::embedded()) else { return };
    let before = export(&suite, &["parties"]);
    let time = read_time(&before);
    let delete = "agreements.v1.PartyService/DeleteParty";
    let create = "agreements.v1.PartyService/CreateParty";
    let party = r#"{"party_id":"invented","party":{"kind":"KIND_BANK","display_name":"Invented","source":{"citation":"a test"}}}"#;
    suite.ask_as_writer(create, party).unwrap();
    let created = export(&suite, &["parties"]);
    suite.ask_as_writer(delete, r#"{"name":"parties/invented"}"#).unwrap();

    let again = export(&suite, &["parties", "--read-time", &time]);
    let now = export(&suite, &["parties"]);
    let with_deleted = export(&suite, &["parties", "--deleted"]);

    assert_eq!(again.stdout, before.stdout);
    assert_eq!(read_time(&again), time);
    assert_eq!(lines(&created).len(), lines(&before).len() + 1);
    assert_eq!(now.stdout, before.stdout);
    assert_eq!(lines(&with_deleted).len(), lines(&before).len() + 1);
}

#[test]
fn every_kind_is_exported_within_whatever_it_lies() {
    let Some(suite) = Suite::embedded() else { return };
    let refused = command(&suite, &["everything"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    let known = said.split_once("known are").unwrap().1.lines().next().unwrap();
    let kinds = known.split([',', ' ', ':', ']', '`']).filter(|kind| kind.len() > 3);
    let kinds: Vec<_> =
        kinds.filter(|kind| kind.bytes().all(|it| it.is_ascii_lowercase())).collect();

    let data = suite.folder.path().join("data");
    let token = testkit::token_for(&data, &[Role::Operator], Desks::ALL, Tier::Public);
    let exported = |kind: &str| {
        let mut export = command(&suite, &[kind]);
        let output = export.env("REGISTAN_TOKEN", &token).output().unwrap();
        assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
        lines(&output).len()
    };
    let counts = kinds.iter().map(|kind| (*kind, exported(kind)));
    let counts: std::collections::BTreeMap<_, _> = counts.collect();

    assert!(counts.len() > 15, "{counts:?}");
    assert!(counts["provisions"] > 20, "{counts:?}");
}

#[test]
fn what_cannot_be_exported_is_refused_in_a_sentence() {
    let Some(suite) = Suite::embedded() else { return };
    for (arguments, word) in [
        (&["parties", "--as-of", "2024-01-17"][..], "do not depend on a day"),
        (&["agreements", "--as-of", "2023-02-29"], "2023-02-29"),
        (&["agreements", "--parent", "projects/x"], "do not lie within anything"),
        (&["agreements", "--filter", "nope = 1"], "unknown field"),
        (&["transactions", "--parent", "nonsense"], "parent"),
        (&["agreements", "--read-time", "2999-01-01T00:00:00Z"], "read_time"),
        (&["agreements", "--gateway", "http://127.0.0.1:1"], "registan serve"),
        (&["everything"], "known are"),
    ] {
        let mut command = Command::new(program("registan").unwrap());
        command.arg("export").args(arguments);
        if !arguments.contains(&"--gateway") {
            command.args(["--gateway", &format!("http://{}", suite.address)]);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
}

/// A file of small activities of our own, with transactions.
fn activities() -> String {
    let mut text = String::from("<iati-activities version=\"2.03\">\n");
    for number in 0..TRANSACTIONS / 100 {
        write!(
            text,
            r#"<iati-activity default-currency="EUR" xml:lang="en"><iati-identifier>XM-SAMPLE-{number}</iati-identifier>
<reporting-org ref="XM-SAMPLE" type="10"><narrative>Sample</narrative></reporting-org><title><narrative>Sample {number}</narrative></title>
<description><narrative>Made for a test.</narrative></description><activity-status code="2"/><activity-date type="2" iso-date="2023-01-01"/>
<recipient-country code="KG"/><sector vocabulary="1" code="15160"/>"#
        )
        .unwrap();
        for value in 0..100 {
            writeln!(
                text,
                r#"<transaction ref="{number}-{value}"><transaction-type code="3"/><transaction-date iso-date="2023-06-02"/><value value-date="2023-06-02">{value}.07</value>
<description><narrative>{}</narrative></description></transaction>"#,
                "Made for a test. ".repeat(120)
            )
            .unwrap();
        }
        text.push_str("</iati-activity>\n");
    }
    text.push_str("</iati-activities>\n");
    text
}

/// Returns what a process holds in memory, in KiB.
fn resident(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Reads lines until there were `until`.
fn read(lines: &mut impl Iterator<Item = std::io::Result<String>>, until: usize) {
    for _ in 0..until {
        assert!(lines.next().unwrap().unwrap().starts_with('{'));
    }
}

fn slow(suite: &Suite) -> Child {
    let mut command = command(suite, &["transactions"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_large_export_takes_no_more_memory_than_a_small_one() {
    if program("registan").is_none() || !cfg!(target_os = "linux") {
        return;
    }
    let suite = Suite::embedded_in(tempfile::tempdir().unwrap(), &["--empty"]).unwrap();
    let file = suite.folder.path().join("activities.xml");
    fs::write(&file, activities()).unwrap();
    let mut import = Command::new(program("registan").unwrap());
    import.args(["import", "iati", "--gateway", &format!("http://{}", suite.address)]).arg(&file);
    import.env("REGISTAN_TOKEN", suite.token());
    let import = import.output().unwrap();
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));

    let mut export = slow(&suite);
    let mut lines = BufReader::new(export.stdout.take().unwrap()).lines();
    // The caches of the database are filled by then: what grows after it grows with the export.
    read(&mut lines, TRANSACTIONS / 4);
    let server = suite.processes[0].id();
    let (client_first, server_first) = (resident(export.id()), resident(server));
    // What was written ahead waits in the pipe and in the windows: the client is still at work
    // here.
    read(&mut lines, TRANSACTIONS * 3 / 4 - 1_000);
    let (client_last, server_last) = (resident(export.id()), resident(server));
    read(&mut lines, 1_000);

    assert!(lines.next().is_none());
    let output = export.wait_with_output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with(&format!("{TRANSACTIONS} transactions")), "{said}");
    eprintln!(
        "client {client_first} → {client_last} KiB, server {server_first} → {server_last} KiB"
    );
    assert!(client_last < client_first + ROOM, "client: {client_first} → {client_last} KiB");
    assert!(server_last < server_first + ROOM, "server: {server_first} → {server_last} KiB");

    // The reader may leave: no error, no output.
    let mut export = slow(&suite);
    let mut lines = BufReader::new(export.stdout.take().unwrap()).lines();
    read(&mut lines, 1);
    drop(lines);
    let output = export.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
