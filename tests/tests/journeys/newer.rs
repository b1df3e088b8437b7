//! A database that a later version has migrated: this version serves it and all its commands take
//! it, unless the name of a migration says that no older version can.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

use chronicle::schema::BREAKS_OLDER;
use e2e::{Process, free_address, program};
use sea_orm::{ConnectionTrait, Database};
use testkit::Engine;

/// A migration of a later version.
const LATER: &str = "m20991231_000001_of_a_later_version";

async fn execute(url: &str, statement: &str) {
    let db = Database::connect(url).await.unwrap();
    db.execute_unprepared(statement).await.unwrap();
    db.close().await.unwrap();
}

async fn apply(url: &str, migration: &str) {
    let row = format!("INSERT INTO seaql_migrations VALUES ('{migration}', 0)");
    execute(url, &row).await;
}

/// Runs a command on the database of a service: all it printed, or its error.
fn run(name: &str, arguments: &[&str], url: &str) -> Result<String, String> {
    let mut command = Command::new(program("registan").unwrap());
    command.arg(name).args(arguments).args(["--database-url", url]);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// Serves the database, stops, and returns the log.
fn serve(url: &str, folder: &Path) -> String {
    let address = free_address();
    let mut command = Command::new(program("registan").unwrap());
    command.args(["serve", "agreements", "--database-url", url, "--data-dir"]).arg(folder);
    command.args(["--listen", &address.to_string()]);
    let mut process = Process::start(&mut command, &folder.join("log"));
    process.wait_for(address);
    assert!(process.stop().success(), "{}", process.logged());
    process.logged()
}

/// Once no process could start after a migration but those of the version that made it.
#[tokio::test]
async fn a_database_of_a_later_version_is_served_and_every_command_takes_it() {
    if program("registan").is_none() {
        return;
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = testkit::database(engine).await else { return };
        let Some(restored) = testkit::database(engine).await else { return };
        let (folder, url) = (tempfile::tempdir().unwrap(), &*database.url);
        let data = folder.path().to_str().unwrap();
        let backup = folder.path().join("backup").display().to_string();
        run("migrate", &["agreements"], url).unwrap();
        apply(url, LATER).await;

        let migrated = run("migrate", &["agreements"], url).unwrap();
        assert!(migrated.contains("agreements: 0 migrations ran"), "{migrated}");
        assert!(migrated.contains(LATER), "{migrated}");
        let logged = serve(url, folder.path());
        assert!(logged.contains("by a later version") && logged.contains(LATER), "{logged}");
        let examined = run("doctor", &["agreements", "--listen", "127.0.0.1:0"], url).unwrap();
        let warning = examined.lines().find(|line| line.contains(LATER)).unwrap();
        assert!(warning.starts_with("warning"), "{examined}");
        let subject = "https://login.example.org#ainura";
        run("appoint", &[subject, "--data-dir", data], url).unwrap();
        run("backup", &[&backup, "agreements"], url).unwrap();
        run("restore", &[&backup, "agreements"], &restored.url).unwrap();
        let fits = run("verify", &["agreements"], &restored.url).unwrap();
        assert!(fits.contains("changes fit"), "{fits}");
    }
}

#[tokio::test]
async fn migrations_run_beside_those_of_a_later_version_and_not_beside_those_of_another_service() {
    if program("registan").is_none() {
        return;
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = testkit::database(engine).await else { return };
        let url = &*database.url;
        run("migrate", &["agreements"], url).unwrap();
        apply(url, LATER).await;
        let newest = "SELECT MAX(version) FROM seaql_migrations WHERE version NOT LIKE '%later%'";
        execute(url, &format!("DELETE FROM seaql_migrations WHERE version = ({newest})")).await;

        let older = run("verify", &["agreements"], url).unwrap_err();
        assert!(older.contains("registan migrate agreements"), "{older}");
        let migrated = run("migrate", &["agreements"], url).unwrap();
        assert!(migrated.contains("agreements: 1 migrations ran"), "{migrated}");
        run("verify", &["agreements"], url).unwrap();

        let other = run("migrate", &["projects"], url).unwrap_err();
        assert!(other.contains("no table of projects"), "{other}");
        run("verify", &["agreements"], url).unwrap();
    }
}

#[tokio::test]
async fn a_migration_that_no_older_version_can_live_with_says_so_by_its_name() {
    let Some(registan) = program("registan") else { return };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = testkit::database(engine).await else { return };
        let (folder, url) = (tempfile::tempdir().unwrap(), &*database.url);
        run("migrate", &["agreements"], url).unwrap();
        let breaking = format!("{LATER}{BREAKS_OLDER}");
        apply(url, &breaking).await;

        for command in ["migrate", "verify", "doctor"] {
            let refused = run(command, &["agreements"], url).unwrap_err();
            assert!(refused.contains(&breaking), "{command}: {refused}");
        }
        let mut serve = Command::new(&registan);
        serve.args(["serve", "agreements", "--listen", "127.0.0.1:0", "--database-url", url]);
        let served = serve.arg("--data-dir").arg(folder.path()).output().unwrap();
        assert!(String::from_utf8_lossy(&served.stderr).contains(&breaking), "{served:?}");
    }
}
