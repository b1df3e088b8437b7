//! A search in 100 000 agreements beside a bare statement of the same result, and what the words
//! take.

use std::time::Instant;

use agreements::domain::{Agreement, Party};
use anyhow::Context;
use api::registan::agreements::v1::{Party as Message, PartyName, party};
use api::registan::options::v1::Tier;
use chassis::clock::SystemClock;
use chronicle::{Call, Chronicle, Entry, Reader, SearchRequest, Searched};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{Engine, database};

use crate::record;
use crate::row;

const SEARCHES: usize = 300;
const BATCH: usize = 500;
/// As the record has it for what stands.
const OPEN: i64 = i64::MAX;

/// The queries, and how a bare statement finds the first 20: by a party, or by a stem.
const QUERIES: [(&str, &str, &str); 13] = [
    ("Kirghiz", "parties", "parties/kg"),
    ("Кыргызстан", "parties", "parties/kg"),
    ("Kyrgyz Republic", "parties", "parties/kg"),
    ("07919", "words", "7919"),
    ("COOPERATION", "words", "cooper"),
    ("\"on partnership and cooperation\"", "words", "cooper"),
    ("Kirghiz 07919", "words", "7919"),
    ("agreement with the Kirghiz", "parties", "parties/kg"),
    // Words that very many have, together and with a party.
    ("partnership cooperation", "words", "cooper"),
    ("Kirghiz cooperation", "parties", "parties/kg"),
    // Words that many have, and that rarely meet.
    ("water energy", "words", "energi"),
    // The beginnings of words.
    ("coop", "words", "cooperation"),
    ("partn", "words", "partnership"),
];

/// An agreement of which one in sixteen is about water, and one in seventeen about energy.
fn agreement(number: usize) -> Agreement {
    let about = |every, word: &str| {
        if number.is_multiple_of(every) { word.to_owned() } else { String::new() }
    };
    record::noted(&record::agreement(number), about(16, "Water. ") + &about(17, "Energy."))
}

/// How many agreements: another number is for machines that have other work.
fn count() -> usize {
    let asked = std::env::var("BENCH_AGREEMENTS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(100_000)
}

fn parties() -> Vec<Party> {
    let one = |(id, name, others): (&str, &str, &[&str])| {
        let other = |text: &&str| PartyName { text: (*text).to_owned(), ..PartyName::default() };
        Party::of(Message {
            name: format!("parties/{id}"),
            kind: party::Kind::State.into(),
            display_name: name.to_owned(),
            names: others.iter().map(other).collect(),
            tier: Tier::Public.into(),
            ..Message::default()
        })
    };
    let all: [(&str, &str, &[&str]); 6] = [
        ("eu", "European Union", &[]),
        ("kz", "Kazakhstan", &["Republic of Kazakhstan", "Қазақстан"]),
        ("kg", "Kyrgyzstan", &["Kyrgyz Republic", "Kirghiz Republic", "Кыргызстан"]),
        ("tj", "Tajikistan", &["Republic of Tajikistan"]),
        ("tm", "Turkmenistan", &[]),
        ("uz", "Uzbekistan", &["Republic of Uzbekistan"]),
    ];
    all.map(one).into()
}

async fn fill(record: &Chronicle) -> anyhow::Result<()> {
    let call = Call { caller: "bench".to_owned(), method: "Fill".into(), request: None };
    let parties = parties();
    let entries = parties.iter().map(Entry::create).collect::<Result<_, _>>()?;
    record.record(&call, entries).await?;
    for begin in (0..count()).step_by(BATCH) {
        let some = begin..Ord::min(begin + BATCH, count());
        let entries = some.map(|number| Entry::create(&agreement(number)));
        record.record(&call, entries.collect::<Result<_, _>>()?).await?;
    }
    Ok(())
}

/// The median and the 99th percentile of some times, in microseconds.
pub fn percentiles(mut micros: Vec<f64>) -> [f64; 2] {
    micros.sort_by(f64::total_cmp);
    [micros[micros.len() / 2], micros[micros.len() * 99 / 100]]
}

async fn searches(record: &Chronicle, query: &str) -> anyhow::Result<[f64; 2]> {
    let all: Vec<Searched> =
        [Searched::of::<Party>(), Searched::of::<Agreement>()].into_iter().flatten().collect();
    let kinds = ["agreement".to_owned()];
    let request = SearchRequest { query: query.to_owned(), ..SearchRequest::default() };
    let mut micros = Vec::with_capacity(SEARCHES);
    for _ in 0..SEARCHES {
        let started = Instant::now();
        let found = record.search(&all, &kinds, &request, &Reader::public()).await?;
        micros.push(started.elapsed().as_secs_f64() * 1e6);
        // Of frequent words that rarely meet the answer may say that it has not all.
        anyhow::ensure!(found.is_incomplete || !found.hits.is_empty(), "{query} finds nothing");
    }
    Ok(percentiles(micros))
}

/// The same first 20 by one statement, which asks nobody who may see them and ranks nothing. SQLite
/// joins in the order written where it says CROSS: of a frequent word it would otherwise read every
/// agreement. To PostgreSQL, which chooses well, both are the same.
async fn bare(record: &Chronicle, table: &str, value: &str) -> anyhow::Result<[f64; 2]> {
    let order = if table == "words" { "ORDER BY s.weight DESC" } else { "" };
    let sql = format!(
        "SELECT v.name, v.document FROM agreement_{table} s CROSS JOIN agreement v \
         WHERE v.uid = s.uid AND v.recorded_to = {OPEN} AND s.value = '{value}' \
         AND s.recorded_to = {OPEN} {order} LIMIT 20"
    );
    let statement = Statement::from_string(record.db.get_database_backend(), sql);
    let mut micros = Vec::with_capacity(SEARCHES);
    for _ in 0..SEARCHES {
        let started = Instant::now();
        let rows = record.db.query_all_raw(statement.clone()).await?;
        micros.push(started.elapsed().as_secs_f64() * 1e6);
        anyhow::ensure!(!rows.is_empty(), "{value} finds nothing");
    }
    Ok(percentiles(micros))
}

/// Megabytes of the words, and of the whole database.
async fn sizes(record: &Chronicle, engine: Engine) -> anyhow::Result<[i64; 2]> {
    let sql = match engine {
        Engine::Sqlite => {
            "SELECT SUM(CASE WHEN name LIKE '%words%' THEN pgsize ELSE 0 END) AS words, \
             SUM(pgsize) AS whole FROM dbstat"
        }
        Engine::Postgres => {
            "SELECT pg_total_relation_size('agreement_words') AS words, \
             pg_database_size(current_database()) AS whole"
        }
    };
    let statement = Statement::from_string(record.db.get_database_backend(), sql);
    let row = record.db.query_one_raw(statement).await?.context("a size is a row")?;
    let bytes: [i64; 2] = [row.try_get("", "words")?, row.try_get("", "whole")?];
    Ok(bytes.map(|bytes| bytes >> 20))
}

/// On each engine.
pub async fn measure() -> anyhow::Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = database(engine).await.context("no database: run `cargo xtask bench`")?;
        let db = record::migrated(&database.url).await?;
        let record = Chronicle::open(db, std::sync::Arc::new(SystemClock)).await?;
        let begun = Instant::now();
        fill(&record).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let rate = f64::from(u32::try_from(count())?) / seconds;
        row(&format!("{engine:?}: {} agreements written", count()), &format!("{rate:.0}/s"), "-");
        record::vacuum(&record.db).await?;
        for (query, table, value) in QUERIES {
            let [median, worst] = searches(&record, query).await?;
            let [bare, _] = bare(&record, table, value).await?;
            row(
                &format!("{engine:?}: search {query}, p99 (median; to a bare statement)"),
                &format!("{worst:.0} µs ({median:.0}; {:.1} × {bare:.0})", median / bare),
                "≤ 5000 µs",
            );
        }
        let [words, whole] = sizes(&record, engine).await?;
        row(
            &format!("{engine:?}: the words in the database"),
            &format!("{words} of {whole} MiB"),
            "-",
        );
    }
    Ok(())
}
