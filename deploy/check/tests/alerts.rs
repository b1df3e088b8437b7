//! The alerts for a Prometheus Operator are those that promtool tests.

use std::fs;
use std::path::Path;

use manifests::manifests::parse;
use manifests::monitors::rule_of;
use manifests::{deploy, kubectl};
use serde::Deserialize;
use serde_yaml_ng::Value;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn alerts() -> String {
    read(&deploy().join("monitoring/alerts.yaml"))
}

fn render(folder: &Path) -> String {
    kubectl::render(folder).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_component_has_the_alerts_of_the_file() {
    let file = deploy().join("kustomize/components/alerts/rules.yaml");
    let made = rule_of(&alerts());
    if std::env::var_os("TESTKIT_PIN").is_some() {
        fs::write(&file, &made).expect("the rules can be written");
    }

    let advice = "TESTKIT_PIN=1 cargo test --workspace --test alerts writes it again";
    assert!(read(&file) == made, "{} differs from alerts.yaml: {advice}", file.display());
}

#[test]
fn a_prometheus_operator_is_given_what_promtool_tests() {
    let text = render(&deploy().join("check/tests/everything"));
    let documents = serde_yaml_ng::Deserializer::from_str(&text).map(Value::deserialize);
    let documents = documents.map(|document| document.expect("it is YAML"));
    let rule = documents.into_iter().find(|it| it["kind"] == "PrometheusRule");
    let file: Value = serde_yaml_ng::from_str(&alerts()).expect("it is YAML");

    assert_eq!(rule.expect("there is one")["spec"]["groups"], file["groups"]);
}

#[test]
fn the_address_of_the_runbook_is_set_once() {
    let own = "https://wiki.example.net/registan";
    let copy = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(copy.path().join("alerts")).expect("a folder");
    for name in ["kustomization.yaml", "rules.yaml"] {
        let text = read(&deploy().join("kustomize/components/alerts").join(name));
        let address = "value: https://registan.example.org/docs/runbook.md";
        let text = text.replacen(address, &format!("value: {own}"), 1);
        fs::write(copy.path().join("alerts").join(name), text).expect("a copy");
    }
    fs::write(copy.path().join("kustomization.yaml"), "components: [alerts]\n").expect("a file");

    let (manifests, findings) = parse(&render(copy.path()));

    assert_eq!(findings, Vec::<String>::new());
    let rules = manifests.rules[0].spec.groups.iter().flat_map(|group| &group.rules);
    let addresses: Vec<_> = rules.filter_map(|rule| rule.annotations.get("runbook_url")).collect();
    assert!(addresses.len() > 20, "{addresses:?}");
    assert!(addresses.iter().all(|it| it.starts_with(&format!("{own}#"))), "{addresses:?}");
}
