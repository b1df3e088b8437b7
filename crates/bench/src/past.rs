//! A List at an old instant beside a current one, with a hundred versions of each resource.

use std::sync::Arc;
use std::time::Instant;

use agreements::domain::Agreement;
use anyhow::Context;
use chassis::clock::SystemClock;
use chronicle::{Call, Chronicle, Entry, ListRequest, Reader, Stored};
use testkit::{Engine, database};

use crate::record;
use crate::row;

const RESOURCES: usize = 1000;
const VERSIONS: usize = 100;
const LISTS: usize = 200;

/// Every resource with its versions; gives the record time at the middle.
async fn fill(record: &Chronicle) -> anyhow::Result<i64> {
    let call = Call { caller: "bench".to_owned(), method: "Fill".into(), request: None };
    let mut standing: Vec<Stored<Agreement>> = Vec::new();
    for number in 0..RESOURCES {
        standing.push(record.create(&call, record::agreement(number)).await?.into_stored());
    }
    let mut middle = 0;
    for version in 1..VERSIONS {
        let mut entries = Vec::with_capacity(RESOURCES);
        for stored in &mut standing {
            let next = record::noted(&stored.value, format!("version {version}"));
            entries.push(Entry::update(stored, &next)?);
            (stored.value, stored.revision) = (next, stored.revision + 1);
        }
        let times = record.record(&call, entries).await?;
        if version == VERSIONS / 2 {
            middle = times.last().copied().context("something was written")?;
        }
    }
    Ok(middle)
}

/// Microseconds of a page of 50 by title, now and at an instant: the medians of many, asked in
/// turns.
async fn pages(record: &Chronicle, instant: i64, filter: &str) -> anyhow::Result<[f64; 2]> {
    let mut micros = [Vec::with_capacity(LISTS), Vec::with_capacity(LISTS)];
    for turn in 0..2 * LISTS {
        let then = turn % 2;
        let request = ListRequest {
            filter: filter.to_owned(),
            order_by: "title".to_owned(),
            read_time: (then == 1).then_some(instant),
            ..ListRequest::default()
        };
        let started = Instant::now();
        let page = record.list::<Agreement>(&request, &Reader::public()).await?;
        micros[then].push(started.elapsed().as_secs_f64() * 1e6);
        anyhow::ensure!(page.items.len() == 50, "{} items", page.items.len());
    }
    Ok(micros.map(|mut micros| {
        micros.sort_by(f64::total_cmp);
        micros[LISTS / 2]
    }))
}

/// On each engine, plain and with a filter on a list field.
pub async fn measure() -> anyhow::Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = database(engine).await.context("no database: run `cargo xtask bench`")?;
        let db = record::migrated(&database.url).await?;
        let record = Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await?);
        let middle = fill(&record).await?;
        if engine == Engine::Postgres {
            sea_orm::ConnectionTrait::execute_unprepared(&record.db, "ANALYZE").await?;
        }
        for filter in ["", "parties:\"parties/kz\""] {
            let [now, then] = pages(&record, middle, filter).await?;
            let what = if filter.is_empty() { "List 50" } else { "List 50 of a party" };
            row(
                &format!("{engine:?}: {what}, at an old instant to now, 100 versions each"),
                &format!("{:.2} ({then:.0} µs to {now:.0} µs)", then / now),
                "≤ 1.5",
            );
        }
    }
    Ok(())
}
