//! A token and a suite must be of one data folder: what does not fit says which folder is meant.

use std::path::Path;
use std::process::{Command, Output};

use e2e::{Suite, grpcurl, program};

fn token(folder: &Path, more: &[&str]) -> Option<Output> {
    let mut command = Command::new(program("registan")?);
    command
        .args(["token", "--role", "editor", "--desk", "kz", "--data-dir"])
        .arg(folder)
        .args(more);
    Some(command.output().expect("it starts"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A key was made wherever the command happened to run, and no suite took its tokens.
#[test]
fn a_folder_that_is_no_suites_gets_no_key_unless_told_so() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("data");

    let Some(refused) = token(&folder, &[]) else { return };
    let errors = text(&refused.stderr);
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{errors}");
    assert!(errors.contains(&folder.display().to_string()), "{errors}");
    assert!(errors.contains("--new-key") && errors.contains("--data-dir"), "{errors}");
    assert!(!folder.exists(), "nothing was made");

    let made = token(&folder, &["--new-key"]).unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let again = token(&folder, &[]).unwrap();
    assert!(again.status.success(), "the key is there now: {}", text(&again.stderr));
}

#[test]
fn a_relative_folder_is_named_from_the_root() {
    let outer = tempfile::tempdir().unwrap();
    let Some(registan) = program("registan") else { return };
    for arguments in
        [&["token", "--role", "editor", "--desk", "kz"][..], &["verify"], &["log", "agreements"]]
    {
        let mut command = Command::new(&registan);
        let output = command.args(arguments).current_dir(outer.path()).output().unwrap();
        let errors = text(&output.stderr);

        let folder = outer.path().canonicalize().unwrap().join("registan-data");
        assert!(!output.status.success(), "{arguments:?}");
        assert!(errors.contains(&folder.display().to_string()), "{arguments:?}: {errors}");
    }
}

/// A token by the key of another folder is the likeliest mistake on a machine of one's own.
#[test]
fn a_suite_names_its_folder_when_a_token_is_of_another() {
    let Some(suite) = Suite::embedded() else { return };
    let other = tempfile::tempdir().unwrap();
    let signed = token(other.path(), &["--new-key"]).unwrap();
    let signed = text(&signed.stdout);

    let refusal = grpcurl(
        suite.address,
        Some(signed.trim()),
        "agreements.v1.PartyService/GetParty",
        r#"{"name": "parties/kz"}"#,
    );

    let refusal = refusal.unwrap_err();
    let folder = suite.folder.path().join("data").display().to_string();
    assert_eq!(refusal.code, "Unauthenticated", "{}", refusal.text);
    assert!(refusal.text.contains(&folder), "{}", refusal.text);
    assert!(refusal.text.contains("registan token"), "{}", refusal.text);
}
