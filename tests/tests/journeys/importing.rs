//! `registan import` as a person uses it: into an empty suite, without a token, and what it says.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use e2e::{Suite, program};
use serde_json::Value;

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/iati-central-asia.xml")
}

/// Runs `registan import` as somebody who only knows where the suite is and keeps its data.
fn run(suite: &Suite, arguments: &[&str], files: &[&Path]) -> Output {
    Command::new(program("registan").unwrap())
        .arg("import")
        .args(arguments)
        .args(["--gateway", &format!("http://{}", suite.address)])
        .arg("--data-dir")
        .arg(suite.folder.path().join("data"))
        .args(files)
        .output()
        .unwrap()
}

/// Imports a file; returns what is printed.
fn import(suite: &Suite, more: &[&str], file: &Path) -> String {
    let output = run(suite, &[&["iati"], more].concat(), &[file]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The output and the error of an import that must fail.
fn failed(suite: &Suite, arguments: &[&str], files: &[&Path]) -> (String, String) {
    let output = run(suite, arguments, files);
    let [out, error] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {out}{error}");
    (out, error)
}

/// An import into it asked for a token, because no key existed yet.
#[test]
fn an_empty_suite_takes_an_import_without_a_token_and_says_what_changed() {
    if program("registan").is_none() {
        return;
    }
    let suite = Suite::embedded_in(tempfile::tempdir().unwrap(), &["--empty"]).unwrap();
    let text = fs::read_to_string(sample()).unwrap();
    let (start, end) = (text.find("<transaction").unwrap(), "</transaction>");
    let stop = start + text[start..].find(end).unwrap() + end.len();
    let fewer = suite.folder.path().join("fewer.xml");
    fs::write(&fewer, format!("{}{}", &text[..start], &text[stop..])).unwrap();

    let dry = import(&suite, &["--dry-run"], &sample());
    let first = import(&suite, &[], &sample());
    let second = import(&suite, &[], &fewer);

    assert!(dry.contains("8 projects would be created, 0 would be updated"), "{dry}");
    assert!(dry.contains("24 transactions would be created, 0 would be deleted."), "{dry}");
    assert!(first.contains("8 projects created, 0 updated"), "{first}");
    assert!(first.contains("24 transactions created, 0 deleted."), "{first}");
    assert!(second.contains("0 transactions created, 1 deleted."), "{second}");
    assert!(second.contains("Not kept, by path:\n"), "{second}");
}

#[test]
fn a_file_that_is_not_read_whole_fails_the_command() {
    if program("registan").is_none() {
        return;
    }
    let suite = Suite::embedded_in(tempfile::tempdir().unwrap(), &["--empty"]).unwrap();
    let text = fs::read_to_string(sample()).unwrap();
    let file = |name: &str, text: &str| {
        let path = suite.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (cut, page) = (file("cut.xml", &text[..9000]), file("page.xml", "<html/>"));
    let (empty, table) = (file("empty.xml", ""), file("table.csv", "hello\n"));

    for (arguments, path, rule) in [
        (&["iati", "--dry-run"][..], &cut, "truncated"),
        (&["iati"], &page, "not-iati"),
        (&["iati"], &empty, "not-xml"),
        (&["ratification"], &table, "file-unreadable"),
    ] {
        let (out, error) = failed(&suite, arguments, &[path]);
        assert!(out.contains(&format!("critical, {rule}: ")), "{out}");
        assert!(error.starts_with("registan: critical findings: 1: "), "{error}");

        let (out, _) = failed(&suite, &[arguments, &["--json"]].concat(), &[path]);
        let whole: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(whole["findings"][0]["rule"], rule, "{whole}");
        assert_eq!(whole["findings"][0]["file"], *path.to_string_lossy(), "{whole}");
    }

    let (out, error) = failed(&suite, &["iati"], &[&sample(), &page]);
    assert!(out.contains("8 projects created, ") && out.contains("page.xml:1: critical"), "{out}");
    assert!(error.contains("critical findings: 1"), "{error}");
}

#[test]
fn what_was_imported_before_a_file_that_is_not_there_is_said() {
    if program("registan").is_none() {
        return;
    }
    let suite = Suite::embedded_in(tempfile::tempdir().unwrap(), &["--empty"]).unwrap();
    let absent = suite.folder.path().join("absent.xml");

    let (out, error) = failed(&suite, &["iati"], &[&sample(), &absent, &sample()]);

    assert!(out.contains("8 projects created, 0 updated"), "{out}");
    assert!(error.contains("absent.xml was not imported whole, and not at all "), "{error}");
    assert!(error.contains("it cannot be opened"), "{error}");
}
