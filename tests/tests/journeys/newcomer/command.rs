//! Runs the command as a newcomer types it, against a suite.

use std::process::{Command, Output};

use e2e::{Suite, program};
use serde_json::Value;

/// Runs a command against the suite, without a token but the one it may sign itself.
pub fn registan(suite: &Suite, arguments: &[&str]) -> Output {
    let mut command = Command::new(program("registan").unwrap());
    command.args(arguments).args(["--gateway", &format!("http://{}", suite.address)]);
    command.arg("--data-dir").arg(suite.folder.path().join("data"));
    command.env_remove("REGISTAN_TOKEN").output().unwrap()
}

/// The output of a command that must succeed.
pub fn printed(suite: &Suite, arguments: &[&str]) -> String {
    let output = registan(suite, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one line of a command that must fail.
pub fn refused(suite: &Suite, arguments: &[&str]) -> String {
    let output = registan(suite, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && errors.lines().count() == 1, "{arguments:?}: {errors}");
    errors
}

/// The same, read as JSON.
pub fn json(suite: &Suite, arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(suite, arguments)).unwrap()
}
