//! `registan edit`: a person changes a resource in an editor.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::{env, fs};

use e2e::{Suite, program};

use super::command::printed;

const AGREEMENT: &str = "agreements/eu-kg-epca-2024";
const MILESTONE: &str = concat!(
    r#"{"kind": "KIND_CONSENT_GIVEN", "date": {"date": {"year": 2026, "month": 2}},"#,
    r#" "source": {"citation": "Invented"}},"#
);

/// Edits with a program in place of a person.
fn edit(suite: &Suite, editor: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program("registan").unwrap());
    command
        .arg("edit")
        .args(arguments)
        .env_remove("VISUAL")
        .env("EDITOR", editor)
        .env("REGISTAN_GATEWAY", format!("http://{}", suite.address))
        .env("REGISTAN_DATA_DIR", suite.folder.path().join("data"))
        .env("TMPDIR", suite.folder.path())
        .env("PATH", env::var("PATH").unwrap());
    command.output().unwrap()
}

fn milestones(suite: &Suite) -> usize {
    let agreement = format!(r#"{{"name": "{AGREEMENT}"}}"#);
    let agreement = printed(suite, &["ask", "GetAgreement", &agreement]);
    let agreement: serde_json::Value = serde_json::from_str(&agreement).unwrap();
    agreement["milestones"].as_array().unwrap().len()
}

#[test]
fn a_milestone_is_added_and_the_others_stay() {
    let Some(suite) = Suite::embedded() else { return };
    let before = milestones(&suite);

    let editor = format!("sed -i 's/\"milestones\": \\[/&{MILESTONE}/'");
    let output = edit(&suite, &editor, &[AGREEMENT]);

    let errors = String::from_utf8_lossy(&output.stderr);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{errors}");
    assert_eq!(told, format!("{AGREEMENT}: changed milestones\n"));
    assert_eq!(milestones(&suite), before + 1);
    let unchanged = edit(&suite, "true", &[AGREEMENT]);
    let told = String::from_utf8_lossy(&unchanged.stdout).into_owned();
    assert_eq!(told, format!("{AGREEMENT}: nothing was changed\n"));
    let left = fs::read_dir(suite.folder.path()).unwrap();
    let left =
        left.filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().ends_with(".json"));
    assert_eq!(left.count(), 0, "no text of it is left behind");
}

#[test]
fn a_text_that_is_refused_is_kept_and_sent_again() {
    let Some(suite) = Suite::embedded() else { return };

    let refused = edit(&suite, "sed -i s/KIND_STATE/KIND_STAAT/", &["parties/kz"]);

    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    let path = errors.split("kept in ").nth(1).and_then(|it| it.split(": once").next());
    let path = path.unwrap_or_else(|| panic!("{errors}"));
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others cannot read it");
    let text = fs::read_to_string(path).unwrap().replace("STAAT", "STATE");
    let text = text.replacen('{', "{\"note\": \"Edited\",", 1);
    fs::write(path, text).unwrap();
    let sent = edit(&suite, "false", &["parties/kz", "--file", path]);
    let told = String::from_utf8_lossy(&sent.stdout);
    assert_eq!(told, "parties/kz: changed note\n", "{}", String::from_utf8_lossy(&sent.stderr));
    // The etag in the file is that of before now.
    let late = edit(&suite, "false", &["parties/kz", "--file", path]);
    assert_eq!(late.status.code(), Some(0), "nothing is left to change");
    let text = fs::read_to_string(path).unwrap().replace("Edited", "Late");
    fs::write(path, text).unwrap();
    let late = edit(&suite, "false", &["parties/kz", "--file", path]);
    let errors = String::from_utf8_lossy(&late.stderr);
    assert!(errors.contains("ETAG_MISMATCH"), "{errors}");
}
