//! A record that was altered behind its back is found out, and the first alteration is named.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::common::{Thing, call, record, thing};
use chronicle::verify::{Checkpoint, Finding, Kind, verify};
use chronicle::{Chronicle, database};
use sea_orm::{ConnectionTrait, DatabaseConnection};

async fn checked(db: &DatabaseConnection, passes: Option<&Checkpoint>) -> Finding {
    verify(db, &[Kind::of::<Thing>()], passes, |_| {}).await.unwrap()
}

/// Things with several versions each.
async fn filled(url: &str) -> std::sync::Arc<Chronicle> {
    let record = record(url).await;
    for who in 0..6 {
        let mut stored = record.create(&call(), thing(who, who)).await.unwrap();
        for number in 1..4 {
            let next = crate::common::Thing {
                name: stored.value.name.clone(),
                ..thing(who, who + number)
            };
            stored = record.update(&call(), &stored, next).await.unwrap();
        }
        if who % 2 == 0 {
            stored = record.delete(&call(), stored.into_stored()).await.unwrap();
            record.undelete(&call(), stored.into_stored()).await.unwrap();
        }
    }
    record
}

/// Alterations of the database, each with a word of the fault that is found.
const ALTERATIONS: [(&str, &str); 25] = [
    (
        "UPDATE thing SET document = (SELECT o.document FROM thing o WHERE o.uid = thing.uid AND o.revision = 1) WHERE revision = 2",
        "revision 2",
    ),
    (
        "UPDATE thing SET name = 'things/other' WHERE name = 'things/t3' AND revision = 1",
        "committed",
    ),
    (
        "UPDATE thing SET deleted = NOT deleted WHERE name = 'things/t2' AND revision = 3",
        "revision 3",
    ),
    ("UPDATE thing SET tier = 4 WHERE name = 'things/t1' AND revision = 4", "column tier"),
    ("UPDATE thing SET desks = 3 WHERE name = 'things/t1' AND revision = 4", "column desks"),
    ("UPDATE thing SET title = 'zzz' WHERE name = 'things/t5' AND revision = 1", "column title"),
    (
        "UPDATE thing SET recorded_to = recorded_from + 1 WHERE name = 'things/t1' AND revision = 4",
        "end",
    ),
    (
        "UPDATE thing SET recorded_from = recorded_from + 1 WHERE name = 'things/t1' AND revision = 4",
        "time",
    ),
    ("DELETE FROM thing WHERE name = 'things/t4' AND revision = 2", "gone"),
    ("DELETE FROM change WHERE seq = 7", "change 7 is missing"),
    ("UPDATE change SET caller = 'somebody else' WHERE seq = 9", "change 9"),
    ("UPDATE change SET time = time + 1 WHERE seq = 5", "change 5"),
    ("UPDATE change SET commitment = 'forged' WHERE seq = 11", "change 11"),
    ("UPDATE head SET hash = 'forged'", "head"),
    ("UPDATE head SET public = 0", "the head's time public"),
    // The year 9999: a watcher from there misses all that is written until then.
    ("UPDATE head SET time = 253402300799000000", "the head's time is 253402300799000000"),
    ("UPDATE head SET time = time - 1", "the head's time is"),
    (
        "UPDATE head SET public = 253402300799000000",
        "the head's time public is after that of the last change to be noticed",
    ),
    ("UPDATE head SET confidential = time + 1", "the head's time confidential is after"),
    (
        "DELETE FROM thing_tags WHERE value = 'tag-0' AND uid = (SELECT uid FROM thing WHERE name = 'things/t1' AND revision = 1)",
        "things/t1, revision 1 (change 7): its values of tags",
    ),
    ("UPDATE thing_tags SET value = 'tag-9' WHERE value = 'tag-2'", "values of tags"),
    (
        "UPDATE thing_tags SET recorded_to = recorded_to - 1 WHERE recorded_to < 9223372036854775807",
        "ends",
    ),
    ("UPDATE thing_phase SET valid_to = valid_to + 1 WHERE value = 'EARLY'", "values of phase"),
    ("UPDATE thing_phase SET value = 'OPEN' WHERE value = 'UNKNOWN'", "values of phase"),
    ("DELETE FROM thing_phase WHERE value = 'CLOSED'", "values of phase"),
];

#[tokio::test]
async fn every_alteration_is_found_and_named() {
    for (statement, word) in ALTERATIONS {
        testkit::on_both(|url| async move {
            let record = filled(&url).await;
            assert!(checked(&record.db, None).await.is_ok(), "false alarm");

            record.db.execute_unprepared(statement).await.unwrap();

            let found = checked(&record.db, None).await.expect_err(statement);
            assert!(found.contains(word), "{statement}: {found}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_log_that_was_cut_or_written_anew_is_found_by_a_noted_checkpoint() {
    testkit::on_both(|url| async move {
        let record = filled(&url).await;
        let noted = checked(&record.db, None).await.unwrap();
        record.create(&call(), thing(9, 9)).await.unwrap();
        let later = checked(&record.db, Some(&noted)).await.unwrap();
        assert_eq!(later.seq, noted.seq + 1);

        let other = Checkpoint { hash: "0".repeat(64), ..noted.clone() };
        assert!(checked(&record.db, Some(&other)).await.unwrap_err().contains("written anew"));
        // Everything of the last change is taken back, the head too: nothing within the record
        // tells.
        let cut = [
            "DELETE FROM thing_tags WHERE uid = (SELECT uid FROM thing WHERE name = 'things/t9')"
                .to_owned(),
            "DELETE FROM thing_phase WHERE uid = (SELECT uid FROM thing WHERE name = 'things/t9')"
                .to_owned(),
            "DELETE FROM thing WHERE name = 'things/t9'".to_owned(),
            format!("DELETE FROM change WHERE seq = {}", later.seq),
            format!("UPDATE head SET seq = {}, hash = '{}'", noted.seq, noted.hash),
            "UPDATE head SET time = (SELECT MAX(time) FROM change)".to_owned(),
            "UPDATE head SET public = time, restricted = time, confidential = time".to_owned(),
        ];
        for statement in cut {
            record.db.execute_unprepared(&statement).await.unwrap();
        }
        assert!(checked(&record.db, None).await.is_ok());
        assert!(checked(&record.db, Some(&later)).await.unwrap_err().contains("rolled back"));
    })
    .await;
}

#[tokio::test]
async fn a_record_of_before_the_chain_is_brought_up_and_holds() {
    use chronicle::schema::Schema;
    use sea_orm_migration::SchemaManager;
    testkit::on_both(|url| async move {
        let record = filled(&url).await;
        drop(record);
        let db = database::open(&url).await.unwrap();
        // As the first edition had them.
        for (table, column) in [
            ("thing", "salt"),
            ("thing", "desks"),
            ("change", "commitment"),
            ("change", "hash"),
            ("change", "method"),
            ("head", "hash"),
            ("head", "public"),
            ("head", "restricted"),
            ("head", "confidential"),
        ] {
            let statement = format!("ALTER TABLE {table} DROP COLUMN {column}");
            db.execute_unprepared(&statement).await.unwrap();
        }
        // A connection of SQLite that has not asked since would know the columns still, and not let
        // them be added.
        db.close().await.unwrap();
        let db = database::open(&url).await.unwrap();

        let schema = Schema::service().with::<Thing>();
        schema.apply(&SchemaManager::new(&db)).await.unwrap();
        schema.apply(&SchemaManager::new(&db)).await.unwrap();

        checked(&db, None).await.unwrap();
        let clock = std::sync::Arc::new(machine::clock::SystemClock);
        let record = Chronicle::open(db, clock).await.unwrap();
        let stored = record.standing::<Thing>("things/t1", &crate::common::public()).await.unwrap();
        record
            .update(
                &call(),
                &stored,
                Thing { colour: 0, title: "next".to_owned(), ..stored.value.clone() },
            )
            .await
            .unwrap();
        checked(&record.db, None).await.unwrap();
    })
    .await;
}
