//! A lineage of 16 levels beside the bare statements of the same documents, among many other
//! agreements.

use std::sync::Arc;
use std::time::Instant;

use agreements::domain::Agreement;
use agreements::domain::lineage::{Node, Walk};
use anyhow::Context;
use api::registan::agreements::v1::{Agreement as Message, Relation, relation};
use chassis::clock::SystemClock;
use chronicle::edges::Way;
use chronicle::{At, Call, Chronicle, Entry, Reader};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{Engine, database};

use crate::record;
use crate::row;

const LEVELS: usize = 16;
const OTHERS: usize = 10_000;
const TURNS: usize = 300;

/// The documents that refer to an agreement, and one by its name: what a level asks for at least.
const BARE: &str = "SELECT v.document FROM agreement v WHERE v.recorded_to = 9223372036854775807 AND v.uid IN \
                    (SELECT s.uid FROM agreement_relations s WHERE s.value = $1 AND s.recorded_to = 9223372036854775807)";

/// An agreement that refers to the one before it.
fn link(number: usize, before: Option<usize>) -> Agreement {
    let kind = relation::Kind::BasedOn.into();
    let relation = |before| Relation {
        kind,
        agreement: format!("agreements/bench-{before}"),
        ..Relation::default()
    };
    let relations = before.map(relation).into_iter().collect();
    Agreement::of(Message { relations, ..record::agreement(number).into_message() })
}

/// A chain of 16 levels, and pairs that have nothing to do with it; gives the last record time.
async fn fill(record: &Chronicle) -> anyhow::Result<i64> {
    let call = Call { caller: "bench".to_owned(), method: "Fill".into(), request: None };
    let before = |number: usize| match number {
        0..=LEVELS => number.checked_sub(1),
        _ => number.is_multiple_of(2).then(|| number - 1),
    };
    let mut last = 0;
    let all: Vec<usize> = (0..OTHERS).collect();
    for some in all.chunks(500) {
        let entries = some.iter().map(|number| Entry::create(&link(*number, before(*number))));
        let times = record.record(&call, entries.collect::<Result<_, _>>()?).await?;
        last = times.last().copied().context("something was written")?;
    }
    Ok(last)
}

/// Walks the chain; gives its length.
async fn walk(record: &Chronicle, ways: &[Way], at: At) -> anyhow::Result<usize> {
    let reader = Reader::public();
    let (first, _) = record.get::<Agreement>("agreements/bench-0", at, &reader).await?;
    let mut walk = Walk::from(Node::from(&*first.into_stored().value));
    while !walk.step().is_empty() {
        let near = record.near(ways, &walk.step(), at, &reader, 1000).await?;
        let found = record.show_near::<Agreement>(&near, at, &reader).await?;
        walk.go(found.iter().map(|shown| Node::from(&*shown.value)).collect());
    }
    Ok(walk.reached.len())
}

/// The same documents by statements alone.
async fn bare(record: &Chronicle) -> anyhow::Result<usize> {
    let mut found = 1;
    for number in 0..=LEVELS {
        let name = format!("agreements/bench-{number}");
        let backend = record.db.get_database_backend();
        let asked = Statement::from_sql_and_values(backend, BARE, [name.into()]);
        found += record.db.query_all_raw(asked).await?.len();
    }
    Ok(found)
}

/// On each engine.
pub async fn measure() -> anyhow::Result<()> {
    let ways = [Way::of::<Agreement>("relations")];
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = database(engine).await.context("no database: run `cargo xtask bench`")?;
        let db = record::migrated(&database.url).await?;
        let record = Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await?);
        let at = At::Time(fill(&record).await?);
        record::vacuum(&record.db).await?;
        let mut millis = [Vec::with_capacity(TURNS), Vec::with_capacity(TURNS)];
        for _ in 0..TURNS {
            let started = Instant::now();
            anyhow::ensure!(walk(&record, &ways, at).await? == LEVELS + 1, "the chain is whole");
            millis[0].push(started.elapsed().as_secs_f64() * 1e3);
            let started = Instant::now();
            anyhow::ensure!(bare(&record).await? == LEVELS + 1, "the chain is whole");
            millis[1].push(started.elapsed().as_secs_f64() * 1e3);
        }
        let [[ours, worst], [bare, _]] = millis.map(crate::searches::percentiles);
        row(
            &format!("{engine:?}: lineage of 16 levels among 10 000, p99 (median)"),
            &format!("{worst:.1} ms ({ours:.1}; {:.1} × bare)", ours / bare),
            "≤ 10 ms",
        );
    }
    Ok(())
}
