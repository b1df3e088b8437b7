//! Sums that are read from totals are those of the transactions: at the instant of the answer they
//! are asked for again, which reads each transaction.

use std::sync::{Arc, Mutex};

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::projects::v1::{
    DeleteProjectRequest, DeleteTransactionRequest, ListTransactionsRequest, Project,
    SumTransactionsRequest, SumTransactionsResponse, Transaction, UndeleteTransactionRequest,
    UpdateProjectRequest, UpdateTransactionRequest, project,
};
use api::registan::r#type::v1::Date;
use chassis::client::Connection;
use chassis::clock::SystemClock;
use chronicle::verify::{Finding, verify};
use chronicle::{Chronicle, Reader};
use policy::{Desks, Tier};
use projects::store::{Apart, Selection, groups};
use sea_orm::{ConnectionTrait, Database, Statement};
use uuid::Uuid;

use crate::import::{FIRST, file, imported, paid};
use crate::support::{
    Running, country, database, disbursement, on_both, project, reason, sector, serve,
};

/// Transactions of the first import: more than the totals wait for.
const MANY: usize = 1_300;

fn many(count: usize) -> String {
    let one = |place: usize| {
        let (month, day) = (place % 12 + 1, place % 28 + 1);
        paid(&format!("{place}.25"), &format!("2023-{month:02}-{day:02}"))
    };
    file(&(0..count).map(one).collect::<String>())
}

fn questions() -> Vec<SumTransactionsRequest> {
    let by = |dimensions: &[Dimension], filter: &str| SumTransactionsRequest {
        group_by: dimensions.iter().map(|it| (*it).into()).collect(),
        filter: filter.to_owned(),
        ..SumTransactionsRequest::default()
    };
    let project_kinds = vec![project::Kind::Project.into()];
    vec![
        by(&[], ""),
        by(&[Dimension::Year, Dimension::Recipient], "date <= \"2023-06-15\""),
        by(&[Dimension::Project, Dimension::Sector], "NOT type = EXPENDITURE AND currency = EUR"),
        by(&[Dimension::Participant], "project = \"projects/hand\" OR year = 2023"),
        by(&[], "receiver = \"KG-WATER\""),
        by(&[Dimension::Agreement, Dimension::Priority], ""),
        SumTransactionsRequest { project_filter: "recipients:TJ".to_owned(), ..by(&[], "") },
        SumTransactionsRequest { recipients: vec!["KG".to_owned()], project_kinds, ..by(&[], "") },
    ]
}

/// Asks now, and at the instant of the answer.
async fn compare(client: &mut TransactionServiceClient<Connection>, when: &str) {
    for question in questions() {
        let now = match client.sum_transactions(question.clone()).await {
            Ok(now) => now.into_inner(),
            Err(refusal) => {
                assert_eq!(reason(&refusal), "FILTER_NAMES_NOTHING", "{when}: {question:?}");
                continue;
            }
        };
        let then = SumTransactionsRequest { read_time: now.read_time, ..question.clone() };
        let then = client.sum_transactions(then).await.unwrap().into_inner();
        let SumTransactionsResponse { sums, left_out, .. } = now;
        assert_eq!((sums, left_out), (then.sums, then.left_out), "{when}: {question:?}");
    }
}

async fn compare_for_all(running: &mut Running, when: &str) {
    compare(&mut running.transactions, when).await;
    let desks = Desks::of_country("TJ");
    compare(&mut running.editor(desks, Tier::Confidential).transactions, when).await;
    compare(&mut running.editor(Desks::NONE, Tier::Public).transactions, when).await;
}

async fn update(running: &mut Running, transaction: Transaction) {
    let transaction = Some(transaction);
    let request = UpdateTransactionRequest { transaction, ..UpdateTransactionRequest::default() };
    running.transactions.update_transaction(request).await.unwrap();
}

/// Ten transactions of a project that was recorded by hand: some moved, hidden, deleted and brought
/// back.
async fn edit(running: &mut Running) {
    let mut hand = project("By hand");
    hand.recipients = vec![country("TJ", "70"), country("KG", "30")];
    running.create_project("hand", hand).await;
    for number in 0..10 {
        let one = disbursement(&format!("999999999.{number}"), number + 1);
        let name = running.create_transaction("projects/hand", one).await.name;
        let blank = Transaction { name: name.clone(), ..Transaction::default() };
        match number {
            0 | 1 => {
                let date = Some(Date { year: 2024, month: 2, day: 2 });
                update(running, Transaction { date, ..blank }).await;
            }
            2 => {
                let tier = WireTier::Confidential.into();
                update(running, Transaction { tier, ..blank }).await;
            }
            3..6 => {
                let delete = DeleteTransactionRequest { name: name.clone(), ..Default::default() };
                running.transactions.delete_transaction(delete).await.unwrap();
            }
            _ => {}
        }
        if number == 3 {
            let undelete = UndeleteTransactionRequest { name, ..Default::default() };
            running.transactions.undelete_transaction(undelete).await.unwrap();
        }
    }
}

async fn verified(url: &str) -> Finding {
    let db = chronicle::database::open(url).await.unwrap();
    verify(&db, &projects::store::kinds(), None, |_| ()).await.unwrap()
}

#[tokio::test]
async fn sums_of_totals_are_those_of_the_transactions() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        compare_for_all(&mut running, "nothing").await;
        running.import(many(MANY).as_bytes()).await;
        compare_for_all(&mut running, "an import").await;
        edit(&mut running).await;
        compare_for_all(&mut running, "single writes").await;
        running.import(many(150).as_bytes()).await;
        compare_for_all(&mut running, "an import that deletes").await;

        let water = imported(&mut running).await.into_iter().find(|it| it.title == "Clean water");
        let hidden = UpdateProjectRequest {
            project: Some(Project { tier: WireTier::Restricted.into(), ..water.unwrap() }),
            ..UpdateProjectRequest::default()
        };
        running.projects.update_project(hidden).await.unwrap();
        compare_for_all(&mut running, "a project that is hidden").await;
        let (name, force) = ("projects/hand".to_owned(), true);
        let gone = DeleteProjectRequest { name, force, ..DeleteProjectRequest::default() };
        running.projects.delete_project(gone).await.unwrap();
        compare_for_all(&mut running, "a project that is deleted").await;

        verified(&url).await.unwrap();
        let whole = running.sums(SumTransactionsRequest::default()).await;
        let db = Database::connect(&url).await.unwrap();
        let place = |sign: &str| format!("UPDATE totals_at SET time = time {sign} 1000000000000");
        db.execute_unprepared(&place("+")).await.unwrap();
        let found = verified(&url).await.unwrap_err();
        assert_eq!(found, "the totals of transaction stand after the last change");
        db.execute_unprepared(&place("-")).await.unwrap();
        let shift = "UPDATE transaction_total SET units = units + 1 WHERE counted > 0";
        db.execute_unprepared(shift).await.unwrap();
        let found = verified(&url).await.unwrap_err();
        assert!(found.starts_with("a total of transaction, of project projects/"), "{found}");
        let shifted = running.sums(SumTransactionsRequest::default()).await;
        assert_ne!(shifted, whole, "it was not read from the totals");
    })
    .await;
}

#[tokio::test]
async fn a_record_of_before_gets_its_totals() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(many(30).as_bytes()).await;
        let whole = running.sums(SumTransactionsRequest::default()).await;
        drop(running);
        let db = Database::connect(&url).await.unwrap();
        for statement in [
            "DROP TABLE transaction_total",
            "DROP TABLE totals_at",
            "DELETE FROM seaql_migrations WHERE version LIKE '%keep_totals'",
        ] {
            db.execute_unprepared(statement).await.unwrap();
        }
        drop(db);

        let mut running = serve(&url).await;

        verified(&url).await.unwrap();
        assert_eq!(running.sums(SumTransactionsRequest::default()).await, whole);
        compare(&mut running.transactions, "after the migration").await;
        let all = ListTransactionsRequest { parent: "projects/-".to_owned(), ..Default::default() };
        assert!(running.transactions.list_transactions(all).await.is_ok());
    })
    .await;
}

/// A code of as many bytes as it may have, which no database can keep in fewer.
fn long_code() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[tokio::test]
async fn shares_that_are_too_long_for_an_index_are_summed() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("hand", project("By hand")).await;
        let mut long = disbursement("100", 1);
        long.sectors = (0..50).map(|_| sector(&long_code(), "2")).collect();
        running.create_transaction("projects/hand", disbursement("1", 2)).await;
        let name = running.create_transaction("projects/hand", long).await.name;
        drop(running);

        // The first write of a process takes the totals forward.
        let mut running = serve(&url).await;
        running.create_transaction("projects/hand", disbursement("10", 3)).await;

        compare(&mut running.transactions, "a long list of sectors").await;
        let delete = DeleteTransactionRequest { name, ..Default::default() };
        running.transactions.delete_transaction(delete).await.unwrap();
        drop(running);
        let mut running = serve(&url).await;
        running.create_transaction("projects/hand", disbursement("10", 4)).await;
        compare(&mut running.transactions, "it is gone").await;
        verified(&url).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn totals_of_before_that_told_less_apart_are_made_anew() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(many(30).as_bytes()).await;
        let whole = running.sums(SumTransactionsRequest::default()).await;
        drop(running);
        let db = Database::connect(&url).await.unwrap();
        for statement in [
            "DROP TABLE transaction_total",
            "CREATE TABLE transaction_total (project text PRIMARY KEY, counted bigint NOT NULL)",
            "DELETE FROM seaql_migrations WHERE version LIKE '%keep_totals'",
        ] {
            db.execute_unprepared(statement).await.unwrap();
        }
        drop(db);

        let mut running = serve(&url).await;

        running.create_project("hand", project("By hand")).await;
        assert_eq!(running.sums(SumTransactionsRequest::default()).await, whole);
        running.create_transaction("projects/hand", disbursement("1", 2)).await;
        compare(&mut running.transactions, "after the migration").await;
        verified(&url).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_processes_take_the_totals_forward() {
    let Some(database) = database(testkit::Engine::Postgres).await else { return };
    let url = &database.url;
    let (mut one, mut other) = (serve(url).await, serve(url).await);
    let some = many(MANY);
    let more = some.replace(FIRST, "XI-IATI-TEST-TWO");

    tokio::join!(one.import(some.as_bytes()), other.import(more.as_bytes()));

    compare(&mut one.transactions, "two imports at once").await;
    verified(url).await.unwrap();
}

/// The steps of SQLite for the sums of a brief.
async fn steps(url: &str) -> String {
    let asked: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let keeper = Arc::clone(&asked);
    let mut db = chronicle::database::open(url).await.unwrap();
    db.set_metric_callback(move |info| keeper.lock().unwrap().push(info.statement.clone()));
    let record = Chronicle::open(db, Arc::new(SystemClock)).await.unwrap();
    let filter = "date <= \"2026-11-28\"";
    let selection =
        Selection { filter, project_filter: "", kinds: &[], is_of_families: false, names: None };
    let apart = Apart { years: true, shares: true, ..Apart::default() };
    groups(&record, selection, apart, None, &Reader::public()).await.unwrap();
    let mut statement = asked.lock().unwrap().pop().unwrap();
    statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
    let rows = record.db.query_all_raw(statement).await.unwrap();
    let steps = rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap());
    steps.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_sums_of_a_brief_look_only_at_the_transactions_written_since() {
    let Some(database) = database(testkit::Engine::Sqlite).await else { return };
    let _running = serve(&database.url).await;

    let steps = steps(&database.url).await;

    let of_transactions = steps.lines().filter(|step| step.contains("INDEX transaction_"));
    assert_eq!(of_transactions.count(), 0, "{steps}");
    let by_key = "SEARCH v USING INDEX sqlite_autoindex_transaction_1 (uid=? AND revision=?)";
    assert_eq!(steps.matches(by_key).count(), 2, "{steps}");
    // The summands, of which each row is one that was found.
    assert_eq!(steps.lines().filter(|step| *step == "SCAN v").count(), 1, "{steps}");
}
