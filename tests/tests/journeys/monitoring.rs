//! The alerts and dashboards of `deploy/monitoring`: they ask for metrics that there are, each
//! alert has its section of the runbook, and promtool sees each of them fire and keep quiet.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use instruments::Kind;
use instruments::table::ALL;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folder() -> PathBuf {
    root().join("deploy/monitoring")
}

fn yaml(file: &str) -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string(folder().join(file)).unwrap()).unwrap()
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Every rule of the alerts, those that record too.
fn rules(alerts: &Value) -> Vec<&Value> {
    items(alerts, "groups").iter().flat_map(|group| items(group, "rules")).collect()
}

/// Every series that can be asked for: the metrics of the table, as they are exported, and what the
/// rules record.
fn series(alerts: &Value) -> BTreeSet<String> {
    let mut known = BTreeSet::from(["up".to_owned()]);
    for about in ALL.iter().map(|metric| metric.about()) {
        let name = about.exported();
        if about.kind == Kind::Histogram {
            known.extend(["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")));
        } else {
            known.insert(name);
        }
    }
    known
        .extend(rules(alerts).iter().filter_map(|rule| rule["record"].as_str()).map(str::to_owned));
    known
}

/// The series that an expression asks for, by their first words.
fn asked(expression: &str) -> BTreeSet<String> {
    const STARTS: [&str; 6] = ["rpc_", "db_client_", "process_", "registan_", "registan:", "up{"];
    let is_part = |one: char| one.is_ascii_alphanumeric() || one == '_' || one == ':';
    let (mut found, mut rest) = (BTreeSet::new(), expression);
    while let Some(start) = rest.find(is_part) {
        rest = &rest[start..];
        let end = rest.find(|one| !is_part(one)).unwrap_or(rest.len());
        let (word, after) = (&rest[..end], &rest[end..]);
        let is_series = STARTS.iter().any(|start| rest.starts_with(start));
        // A label is followed by its value, or stands in the braces of `by`.
        let is_label = after.starts_with(['=', '!']) || LABELS.contains(&word);
        if is_series && !is_label {
            found.insert(word.to_owned());
        }
        rest = after;
    }
    found
}

/// Labels that begin as a metric does.
const LABELS: [&str; 9] = [
    "rpc_method",
    "rpc_response_status_code",
    "db_client_connection_pool_name",
    "db_client_connection_state",
    "registan_certificate",
    "registan_import",
    "registan_outcome",
    "registan_quota",
    "registan_reason",
];

/// Where the runbook is, until an operator says where theirs is.
const RUNBOOK: &str = "https://registan.example.org/docs/runbook.md";

#[test]
fn alerts_and_dashboards_ask_for_metrics_that_there_are() {
    let alerts = yaml("alerts.yaml");
    let known = series(&alerts);
    let mut expressions: Vec<(String, String)> = rules(&alerts)
        .iter()
        .map(|rule| ("alerts.yaml".to_owned(), rule["expr"].as_str().unwrap().to_owned()))
        .collect();
    for entry in fs::read_dir(folder().join("dashboards")).unwrap() {
        let path = entry.unwrap().path();
        let board: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let panels = items(&board, "panels").iter().flat_map(|panel| items(panel, "targets"));
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        expressions
            .extend(panels.map(|it| (name.clone(), it["expr"].as_str().unwrap().to_owned())));
    }

    let mut used = BTreeSet::new();
    for (file, expression) in &expressions {
        let asked = asked(expression);
        assert!(!asked.is_empty(), "{file}: {expression}");
        let unknown: Vec<_> = asked.difference(&known).collect();
        assert!(unknown.is_empty(), "{file}: no metric {unknown:?} in {expression}");
        used.extend(asked);
    }

    let shown = |name: &str| used.iter().any(|it| it.starts_with(name));
    let hidden: Vec<_> =
        ALL.iter().map(|metric| metric.about().exported()).filter(|name| !shown(name)).collect();
    assert!(hidden.is_empty(), "metrics that no dashboard and no alert shows: {hidden:?}");
}

#[test]
fn every_alert_has_a_section_of_the_runbook_and_two_tests() {
    let alerts = yaml("alerts.yaml");
    let runbook = fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let sections: BTreeSet<&str> =
        runbook.lines().filter_map(|line| line.strip_prefix("## Registan")).collect();
    // Whether the alert fires, for each of its tests.
    let mut tests: BTreeMap<String, BTreeSet<bool>> = BTreeMap::new();
    let cases = yaml("alerts_test.yaml");
    for case in items(&cases, "tests").iter().flat_map(|test| items(test, "alert_rule_test")) {
        let name = case["alertname"].as_str().unwrap().to_owned();
        tests.entry(name).or_default().insert(!items(case, "exp_alerts").is_empty());
    }

    let mut named = BTreeSet::new();
    for rule in rules(&alerts) {
        let Some(name) = rule["alert"].as_str() else { continue };
        let section = name.strip_prefix("Registan").unwrap();
        assert!(sections.contains(section), "{name} has no section in docs/runbook.md");
        named.insert(section);
        let link = format!("{RUNBOOK}#{}", name.to_lowercase());
        assert_eq!(rule["annotations"]["runbook_url"], *link, "{name}");
        assert_eq!(tests.get(name), Some(&BTreeSet::from([false, true])), "{name}");
    }

    assert_eq!(sections, named, "no section is of an alert that is gone");
}

#[test]
fn promtool_sees_each_alert_fire_and_keep_quiet() {
    let Some(promtool) = testkit::tool("promtool") else { return };
    for arguments in [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]] {
        let output =
            Command::new(&promtool).args(arguments).current_dir(folder()).output().unwrap();
        let told =
            [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        assert!(output.status.success(), "{arguments:?}: {}", told.concat());
    }
}
