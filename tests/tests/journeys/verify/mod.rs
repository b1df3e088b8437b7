//! `registan verify` on the record of a suite that was stopped: it fits; and after each of many
//! tamperings with plain SQL, on both engines, what does not fit is named.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod forger;

use std::process::Command;

use e2e::{Suite, program};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use testkit::Engine;

/// A tampering, in SQL, and the words in which it is told.
const TAMPERINGS: &[(&str, &[&str])] = &[
    (
        "UPDATE party SET document = (SELECT o.document FROM party o WHERE o.uid = party.uid AND o.revision = 2) WHERE name = 'parties/invented' AND revision = 1",
        &["parties/invented, revision 1", "not say what the log committed to"],
    ),
    (
        "UPDATE party SET deleted = TRUE WHERE name = 'parties/invented' AND revision = 2",
        &["parties/invented, revision 2", "not say what the log committed to"],
    ),
    (
        "UPDATE party SET created = created - 1000000 WHERE name = 'parties/invented' AND revision = 1",
        &["parties/invented, revision 1", "not say what the log committed to"],
    ),
    (
        "UPDATE party SET recorded_to = recorded_to + 1 WHERE name = 'parties/invented' AND revision = 1",
        &["parties/invented", "does not end where the next begins"],
    ),
    (
        "UPDATE party SET recorded_from = recorded_from + 1 WHERE name = 'parties/invented' AND revision = 1",
        &["parties/invented, revision 1", "the time"],
    ),
    (
        "UPDATE party SET tier = tier + 1 WHERE name = 'parties/invented' AND revision = 2",
        &["parties/invented, revision 2", "its column tier"],
    ),
    (
        "UPDATE party SET display_name = 'Forged' WHERE name = 'parties/invented' AND revision = 2",
        &["parties/invented, revision 2", "its column display_name"],
    ),
    (
        "DELETE FROM change WHERE time = (SELECT recorded_from FROM party WHERE name = 'parties/invented' AND revision = 1)",
        &["parties/invented, revision 1", "no line in the log", "is missing from the log"],
    ),
    (
        "DELETE FROM party WHERE name = 'parties/invented' AND revision = 1",
        &["parties/invented, revision 1", "the version is gone"],
    ),
    (
        "UPDATE change SET caller = 'somebody-else' WHERE time = (SELECT recorded_from FROM party WHERE name = 'parties/invented' AND revision = 1)",
        &["parties/invented, revision 1", "was altered"],
    ),
    (
        "UPDATE agreement_parties SET value = value || '-x' WHERE uid = (SELECT uid FROM agreement_parties ORDER BY uid LIMIT 1)",
        &["agreements/", "its values of parties are not what its document says"],
    ),
    (
        "UPDATE agreement_status SET value = 'IN_FORCE' WHERE value = 'SIGNED'",
        &["agreements/", "its values of status are not what its document says"],
    ),
    (
        "UPDATE agreement_status SET valid_to = valid_to - 1 WHERE uid = (SELECT uid FROM agreement_status ORDER BY uid LIMIT 1) AND valid_from = 0",
        &["agreements/", "its values of status are not what its document says"],
    ),
    ("UPDATE head SET public = 1", &["the head's time public is before that of the last"]),
    // The year 9999.
    (
        "UPDATE head SET time = 253402300799000000, public = 253402300799000000, restricted = 253402300799000000, confidential = 253402300799000000",
        &["the head's time is 253402300799000000"],
    ),
    ("UPDATE head SET public = time + 1", &["the head's time public is after that of the last"]),
    ("DELETE FROM change WHERE seq = (SELECT MAX(seq) FROM change)", &["parties/last-one"]),
    (
        "DELETE FROM party_words WHERE uid = (SELECT uid FROM party WHERE name = 'parties/last-one');
        DELETE FROM party WHERE name = 'parties/last-one'; DELETE FROM change WHERE seq = (SELECT MAX(seq) FROM change)",
        &["the head says", "cut off"],
    ),
];

/// Takes the last change back without a trace: nothing in the database tells of it any more.
const ROLLED_BACK: &str = "DELETE FROM party_words
    WHERE uid = (SELECT uid FROM party WHERE name = 'parties/last-one');
    DELETE FROM party WHERE name = 'parties/last-one';
    DELETE FROM change WHERE seq = (SELECT MAX(seq) FROM change);
    UPDATE head SET seq = (SELECT MAX(seq) FROM change), time = (SELECT MAX(time) FROM change),
    public = (SELECT MAX(time) FROM change), restricted = (SELECT MAX(time) FROM change),
    confidential = (SELECT MAX(time) FROM change), hash = (SELECT hash FROM change ORDER BY seq DESC LIMIT 1)";

/// The result of a verification.
struct Found {
    fits: bool,
    text: String,
}

impl Found {
    /// The checkpoint it printed.
    fn checkpoint(&self) -> &str {
        assert!(self.fits, "{}", self.text);
        self.text.trim().rsplit_once("checkpoint ").unwrap().1
    }
}

fn verify(url: &str, expect: Option<&str>) -> Found {
    let mut command = Command::new(program("registan").unwrap());
    command.args(["verify", "agreements", "--database-url", url]);
    command.args(expect.iter().flat_map(|checkpoint| ["--expect", *checkpoint]));
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || output.status.code() == Some(1), "{errors}");
    Found {
        fits: output.status.success(),
        text: String::from_utf8_lossy(&output.stdout).into_owned() + &errors,
    }
}

/// The record of an engine, at rest, with a history of its own at the end.
async fn record(engine: Engine) -> Option<(String, Suite, Vec<testkit::Database>)> {
    testkit::tool("grpcurl")?;
    let mut databases = Vec::new();
    let (url, mut suite) = match engine {
        Engine::Sqlite => {
            let suite = Suite::embedded()?;
            (format!("sqlite:{}", suite.folder.path().join("data/agreements.db").display()), suite)
        }
        Engine::Postgres => {
            let (suite, three) = Suite::distributed(engine).await?;
            databases = three;
            (databases[0].url.clone(), suite)
        }
    };
    for (method, request) in [
        (
            "CreateParty",
            r#"{"party_id":"invented","party":{"kind":"KIND_BANK","display_name":"Invented","source":{"citation":"a test"}}}"#,
        ),
        (
            "UpdateParty",
            r#"{"party":{"name":"parties/invented","display_name":"Invented anew"},"update_mask":{"paths":["display_name"]}}"#,
        ),
        (
            "CreateParty",
            r#"{"party_id":"last-one","party":{"kind":"KIND_BANK","display_name":"The last","source":{"citation":"a test"}}}"#,
        ),
    ] {
        suite.ask_as_writer(&format!("agreements.v1.PartyService/{method}"), request).unwrap();
    }
    for process in suite.processes.iter_mut().rev() {
        assert!(process.stop().success());
    }
    Some((url, suite, databases))
}

/// A copy of a database at rest, altered.
async fn altered<F: Future<Output = ()>>(
    url: &str,
    alter: impl FnOnce(DatabaseConnection) -> F,
) -> testkit::Database {
    let copy = testkit::copy(url).await;
    let db = Database::connect(&copy.url).await.unwrap();
    alter(db.clone()).await;
    db.close().await.unwrap();
    copy
}

async fn tampered(url: &str, sql: &str) -> testkit::Database {
    let alter = |db: DatabaseConnection| async move {
        db.execute_unprepared(sql).await.unwrap();
    };
    altered(url, alter).await
}

async fn every_tampering_is_named(engine: Engine) {
    if program("registan").is_none() {
        return;
    }
    let Some((url, _suite, _databases)) = record(engine).await else { return };
    let whole = verify(&url, None);
    let noted = whole.checkpoint();
    assert!(whole.text.starts_with("agreements: "), "{}", whole.text);
    assert!(verify(&url, Some(noted)).fits);

    for (sql, words) in TAMPERINGS {
        let copy = tampered(&url, sql).await;

        let found = verify(&copy.url, None);

        assert!(!found.fits && found.text.contains("was altered outside"), "{sql}");
        for word in *words {
            assert!(found.text.contains(word), "{sql}: {}", found.text);
        }
    }

    let copy = tampered(&url, ROLLED_BACK).await;
    let found = verify(&copy.url, None);
    assert!(found.fits, "nothing inside the database tells of it: {}", found.text);
    let found = verify(&copy.url, Some(noted));
    assert!(!found.fits && found.text.contains("rolled back"), "{}", found.text);
    assert!(found.text.contains("without that, ") && found.text.contains("restored from a backup"));

    let copy = altered(&url, |db| async move { forger::forge(&db).await }).await;
    let found = verify(&copy.url, None);
    assert!(found.fits, "nothing inside the database tells of it: {}", found.text);
    let found = verify(&copy.url, Some(noted));
    assert!(!found.fits && found.text.contains("written anew"), "{}", found.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tampering_is_named_on_sqlite() {
    every_tampering_is_named(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tampering_is_named_on_postgres() {
    every_tampering_is_named(Engine::Postgres).await;
}

#[test]
fn a_record_that_is_not_there_is_not_made() {
    let Some(registan) = program("registan") else { return };
    let folder = tempfile::tempdir().unwrap();

    let output =
        Command::new(registan).args(["verify", "--data-dir"]).arg(folder.path()).output().unwrap();

    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--data-dir"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
