//! How many statements a read takes: always the same number, whatever the page size; and by which
//! way SQLite, which keeps no statistics, finds its rows.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::common::{Thing, call, public, record, thing};
use chronicle::{At, Chronicle, Entry, ListRequest};
use machine::clock::SystemClock;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use testkit::{Engine, database};

#[tokio::test]
async fn a_get_and_a_page_of_any_size_are_one_statement_each() {
    testkit::on_both(|url| async move {
        let writer = record(&url).await;
        for number in 0..60 {
            writer.create(&call(), thing(number, number)).await.unwrap();
        }
        let statements = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&statements);
        let count = move |_: &Statement| {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let reader = noted(&url, count).await;
        statements.store(0, Ordering::Relaxed);

        reader.get::<Thing>("things/t7", At::Now, &public()).await.unwrap();
        assert_eq!(statements.swap(0, Ordering::Relaxed), 1);
        for page_size in [1, 50, 1000] {
            let request = ListRequest {
                filter: "tags:\"tag-0\" OR good = true".to_owned(),
                order_by: "title desc".to_owned(),
                page_size,
                ..ListRequest::default()
            };
            reader.list::<Thing>(&request, &public()).await.unwrap();
            assert_eq!(statements.swap(0, Ordering::Relaxed), 1, "a page of {page_size}");
        }
        // Where there is no row to tell the head, it is asked for with them again.
        let none =
            ListRequest { filter: "title = \"nobody\"".to_owned(), ..ListRequest::default() };
        let empty = reader.list::<Thing>(&none, &public()).await.unwrap();
        assert_eq!(statements.swap(0, Ordering::Relaxed), 2, "an empty page");
        let page = reader.list::<Thing>(&ListRequest::default(), &public()).await.unwrap();
        assert_eq!((empty.items.len(), empty.read_time), (0, page.read_time));
    })
    .await;
}

#[tokio::test]
async fn an_instant_is_asked_for_as_now_while_it_is() {
    testkit::on_both(|url| async move {
        let writer = record(&url).await;
        for number in 0..4 {
            writer.create(&call(), thing(number, number)).await.unwrap();
        }
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let keeper = Arc::clone(&asked);
        let keep = move |statement: &Statement| keeper.lock().unwrap().push(statement.sql.clone());
        let reader = noted(&url, keep).await;
        let first = ListRequest { page_size: 2, ..ListRequest::default() };
        let page = reader.list::<Thing>(&first, &public()).await.unwrap();
        let pinned = ListRequest { read_time: Some(page.read_time), ..ListRequest::default() };
        let next = ListRequest { page_token: page.next_page_token.clone(), ..first };
        let of_the_past = |asked: &Mutex<Vec<String>>| {
            let asked = std::mem::take(&mut *asked.lock().unwrap());
            let is_past = |sql: &String| sql.contains(r#""recorded_to" > "#);
            let from_things = asked.iter().filter(|sql| sql.contains(r#"FROM "thing""#));
            from_things.map(is_past).collect::<Vec<_>>()
        };
        // Asked once: what was recorded first.
        reader.at(Some(page.read_time), &public()).await.unwrap();
        of_the_past(&asked);

        let all = reader.list::<Thing>(&pinned, &public()).await.unwrap();
        let rest = reader.list::<Thing>(&next, &public()).await.unwrap();
        assert_eq!(of_the_past(&asked), [false, false]);
        assert_eq!((all.items.len(), rest.items.len()), (4, 2));

        // Another process has written: the answers are the same.
        writer.create(&call(), thing(9, 9)).await.unwrap();
        let again = reader.list::<Thing>(&pinned, &public()).await.unwrap();
        assert_eq!(of_the_past(&asked), [false, true]);
        assert_eq!(again, all);
        assert_eq!(reader.list::<Thing>(&next, &public()).await.unwrap(), rest);
        assert_eq!(of_the_past(&asked), [true]);
        let none = "title = \"nobody\"".to_owned();
        let none = ListRequest { filter: none, ..pinned };
        let none = reader.list::<Thing>(&none, &public()).await.unwrap();
        assert_eq!((none.items.len(), none.read_time), (0, all.read_time));
    })
    .await;
}

/// A record of which `note` is called with each statement.
async fn noted(url: &str, note: impl Fn(&Statement) + Clone + Send + Sync + 'static) -> Chronicle {
    let mut db = chronicle::database::open(url).await.unwrap();
    let note_too = note.clone();
    db.set_metric_callback(move |info| note_too(info.statement));
    let mut record = Chronicle::open(db, Arc::new(SystemClock)).await.unwrap();
    record.note_reads(note);
    record
}

/// The steps of SQLite for a page by title, now or at an instant.
async fn steps(url: &str, filter: &str, read_time: Option<i64>) -> String {
    let asked: Arc<Mutex<Option<Statement>>> = Arc::default();
    let keeper = Arc::clone(&asked);
    let keep = move |statement: &Statement| *keeper.lock().unwrap() = Some(statement.clone());
    let reader = noted(url, keep).await;
    let (filter, order_by) = (filter.to_owned(), "title".to_owned());
    let request = ListRequest { filter, order_by, read_time, ..ListRequest::default() };
    reader.list::<Thing>(&request, &public()).await.unwrap();
    let mut statement = asked.lock().unwrap().clone().unwrap();
    // SQLite prepares a statement again for each value of a limit that is a parameter.
    assert!(!statement.sql.contains("LIMIT ?"), "{}", statement.sql);
    statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
    let rows = reader.db.query_all_raw(statement).await.unwrap();
    let steps = rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap());
    steps.collect::<Vec<_>>().join("\n")
}

/// Of all that have a value on a day: those whose period has not ended by then.
const PERIODS: &str = "SEARCH s USING COVERING INDEX thing_phase_value (value=? AND valid_to>?)";

/// Of one version: by its uid.
const PERIOD: &str = "SEARCH s USING INDEX sqlite_autoindex_thing_phase_1 (uid=? AND valid_from<?)";

#[tokio::test]
async fn what_everybody_may_read_is_found_by_the_shortest_way() {
    let Some(database) = database(Engine::Sqlite).await else { return };
    let url = &database.url;
    let writer = record(url).await;
    let then = writer.create(&call(), thing(0, 0)).await.unwrap().recorded;

    let ways = [
        ("", None, "SCAN v USING INDEX thing_title_open"),
        ("", Some(then), "SCAN v USING INDEX thing_title_at"),
        ("tags:\"tag-0\"", None, "SEARCH v USING INDEX thing_open (uid=?)"),
        (
            "tags:\"tag-0\"",
            Some(then),
            "SEARCH v USING INDEX thing_uid_at (uid=? AND recorded_from=? AND recorded_to>?)",
        ),
        ("phase_on(\"2024-01-17\") = OPEN", None, PERIODS),
        ("phase_on(\"2024-01-17\") != OPEN", None, PERIODS),
        ("phase_on(\"2024-01-17\") = OPEN", Some(then), PERIODS),
        ("tags:\"tag-0\" AND phase_on(\"2024-01-17\") = OPEN", None, PERIOD),
        ("phase_on(\"2024-01-17\") = OPEN tags:\"tag-0\"", Some(then), PERIOD),
        ("phase_on(\"2024-01-17\") = OPEN", None, "SEARCH v USING INDEX thing_open (uid=?)"),
    ];
    for (filter, read_time, way) in ways {
        let steps = steps(url, filter, read_time).await;
        assert!(steps.contains(way), "{filter} {read_time:?}: {way}, not\n{steps}");
        // What was hidden since is found without a look at all versions.
        let raised = "SEARCH h USING INDEX thing_raised (name=? AND recorded_to>?)";
        assert_eq!(steps.contains(raised), read_time.is_some(), "{raised}, not\n{steps}");
    }
}

#[tokio::test]
async fn what_must_be_sorted_is_sorted_without_its_documents() {
    let Some(database) = database(Engine::Sqlite).await else { return };
    let url = &database.url;
    let then = record(url).await.create(&call(), thing(0, 3)).await.unwrap().recorded;

    let chosen = "SEARCH v USING INDEX sqlite_autoindex_thing_1 (uid=? AND revision=?)";
    for read_time in [None, Some(then)] {
        for (filter, is_sorted) in [("", false), ("good = false", false), ("tags:\"tag-0\"", true)]
        {
            let steps = steps(url, filter, read_time).await;
            assert_eq!(steps.contains(chosen), is_sorted, "{filter} {read_time:?}:\n{steps}");
        }
    }
}

#[tokio::test]
async fn many_names_are_looked_up_one_after_the_other() {
    testkit::on_both(|url| async move {
        let writer = record(&url).await;
        let entries = (0..2000).map(|number| Entry::create(&thing(number, number)).unwrap());
        writer.record(&call(), entries.collect()).await.unwrap();
        let names = ["things/t1", "things/t2", "things/t9999"].map(str::to_owned);

        let wanted = writer.versions_among::<Thing>("name", &names);
        let rows = writer.db.query_all(&wanted).await.unwrap();
        let found = rows.iter().map(|row| writer.stored::<Thing>(row).unwrap().value.name);
        let mut found: Vec<String> = found.collect();
        found.sort();
        assert_eq!(found, names[..2]);

        let backend = writer.db.get_database_backend();
        let mut statement = backend.build(&wanted);
        let (explain, steps) = match backend {
            DbBackend::Postgres => {
                ("EXPLAIN ", ["Nested Loop", "Index Cond: ((name = wanted.wanted)"])
            }
            _ => ("EXPLAIN QUERY PLAN ", ["SEARCH v", "(name=? AND recorded_to=?)"]),
        };
        statement.sql.insert_str(0, explain);
        let rows = writer.db.query_all_raw(statement).await.unwrap();
        let column = if backend == DbBackend::Postgres { "QUERY PLAN" } else { "detail" };
        let plan: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
        let plan = plan.join("\n");
        assert!(steps.iter().all(|step| plan.contains(step)), "{steps:?}, not\n{plan}");
    })
    .await;
}

/// So an index takes the rows of an import in at one place, and not each on a page of its own.
#[tokio::test]
async fn the_uids_of_what_is_recorded_together_begin_alike() {
    testkit::on_both(|url| async move {
        let writer = record(&url).await;
        for batch in [0..50, 50..100] {
            let entries = batch.map(|number| Entry::create(&thing(number, number)).unwrap());
            writer.record(&call(), entries.collect()).await.unwrap();
        }
        let alone = writer.create(&call(), thing(100, 100)).await.unwrap().uid;
        let page_size = 1000;
        let request = ListRequest { page_size, ..ListRequest::default() };
        let page = writer.list::<Thing>(&request, &public()).await.unwrap();
        let uids: BTreeSet<_> = page.items.iter().map(|item| item.uid).collect();
        let begins: BTreeSet<_> = uids.iter().map(|uid| uid.as_u128() >> 80).collect();

        assert_eq!((uids.len(), begins.len()), (101, 3));
        assert!(begins.contains(&(alone.as_u128() >> 80)));
        assert!(uids.iter().all(|uid| uid.get_version_num() == 4));
    })
    .await;
}
