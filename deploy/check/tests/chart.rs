//! The Helm chart gives what kustomize renders for production.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use manifests::chart::{name_of, render, templates};
use manifests::{VERSION, deploy, kubectl};
use serde::Deserialize;
use serde_yaml_ng::Value;

fn chart() -> PathBuf {
    deploy().join("helm/registan")
}

fn read(file: &str) -> Value {
    let text = fs::read_to_string(chart().join(file)).unwrap_or_else(|it| panic!("{file}: {it}"));
    serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn production() -> String {
    kubectl::render(&deploy().join("kustomize/overlays/prod-postgres"))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// All documents, by kind and name, without the namespace.
fn documents(text: &str) -> BTreeMap<String, Value> {
    let all = serde_yaml_ng::Deserializer::from_str(text).map(Value::deserialize);
    let all = all.map(|document| document.expect("it is YAML")).filter(|it| !it.is_null());
    let named = all.map(|document| {
        let name = document["metadata"]["name"].as_str().unwrap_or_default();
        (format!("{} {name}", document["kind"].as_str().unwrap_or_default()), document)
    });
    named.filter(|(name, _)| name != "Namespace registan").collect()
}

#[test]
fn the_templates_are_those_of_the_overlay() {
    let made = templates(&production());
    let folder = chart().join("templates");
    if std::env::var_os("TESTKIT_PIN").is_some() {
        fs::create_dir_all(&folder).expect("the folder can be made");
        for (name, text) in &made {
            fs::write(folder.join(name), text).expect("a template can be written");
        }
    }

    let files = fs::read_dir(&folder).expect("the folder can be read");
    let kept: BTreeMap<String, String> = files
        .map(|file| {
            let file = file.expect("an entry");
            let text = fs::read_to_string(file.path()).expect("a template can be read");
            (file.file_name().into_string().expect("a name"), text)
        })
        .collect();

    let advice = "TESTKIT_PIN=1 cargo test --workspace --test chart writes them again";
    assert!(kept == made, "the templates of the chart differ from the overlay: {advice}");
}

#[test]
fn the_chart_renders_to_what_kustomize_renders() {
    let production = production();
    let revision = name_of(&production, "ConfigMap").expect("it has one");
    let revision = revision.strip_prefix("registan-").expect("it begins so").to_owned();
    let mut all = Value::Mapping(serde_yaml_ng::Mapping::new());
    all["Values"] = read("values.yaml");
    all["Release"] = serde_yaml_ng::from_str("{Namespace: registan}").expect("it is YAML");
    all["Release"]["Revision"] = Value::String(revision);

    let made = templates(&production);
    let rendered: Vec<_> = made
        .iter()
        .map(|(name, text)| render(text, &all).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect();

    assert_eq!(documents(&rendered.join("---\n")), documents(&production));
}

#[test]
fn a_value_that_is_missing_and_a_filter_that_is_not_known_are_refused() {
    let values = serde_yaml_ng::from_str("Values: {a: {b: 1}}").expect("it is YAML");

    assert_eq!(
        render("x: {{ .Values.a.b }}, {{ .Values.a.b | quote }}", &values).unwrap(),
        "x: 1, \"1\""
    );
    assert_eq!(render("{{ .Values.c }}", &values).unwrap_err(), "there is no value .Values.c");
    assert!(render("{{ .Values.a.b | upper }}", &values).is_err());
}

#[test]
fn the_chart_has_the_version_of_the_workspace() {
    let about = read("Chart.yaml");

    assert_eq!(about["version"].as_str(), Some(VERSION));
    assert_eq!(about["appVersion"].as_str(), Some(VERSION));
    assert_eq!(read("values.yaml")["image"]["tag"].as_str(), Some(VERSION));
}
