//! The databases that the test kit gives to a test.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{ConnectionTrait, Database};

#[tokio::test]
async fn a_test_runs_on_each_engine_in_an_empty_database() {
    testkit::on_both(|url| async move {
        let database = Database::connect(&url).await.expect("it is there");

        let made = database.execute_unprepared("CREATE TABLE things (id bigint)").await;

        made.expect("it is empty");
        database.close().await.expect("it closes");
    })
    .await;
}

#[tokio::test]
async fn no_two_tests_share_a_database() {
    for engine in [testkit::Engine::Sqlite, testkit::Engine::Postgres] {
        let first = testkit::database(engine).await;
        let second = testkit::database(engine).await;

        let (Some(first), Some(second)) = (first, second) else { return };
        assert_ne!(first.url, second.url);
    }
}

#[tokio::test]
async fn a_database_is_gone_with_its_value() {
    for engine in [testkit::Engine::Sqlite, testkit::Engine::Postgres] {
        let Some(database) = testkit::database(engine).await else { return };
        let url = database.url.replace("mode=rwc", "mode=rw");
        // Somebody is connected still.
        let there = Database::connect(&database.url).await.expect("it is there");

        drop(database);

        assert!(Database::connect(&url).await.is_err(), "{url}");
        drop(there);
    }
}

#[tokio::test]
async fn text_is_in_the_order_of_its_bytes_on_each_engine() {
    testkit::on_both(|url| async move {
        let database = Database::connect(&url).await.expect("it is there");
        let things = "SELECT 'a' AS word UNION SELECT 'B' UNION SELECT 'Ф' ORDER BY word";
        let statement = sea_orm::Statement::from_string(database.get_database_backend(), things);

        let rows = database.query_all_raw(statement).await.expect("it answers");

        let words: Vec<String> =
            rows.iter().map(|row| row.try_get("", "word").expect("a word")).collect();
        assert_eq!(words, ["B", "a", "Ф"]);
        database.close().await.expect("it closes");
    })
    .await;
}

#[test]
fn the_clients_run() {
    let grpcurl = testkit::tool("grpcurl").map(|grpcurl| (grpcurl, vec!["-version"]));
    let imports = "import grpc, grpc_reflection.v1alpha.reflection, grpc_status.rpc_status";
    let python = testkit::tool("python3").map(|python| (python, vec!["-c", imports]));

    for (program, arguments) in grpcurl.into_iter().chain(python) {
        let output = Command::new(&program).args(arguments).output().expect("it starts");
        assert!(output.status.success(), "{}: {output:?}", program.display());
    }
}

#[tokio::test]
async fn a_model_is_made_once_and_every_test_has_a_copy_of_its_own() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    static MODEL: testkit::Model = testkit::Model::made_by(|url| {
        Box::pin(async move {
            MADE.fetch_add(1, Ordering::SeqCst);
            let database = Database::connect(&url).await.expect("it is there");
            database.execute_unprepared("CREATE TABLE things (id bigint)").await.expect("made");
            database.close().await.expect("it closes");
        })
    });

    for _ in 0..2 {
        MODEL
            .on_both(|url| async move {
                let database = Database::connect(&url).await.expect("it is there");
                let insert = "INSERT INTO things SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM things)";
                let done = database.execute_unprepared(insert).await.expect("the table is there");
                assert_eq!(done.rows_affected(), 1, "it is not that of another test");
                database.close().await.expect("it closes");
            })
            .await;
    }

    let engines = 1 + usize::from(testkit::database(testkit::Engine::Postgres).await.is_some());
    assert_eq!(MADE.load(Ordering::SeqCst), engines);
}
