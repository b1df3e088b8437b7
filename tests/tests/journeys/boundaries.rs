//! The boundaries of the crates: which of ours each may know, and which families of libraries it
//! may use or even reach.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::house::root;

/// Libraries by what they bring: a database, statements as text, calls, HTTP, a runtime.
const FAMILIES: [(&str, &[&str]); 5] = [
    ("database", &["sea-orm", "sqlx"]),
    ("statements", &["sea-query"]),
    ("calls", &["tonic"]),
    ("http", &["axum", "hyper", "reqwest"]),
    ("runtime", &["tokio"]),
];

/// The crates of ours and the families that each crate may know, from the pure ones to the
/// programs. It knows all of them, so that the table tells the truth.
const MAY_KNOW: [(&str, &str, &str); 26] = [
    ("formats", "", ""),
    ("iati", "formats", ""),
    ("instruments", "", "runtime"),
    ("machine", "", ""),
    ("words", "", ""),
    ("authority", "", ""),
    ("api", "", "calls"),
    ("facts", "api", ""),
    ("policy", "facts", "statements"),
    ("chronicle", "facts instruments machine policy words", "database runtime statements"),
    ("chassis", "api facts instruments machine policy", "calls http runtime"),
    ("serving", "api chassis facts instruments policy", "calls http"),
    ("standard", "api chassis chronicle facts policy serving", "calls database runtime"),
    ("ingest", "chassis chronicle formats instruments policy standard", "calls database runtime"),
    ("reference", "api chassis", "calls"),
    ("gateway", "api chassis facts instruments serving", "calls http runtime"),
    (
        "agreements",
        "api chassis chronicle facts formats ingest policy standard",
        "calls database runtime",
    ),
    (
        "projects",
        "api chassis chronicle facts formats iati ingest policy standard",
        "calls database runtime",
    ),
    ("rights-reporting", "api chassis chronicle facts standard", "calls database"),
    (
        "registan",
        "agreements api authority chassis chronicle facts gateway policy projects reference \
         rights-reporting standard",
        "calls database runtime",
    ),
    ("manifests", "", ""),
    ("testkit", "api authority chassis facts policy", "database runtime"),
    ("e2e", "api authority chassis policy testkit", "calls database http runtime"),
    ("fuzzing", "agreements api chassis iati policy", "calls runtime"),
    ("bench", "agreements api chassis chronicle e2e testkit", "calls database runtime"),
    ("xtask", "", ""),
];

/// The families that a crate must not reach, through whatever it knows.
const NEVER_REACHES: [(&str, &str); 10] = [
    ("formats", "calls database http runtime statements"),
    ("iati", "calls database http runtime statements"),
    ("instruments", "calls database http statements"),
    ("machine", "calls database http runtime statements"),
    ("words", "calls database http runtime statements"),
    ("facts", "calls database http runtime statements"),
    ("policy", "calls database http runtime"),
    ("chronicle", "calls http"),
    ("serving", "database"),
    ("gateway", "database"),
];

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The families that some libraries belong to.
fn families<'a>(libraries: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let of = |library: &str| {
        let is_of = |start: &&str| {
            library == *start
                || library.strip_prefix(*start).is_some_and(|rest| rest.starts_with('-'))
        };
        FAMILIES.iter().find(|(_, starts)| starts.iter().any(is_of))
    };
    libraries.filter_map(of).map(|(family, _)| (*family).to_owned()).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(root())
        .output();
    let output = output.expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

/// The packages of the workspace, each with what it depends on outside of its tests.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"]))
            .expect("it is JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    packages
        .iter()
        .map(|package| {
            let all = package["dependencies"].as_array().expect("there is a list");
            let without_tests = all.iter().filter(|one| one["kind"].is_null());
            (text(&package["name"]), without_tests.map(|one| text(&one["name"])).collect())
        })
        .collect()
}

#[test]
fn every_crate_knows_what_it_may_and_nothing_else() {
    let packages = packages();
    let table: BTreeSet<&str> = MAY_KNOW.iter().map(|(name, ..)| *name).collect();
    assert!(
        packages.keys().all(|name| table.contains(&**name)),
        "each has its row: {:?}",
        packages.keys()
    );

    let mut breaches = Vec::new();
    for (name, crates, libraries) in MAY_KNOW {
        let (ours, others): (BTreeSet<_>, BTreeSet<_>) =
            packages[name].iter().cloned().partition(|it| packages.contains_key(it));
        for (row, is) in [(crates, ours), (libraries, families(others.iter().map(|it| &**it)))] {
            let may = words(row);
            let (more, less) = (is.difference(&may), may.difference(&is));
            breaches.extend(more.map(|it| format!("{name} must not know {it}")));
            breaches.extend(
                less.map(|it| format!("{name} does not know {it}: take it out of the table")),
            );
        }
    }

    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn no_crate_reaches_what_it_must_do_without() {
    let mut breaches = Vec::new();
    for (name, never) in NEVER_REACHES {
        let tree = cargo(&[
            "tree",
            "--package",
            name,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let libraries = tree.lines().filter_map(|line| line.split(' ').next());
        let reached = families(libraries);
        breaches
            .extend(reached.intersection(&words(never)).map(|it| format!("{name} reaches {it}")));
    }

    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}
