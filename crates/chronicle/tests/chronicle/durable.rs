//! Nothing acknowledged is lost, whatever went wrong before, and writers of several processes do
//! not stop each other.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Thing, call, public, record, thing};
use chronicle::verify::{Kind, verify};
use chronicle::{Chronicle, Entry, Error, ListRequest, database};
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use testkit::Engine;
use tokio::time::{sleep, timeout};

/// Makes the COMMIT of each transaction fail in which `spoiler` writes: a constraint that is looked
/// at only then.
const SPOIL: &str =
    "CREATE TABLE spoilt (one integer REFERENCES head (one) DEFERRABLE INITIALLY DEFERRED)";
const SPOIL_SQLITE: &str = "CREATE TRIGGER spoil AFTER INSERT ON change WHEN NEW.caller = 'spoiler' \
    BEGIN INSERT INTO spoilt VALUES (7); END";
const SPOIL_POSTGRES: [&str; 2] = [
    "CREATE FUNCTION spoil() RETURNS trigger AS $$ BEGIN INSERT INTO spoilt VALUES (7); RETURN NULL; END $$ LANGUAGE plpgsql",
    "CREATE TRIGGER spoil AFTER INSERT ON change FOR EACH ROW WHEN (NEW.caller = 'spoiler') EXECUTE FUNCTION spoil()",
];

async fn spoil(url: &str, record: &Chronicle) {
    let of_engine: &[&str] =
        if url.starts_with("sqlite:") { &[SPOIL_SQLITE] } else { &SPOIL_POSTGRES };
    for statement in [SPOIL].iter().chain(of_engine) {
        record.db.execute_unprepared(statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_failed_commit_takes_no_later_write_with_it() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        spoil(&url, &record).await;
        let mut spoiler = call();
        spoiler.caller = "spoiler".to_owned();
        // More often than there are connections.
        for number in 0..20 {
            let refused = record.create(&spoiler, thing(100 + number, 0)).await;
            assert!(matches!(refused, Err(Error::Database(_))), "{refused:?}");
        }
        for number in 0..5 {
            let stored = record.create(&call(), thing(number, number)).await.unwrap();
            record
                .update(
                    &call(),
                    &stored,
                    Thing { good: !stored.value.good, ..stored.value.clone() },
                )
                .await
                .unwrap();
        }

        // As another process sees it: what is not committed is not there.
        let other = database::open(&url).await.unwrap();
        let found = verify(&other, &[Kind::of::<Thing>()], None, |_| {}).await.unwrap();
        assert_eq!(found.map(|end| end.seq), Ok(10));
    })
    .await;
}

#[tokio::test]
async fn batches_in_opposite_order_do_not_stop_each_other() {
    let Some(database) = testkit::database(Engine::Postgres).await else { return };
    let url = &database.url;
    let first = record(url).await;
    let second = {
        let db = chronicle::database::open(url).await.unwrap();
        Arc::new(Chronicle::open(db, Arc::new(machine::clock::SystemClock)).await.unwrap())
    };
    let mut written = 0;
    for round in 0..15 {
        let numbers: Vec<usize> = (0..150).map(|number| round * 1000 + number).collect();
        let batch = |numbers: &mut dyn Iterator<Item = &usize>| -> Vec<Entry> {
            numbers.map(|number| Entry::create(&thing(*number, 0)).unwrap()).collect()
        };
        let (forwards, backwards) = (batch(&mut numbers.iter()), batch(&mut numbers.iter().rev()));
        let (call, other) = (call(), call());
        let (one, two) =
            tokio::join!(first.record(&call, forwards), second.record(&other, backwards));
        for outcome in [one, two] {
            match outcome {
                Ok(_) => written += 1,
                Err(Error::Busy) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    assert_eq!(written, 15, "of each pair one was first");
    let page = first.list::<Thing>(&ListRequest::default(), &public()).await.unwrap();
    assert!(!page.items.is_empty());
}

/// Longer than the database may take to answer.
const HELD: Duration = Duration::from_secs(33);

#[tokio::test]
async fn a_write_outlasts_a_lock_as_long_as_its_caller_does() {
    let Some(database) = testkit::database(Engine::Postgres).await else { return };
    let record = record(&database.url).await;
    let other = database::open(&database.url).await.unwrap();
    let migration = other.begin().await.unwrap();
    let lock = "LOCK TABLE thing IN ACCESS EXCLUSIVE MODE";
    migration.execute_unprepared(lock).await.unwrap();
    let write = |number| {
        let record = Arc::clone(&record);
        async move { record.create(&call(), thing(number, 0)).await }
    };

    let given_up = timeout(Duration::from_secs(1), write(1)).await;
    let waiting = tokio::spawn(write(2));
    sleep(HELD).await;
    let waited = !waiting.is_finished();
    migration.commit().await.unwrap();

    assert!(given_up.is_err() && waited, "nothing was in the way");
    waiting.await.unwrap().unwrap();
    let found = verify(&other, &[Kind::of::<Thing>()], None, |_| {}).await.unwrap();
    assert_eq!(found.map(|end| end.seq), Ok(1), "nothing is written for a caller that has gone");
}

#[tokio::test]
async fn a_new_file_that_another_writes_is_opened_a_little_later() {
    let fresh = testkit::database(Engine::Sqlite).await.unwrap();
    let other = Database::connect(&fresh.url).await.unwrap();
    other.execute_unprepared("CREATE TABLE page (one integer)").await.unwrap();
    let transaction = other.begin().await.unwrap();
    transaction.execute_unprepared("INSERT INTO page VALUES (1)").await.unwrap();

    let url = fresh.url.clone();
    let opening = tokio::spawn(async move { database::open(&url).await });
    sleep(Duration::from_millis(300)).await;
    let was_open = opening.is_finished();
    transaction.commit().await.unwrap();

    assert!(!was_open, "nothing was in the way");
    opening.await.unwrap().unwrap();
}

/// A backup that is restored over a served file, and a file that is taken away: what is written to
/// the one of before nobody finds.
#[tokio::test]
async fn what_goes_to_a_file_that_left_its_place_is_not_acknowledged() {
    let Some(database) = testkit::database(Engine::Sqlite).await else { return };
    let record = record(&database.url).await;
    record.create(&call(), thing(1, 1)).await.unwrap();
    let path = database::file(&database.url).unwrap();
    let away = path.with_extension("away");

    std::fs::rename(&path, &away).unwrap();
    let gone = record.create(&call(), thing(2, 2)).await;
    std::fs::copy(&away, &path).unwrap();
    let replaced = record.create(&call(), thing(3, 3)).await;
    std::fs::rename(&away, &path).unwrap();
    let back = record.create(&call(), thing(4, 4)).await;

    for refused in [gone, replaced] {
        let error = refused.unwrap_err();
        assert!(error.is_away(), "{error:?}");
    }
    assert!(back.is_ok(), "{back:?}");
}
