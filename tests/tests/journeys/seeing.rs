//! The view that an operator has of a suite at work.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use e2e::pages::page;
use e2e::{Suite, free_address, program};
use instruments::table::ALL;

/// Metrics that a suite without an identity provider, whose callers do well and whose memory has no
/// limit, has no value of.
const QUIET: [&str; 10] = [
    "registan_memory_limit_bytes",
    "registan_certificate_remaining_seconds",
    "registan_certificate_lifetime_seconds",
    "registan_trace_spans_sent_total",
    "registan_trace_spans_failed_total",
    "registan_trace_spans_dropped_total",
    "registan_server_quota_refusals_total",
    "registan_grants_lookups_total",
    "registan_token_keys_fetched_seconds",
    "registan_token_keys_failures_total",
];

/// The names of the metrics with a type, and of those with a value.
fn read(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let types = types.filter_map(|rest| rest.split(' ').next()).map(str::to_owned);
    let types: BTreeSet<String> = types.collect();
    let values = text.lines().filter(|line| !line.starts_with('#'));
    let values = values.filter_map(|line| line.split(['{', ' ']).next());
    let named = |name: &str| {
        let ends = ["", "_bucket", "_sum", "_count"];
        ends.iter().find_map(|end| types.get(name.strip_suffix(end)?).cloned())
    };
    let told = values.map(|name| named(name).unwrap_or_else(|| panic!("{name} has no type")));
    let told = told.collect();
    (types, told)
}

/// Imports the sample of activities.
fn import(suite: &Suite) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/iati-central-asia.xml");
    let mut import = Command::new(program("registan").unwrap());
    import.args(["import", "iati", "--gateway", &format!("http://{}", suite.address)]);
    import.arg("--data-dir").arg(suite.folder.path().join("data")).arg(sample);
    assert!(import.output().unwrap().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_of_the_table_is_exported_by_a_suite_at_work() {
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    let admin = free_address();
    let folder = tempfile::tempdir().unwrap();
    let more = ["--empty", "--probe-address", &admin.to_string()];
    let Some(suite) = Suite::embedded_in(folder, &more) else { return };
    let party = r#"{"party_id":"invented","party":{"kind":"KIND_BANK","display_name":"Seen","source":{"citation":"a test"}}}"#;
    suite.ask_as_writer("agreements.v1.PartyService/CreateParty", party).unwrap();
    suite.ask("agreements.v1.PartyService/GetParty", r#"{"name":"parties/nobody"}"#).unwrap_err();
    suite.ask("agreements.v1.PartyService/ExportParties", "{}").unwrap();
    import(&suite);

    let (status, text) = page(admin, "/metrics");

    assert_eq!(status, 200);
    let (typed, valued) = read(&text);
    let table: BTreeSet<String> = ALL.iter().map(|metric| metric.about().exported()).collect();
    assert_eq!(typed, table, "the page has the metrics of the table");
    let quiet: BTreeSet<String> = QUIET.map(str::to_owned).into();
    let missing: Vec<_> = table.difference(&valued).filter(|name| !quiet.contains(*name)).collect();
    assert!(missing.is_empty(), "documented, and never counted: {missing:?}");
    let one = "rpc_server_call_errors_total{service_name=\"gateway\",\
               rpc_method=\"registan.agreements.v1.PartyService/GetParty\",\
               rpc_response_status_code=\"NOT_FOUND\",error_type=\"NOT_FOUND\"} 1\n";
    assert!(text.contains(one), "{text}");

    let (status, ready) = page(admin, "/readyz");
    assert_eq!(status, 200, "{ready}");
    let services = ["agreements", "gateway", "projects", "rights-reporting"];
    assert_eq!(ready, services.map(|service| format!("{service}: ok\n")).concat());
}
