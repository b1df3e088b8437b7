//! Acknowledged single writes beside a bare insert of the same document, by one writer and by
//! eight, in turns: the insert in a transaction (BEGIN, INSERT, COMMIT), and as a statement that
//! commits by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use agreements::domain::Agreement;
use anyhow::Context;
use chassis::clock::SystemClock;
use chronicle::{Call, Chronicle, Document, Stored};
use sea_orm::sea_query::{Alias, ColumnDef, Query, Table};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use testkit::{Engine, database};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::record;
use crate::row;

const ROUNDS: usize = 3;
const TURN: Duration = Duration::from_secs(3);

/// A table with a key and a document.
struct Bare {
    db: DatabaseConnection,
    /// SQLite takes one writer at a time: they queue here, as in the suite, and not in its busy
    /// timeout.
    gate: Mutex<()>,
}

impl Bare {
    async fn open(url: &str) -> anyhow::Result<Self> {
        let db = chronicle::database::open(url).await?;
        let table = Table::create()
            .table(Alias::new("bare"))
            .col(ColumnDef::new(Alias::new("id")).uuid().not_null().primary_key())
            .col(ColumnDef::new(Alias::new("document")).blob().not_null())
            .to_owned();
        db.execute(&table).await?;
        Ok(Self { db, gate: Mutex::new(()) })
    }

    async fn write(&self, document: &[u8], alone: bool) -> anyhow::Result<()> {
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new("bare"))
            .columns(["id", "document"].map(Alias::new))
            .values_panic([Uuid::new_v4().into(), document.into()]);
        let _turn = match self.db.get_database_backend() {
            DbBackend::Sqlite => Some(self.gate.lock().await),
            _ => None,
        };
        if alone {
            self.db.execute(&insert).await?;
            return Ok(());
        }
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let transaction = self.db.begin_with_options(options).await?;
        transaction.execute(&insert).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Writes a second of `writers` that each do `write` again and again.
async fn rate<F, W>(writers: usize, write: W) -> anyhow::Result<f64>
where
    W: Fn(usize) -> F,
    F: Future<Output = anyhow::Result<u64>> + Send + 'static,
{
    let started = Instant::now();
    let mut running = JoinSet::new();
    for writer in 0..writers {
        running.spawn(write(writer));
    }
    let mut written = 0;
    for count in running.join_all().await {
        written += count?;
    }
    let written = u32::try_from(written)?;
    Ok(f64::from(written) / started.elapsed().as_secs_f64())
}

async fn bare(bare: Arc<Bare>, document: Arc<[u8]>, alone: bool) -> anyhow::Result<u64> {
    let (until, mut count) = (Instant::now() + TURN, 0);
    while Instant::now() < until {
        bare.write(&document, alone).await?;
        count += 1;
    }
    Ok(count)
}

/// Updates one agreement again and again, each time with a request id.
async fn ours(
    record: Arc<Chronicle>,
    mut stored: Stored<Agreement>,
    number: Arc<AtomicU64>,
) -> anyhow::Result<u64> {
    let (until, mut count) = (Instant::now() + TURN, 0);
    while Instant::now() < until {
        let note = format!("version {}", number.fetch_add(1, Ordering::Relaxed));
        let next = record::noted(&stored.value, note);
        let request = Some((Uuid::new_v4(), 7));
        let call = Call { caller: "bench".to_owned(), method: "Update".into(), request };
        stored = record.update(&call, &stored, next).await?.into_stored();
        count += 1;
    }
    Ok(count)
}

/// On each engine, with one writer and with eight.
pub async fn measure() -> anyhow::Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let no_database = "no database: run `cargo xtask bench`";
        let (one, other) = (
            database(engine).await.context(no_database)?,
            database(engine).await.context(no_database)?,
        );
        let baseline = Arc::new(Bare::open(&one.url).await?);
        let db = record::migrated(&other.url).await?;
        let record = Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await?);
        let mut stored = Vec::new();
        for number in 0..8 {
            stored.push(record.create(&Call::default(), record::agreement(number)).await?);
        }
        let document = stored[0].value.to_document().map_err(anyhow::Error::msg)?;
        let document: Arc<[u8]> = document.into();
        let number = Arc::new(AtomicU64::new(0));

        for (writers, target) in [(1, "0.4"), (8, "0.15")] {
            let mut rates = Vec::new();
            for _ in 0..ROUNDS {
                let inserts = async |alone| {
                    let one = |_| bare(Arc::clone(&baseline), Arc::clone(&document), alone);
                    rate(writers, one).await
                };
                let (together, alone) = (inserts(false).await?, inserts(true).await?);
                let mut current = Vec::new();
                for one in &stored {
                    let name = &one.value.name;
                    let system = chronicle::Reader::system();
                    current.push(record.standing::<Agreement>(name, &system).await?);
                }
                let ours = rate(writers, |writer| {
                    ours(Arc::clone(&record), current[writer].clone(), Arc::clone(&number))
                });
                rates.push((ours.await?, together, alone));
            }
            rates.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
            let (ours, together, alone) = rates[rates.len() / 2];
            for (what, bare, target) in
                [("insert transactions", together, target), ("lone inserts", alone, "-")]
            {
                row(
                    &format!("{engine:?}: acknowledged writes to bare {what}, {writers} writers"),
                    &format!("{:.2} ({ours:.0}/s to {bare:.0}/s)", ours / bare),
                    target,
                );
            }
        }
    }
    Ok(())
}
