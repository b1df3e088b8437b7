//! The thirty briefs of docs/briefs.md, worked out again in another language, of one process on
//! SQLite and of four on PostgreSQL.

use std::path::Path;
use std::process::Command;

use e2e::Suite;
use testkit::Engine;

/// Runs the client that works briefs out again; returns how many checks it made.
fn checked(suite: &Suite) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let grpcurl = testkit::tool("grpcurl").expect("grpcurl is there");
    let mut command = Command::new(testkit::tool("python3").expect("python is there"));
    command.arg(folder.join("clients/briefs.py")).arg(suite.address.to_string());
    command.arg(grpcurl).arg(folder.join("..")).env("REGISTAN_TOKEN", suite.token());
    let output = command.output().expect("python runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong: Vec<_> = text.lines().filter(|line| !line.starts_with("ok")).collect();
    assert!(
        output.status.success(),
        "{}{}",
        wrong.join("\n"),
        String::from_utf8_lossy(&output.stderr)
    );
    text.lines().filter(|line| line.starts_with("ok")).count()
}

fn has_tools() -> bool {
    testkit::tool("python3").is_some() && testkit::tool("grpcurl").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_briefs_are_as_worked_out_by_hand_and_in_another_language() {
    if !has_tools() {
        return;
    }
    let Some(suite) = Suite::embedded() else { return };

    assert!(checked(&suite) >= 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_briefs_of_four_processes_on_postgres_are_the_same() {
    if !has_tools() {
        return;
    }
    let Some((suite, _databases)) = Suite::distributed(Engine::Postgres).await else { return };

    assert!(checked(&suite) >= 300);
}
