//! `registan import` as a person uses it: into an empty suite, without a token, and what it says.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::{Suite, program};

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/iati-central-asia.xml")
}

/// Imports a file as somebody who only knows where the suite is and where it keeps its data;
/// returns what is printed.
fn import(suite: &Suite, more: &[&str], file: &Path) -> String {
    let output = Command::new(program("registan").unwrap())
        .args(["import", "iati", "--gateway", &format!("http://{}", suite.address)])
        .arg("--data-dir")
        .arg(suite.folder.path().join("data"))
        .args(more)
        .arg(file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
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
