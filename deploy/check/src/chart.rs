//! The Helm chart: what kustomize renders for production, in plain text and encrypted, with values
//! where one installation differs from the next. Two things are otherwise, because Helm removes
//! what a revision no longer names, and waits for hooks:
//!
//! - The settings stand in the pods and not in a `ConfigMap`: each `ReplicaSet` keeps its own.
//! - The migration is a hook, so nothing rolls before it is done.
//!
//! `lines`: a document as a template. `merge`: two renderings as one.

mod lines;
mod merge;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_yaml_ng::{Mapping, Value};

use self::lines::{Key, MORE, VALUE, template};
use self::merge::merge;

/// Settings that are values of the chart.
const SETTINGS: [(&str, &str); 7] = [
    ("REGISTAN_CONNECTIONS_PER_ADDRESS", "gateway.connectionsPerAddress"),
    ("REGISTAN_LOG", "log"),
    ("REGISTAN_OIDC_AUDIENCE", "oidc.audience"),
    ("REGISTAN_OIDC_ISSUER", "oidc.issuer"),
    ("REGISTAN_OIDC_UNTYPED_TOKENS", "oidc.untypedTokens"),
    ("REGISTAN_OTLP_URL", "otlp.url"),
    ("REGISTAN_TRUSTED_PROXIES", "gateway.trustedProxies | join \",\""),
];
/// The begin of each template. It leaves nothing where nothing follows.
const HEAD: &str = "{{- /* Made from deploy/kustomize/overlays by a test: change that. */}}\n";
/// A template that is no document: it refuses to render until encryption is chosen.
const REQUIRED: (&str, &str) = (
    "required.yaml",
    "{{- if not (kindIs \"bool\" (.Values.tls).enabled) }}\n\
     {{- fail \"say whether calls are encrypted: tls.enabled=true, which needs cert-manager, or \
     tls.enabled=false, where something else encrypts them, such as a mesh\" }}\n\
     {{- end }}\n",
);
/// The component that is done before pods roll.
const MIGRATES: &str = "migrate";

/// The templates, by the name of their file: one for each kind. `plain` and `encrypted` are two
/// rendered overlays that differ in nothing but encryption, each with the component tracing.
pub fn templates(plain: &str, encrypted: &str) -> Result<BTreeMap<String, String>, String> {
    let (plain, encrypted) = (documents(plain)?, documents(encrypted)?);
    let keys: BTreeSet<&Key> = plain.keys().chain(encrypted.keys()).collect();
    let mut files = BTreeMap::from([(REQUIRED.0.to_owned(), [HEAD, REQUIRED.1].concat())]);
    for key in keys {
        let file = format!("{}.yaml", key.0.to_lowercase());
        let text: &mut String = files.entry(file).or_insert_with(|| HEAD.to_owned());
        let lines = |all: &BTreeMap<Key, Vec<String>>| all.get(key).cloned().unwrap_or_default();
        text.push_str(&merge(&lines(&plain), &lines(&encrypted)));
    }
    Ok(files)
}

/// The lines of each document as a template, without the namespace, which is Helm's to make.
fn documents(rendered: &str) -> Result<BTreeMap<Key, Vec<String>>, String> {
    let all = serde_yaml_ng::Deserializer::from_str(rendered).map(Value::deserialize);
    let all: Vec<Value> = all.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let settings = settings(&all);
    let kept = all.into_iter().filter(|it| it["kind"] != "Namespace" && it["kind"] != "ConfigMap");
    kept.map(|mut document| {
        adapt(&mut document, &settings);
        let of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = (of(&document["kind"]), of(&document["metadata"]["name"]));
        let text = serde_yaml_ng::to_string(&document).map_err(|error| error.to_string())?;
        let lines = template(&text, &key);
        Ok((key, lines))
    })
    .collect()
}

/// The settings that all services take.
fn settings(documents: &[Value]) -> Vec<(Value, Value)> {
    let maps = documents.iter().filter(|it| it["kind"] == "ConfigMap");
    let entries = maps.filter_map(|map| map["data"].as_mapping()).flatten();
    entries
        .map(|(name, value)| (name.clone(), chosen(name).unwrap_or_else(|| value.clone())))
        .collect()
}

/// Stands for the value of a setting, if the chart has one.
fn chosen(name: &Value) -> Option<Value> {
    let (_, path) = SETTINGS.iter().find(|(setting, _)| *name == *setting)?;
    Some(format!("{VALUE}{path}").into())
}

fn adapt(document: &mut Value, settings: &[(Value, Value)]) {
    if document["metadata"]["labels"]["app.kubernetes.io/component"] == MIGRATES {
        // The account before the Job that runs with it.
        let weight = if document["kind"] == "Job" { "0" } else { "-1" };
        hook(&mut document["metadata"], weight);
    }
    if document["kind"] == "Deployment" || document["kind"] == "Job" {
        let pod = &mut document["spec"]["template"]["spec"];
        for container in pod["containers"].as_sequence_mut().into_iter().flatten() {
            inline(container, settings);
            for (list, value) in [("env", "extraEnv"), ("volumeMounts", "extraVolumeMounts")] {
                leave_room(container, list, value);
            }
        }
        leave_room(pod, "volumes", "extraVolumes");
    }
}

/// Adds to a list what stands for the entries of a value.
fn leave_room(of: &mut Value, list: &str, value: &str) {
    let Some(of) = of.as_mapping_mut() else { return };
    let own = of.entry(list.into()).or_insert_with(|| Value::Sequence(Vec::new()));
    if let Some(own) = own.as_sequence_mut() {
        own.push(format!("{MORE}{value}").into());
    }
}

/// Has Helm apply a document before all others, wait for it, and make it anew with each revision.
fn hook(metadata: &mut Value, weight: &str) {
    if !metadata["annotations"].is_mapping() {
        metadata["annotations"] = Value::Mapping(Mapping::new());
    }
    for (key, value) in [
        ("helm.sh/hook", "pre-install,pre-upgrade"),
        ("helm.sh/hook-delete-policy", "before-hook-creation"),
        ("helm.sh/hook-weight", weight),
    ] {
        metadata["annotations"][key] = value.into();
    }
}

/// Gives a container the settings as variables of its own, beside those that it has already.
fn inline(container: &mut Value, settings: &[(Value, Value)]) {
    let Some(container) = container.as_mapping_mut() else { return };
    if container.shift_remove("envFrom").is_none() {
        return;
    }
    let own = container.entry("env".into()).or_insert_with(|| Value::Sequence(Vec::new()));
    let Some(own) = own.as_sequence_mut() else { return };
    for variable in own.iter_mut() {
        if let Some(value) = chosen(&variable["name"]) {
            variable["value"] = value;
        }
    }
    for (name, value) in settings {
        if !own.iter().any(|variable| variable["name"] == *name) {
            let pairs = [("name".into(), name.clone()), ("value".into(), value.clone())];
            own.push(Value::Mapping(Mapping::from_iter(pairs)));
        }
    }
}
