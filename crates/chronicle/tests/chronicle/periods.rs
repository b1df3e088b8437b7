//! Fields that have one value a day: what is written of them, and how an older database gets them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::common::{Thing, call, public, record, thing};
use chronicle::schema::{Refill, Schema};
use chronicle::verify::{Kind, verify};
use chronicle::{Chronicle, ListRequest};
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::{MigrationTrait, SchemaManager};

fn schema() -> Schema {
    Schema::service().with::<Thing>()
}

async fn count(record: &Chronicle) -> i64 {
    let sql = "SELECT CAST(COUNT(*) AS bigint) AS rows_there FROM thing_phase";
    let statement = Statement::from_string(record.db.get_database_backend(), sql);
    let row = record.db.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "rows_there").unwrap()
}

async fn names(record: &Chronicle, filter: &str, read_time: Option<i64>) -> Vec<String> {
    let request = ListRequest { filter: filter.to_owned(), read_time, ..ListRequest::default() };
    let page = record.list::<Thing>(&request, &public()).await.unwrap();
    let mut names: Vec<_> = page.items.iter().map(|item| item.value.name.clone()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_version_writes_the_periods_that_it_changes() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let open = Thing { day: 20_240_117, good: false, ..thing(0, 0) };
        let first = record.create(&call(), open.clone()).await.unwrap();
        assert_eq!(count(&record).await, 2, "EARLY and OPEN");

        let renamed = Thing { title: "other".to_owned(), ..open };
        let second = record.update(&call(), &first, renamed.clone()).await.unwrap();
        assert_eq!(count(&record).await, 2, "both are as they were");

        let closed = Thing { good: true, ..renamed };
        let third = record.update(&call(), &second, closed.clone()).await.unwrap();
        assert_eq!(count(&record).await, 4, "OPEN ends now, and CLOSED comes after it");

        let filter = "phase_on(\"2026-01-01\") = OPEN";
        assert_eq!(names(&record, filter, Some(second.recorded)).await, ["things/t0"]);
        assert!(names(&record, filter, Some(third.recorded)).await.is_empty());
        record.delete(&call(), third.into_stored()).await.unwrap();
        assert!(names(&record, "phase_on(\"2026-01-01\"):*", None).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_database_of_before_gets_the_periods_of_all_its_versions() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let mut last = record.create(&call(), thing(0, 1)).await.unwrap();
        let mut times = vec![last.recorded];
        for number in 2..6 {
            last = record.update(&call(), &last, thing(0, number)).await.unwrap();
            times.push(last.recorded);
        }
        let asked = ["EARLY", "OPEN", "CLOSED", "UNKNOWN"]
            .map(|word| format!("phase_on(\"2026-01-01\") = {word}"));
        let mut before = Vec::new();
        for filter in &asked {
            for time in &times {
                before.push((filter, time, names(&record, filter, Some(*time)).await));
            }
        }
        record.db.execute_unprepared("DROP TABLE thing_phase").await.unwrap();

        for _ in 0..2 {
            Refill("m1", schema).up(&SchemaManager::new(&record.db)).await.unwrap();
        }

        for (filter, time, names_before) in before {
            assert_eq!(names(&record, filter, Some(*time)).await, names_before, "{filter} {time}");
        }
        let fits = verify(&record.db, &[Kind::of::<Thing>()], None, |_| {}).await.unwrap();
        assert!(fits.is_ok(), "{fits:?}");
    })
    .await;
}
