//! The one write path: Create, Update, Delete, and batches of them for imports.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chassis::clock::Clock;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, Value,
};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::apply::apply;
use crate::error::Error;
use crate::filter::At;
use crate::resource::{Resource, Stored};
use crate::schema::{id, side};
use crate::token::Keys;

/// How long the first answer to a request id is kept (AIP-155).
const REQUEST_IDS_KEPT: i64 = 24 * HOUR;
const HOUR: i64 = 3_600_000_000;
/// How often a deletion runs again when another came first.
const MOST_TRIES: usize = 20;

/// Who asks, and the id under which the same request may be sent again, with the fingerprint of its body.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Who asks.
    pub caller: String,
    /// The method: `CreateAgreement`.
    pub method: &'static str,
    /// The request id and a hash of the whole request.
    pub request: Option<(Uuid, i64)>,
}

/// A version ready to be written: plain data, no type of any resource, so that several can share a transaction.
pub struct Entry {
    pub(crate) kind: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) uid: Uuid,
    pub(crate) revision: i64,
    pub(crate) name: String,
    pub(crate) created: Option<i64>,
    pub(crate) document: String,
    pub(crate) columns: Vec<(&'static str, Value)>,
    pub(crate) opened: Vec<(String, Vec<String>)>,
    pub(crate) closed: Vec<(String, Vec<String>)>,
}

impl Entry {
    /// The first version of a resource.
    pub fn create<T: Resource>(value: &T) -> Result<Self, Error> {
        Self::new(None, value, "create")
    }

    /// The next version of a resource that stands.
    pub fn update<T: Resource>(before: &Stored<T>, value: &T) -> Result<Self, Error> {
        Self::new(Some(before), value, "update")
    }

    /// The version that says a resource is deleted; it keeps the last value.
    pub fn delete<T: Resource>(before: &Stored<T>) -> Result<Self, Error> {
        Self::new(Some(before), &before.value, "delete")
    }

    fn new<T: Resource>(
        before: Option<&Stored<T>>,
        value: &T,
        operation: &'static str,
    ) -> Result<Self, Error> {
        let (mut columns, mut opened, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        for field in T::fields() {
            if let Some(single) = field.value(value) {
                columns.push((field.path, single));
                continue;
            }
            // Only what changed is written: a version that keeps its parties writes no party row.
            let old = before.map(|stored| field.values(&stored.value)).unwrap_or_default();
            let new = field.values(value);
            let table = side(T::KIND, field.path);
            let added: Vec<_> = new.iter().filter(|item| !old.contains(item)).cloned().collect();
            let removed: Vec<_> = old.into_iter().filter(|item| !new.contains(item)).collect();
            opened.extend((!added.is_empty()).then(|| (table.clone(), added)));
            closed.extend((!removed.is_empty()).then_some((table, removed)));
        }
        let document =
            serde_json::to_string(value).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Self {
            kind: T::KIND,
            operation,
            uid: before.map_or_else(Uuid::new_v4, |stored| stored.uid),
            revision: before.map_or(1, |stored| stored.revision + 1),
            name: value.name().to_owned(),
            created: before.map(|stored| stored.created),
            document,
            columns,
            opened,
            closed,
        })
    }
}

/// The record of one service.
pub struct Chronicle {
    /// The database, for the queries of the service's own.
    pub db: DatabaseConnection,
    pub(crate) keys: Keys,
    clock: Arc<dyn Clock>,
    gate: Mutex<()>,
    purged: AtomicI64,
}

impl Chronicle {
    /// Opens the record in a database whose migrations have run.
    pub async fn open(db: DatabaseConnection, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let query = Query::select().column(id("hex")).from(id("secret")).to_owned();
        let row = db
            .query_one(&query)
            .await?
            .ok_or_else(|| Error::Corrupt("the secret is gone".to_owned()))?;
        let secret = hex::decode(row.try_get::<String>("", "hex")?)
            .map_err(|_| Error::Corrupt("the secret is not hexadecimal".to_owned()))?;
        Ok(Self {
            db,
            keys: Keys::new(&secret)?,
            clock,
            gate: Mutex::new(()),
            purged: AtomicI64::new(0),
        })
    }

    /// The clock's time, in microseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Today (UTC) by the clock, for questions that name no day.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Records the first version of a resource.
    pub async fn create<T: Resource>(&self, call: &Call, value: T) -> Result<Stored<T>, Error> {
        let entry = Entry::create(&value)?;
        match self.commit(call, &entry).await {
            Ok(time) => Ok(self.written(&entry, time, value)),
            Err(Error::Busy) => {
                let first = self.answered(call).await?;
                first.ok_or_else(|| Error::AlreadyExists(value.name().to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// Records the next version of what was read as `current`. `Busy` if another writer came first.
    pub async fn update<T: Resource>(
        &self,
        call: &Call,
        current: &Stored<T>,
        value: T,
    ) -> Result<Stored<T>, Error> {
        let entry = Entry::update(current, &value)?;
        let time = self.commit(call, &entry).await?;
        Ok(self.written(&entry, time, value))
    }

    /// Records that a resource is deleted: softly, its name stays taken and its versions stay readable.
    pub async fn delete<T: Resource>(
        &self,
        call: &Call,
        name: &str,
        etag: &str,
    ) -> Result<Stored<T>, Error> {
        for _ in 0..MOST_TRIES {
            let current = match self.current::<T>(name, etag).await {
                Ok(current) => current,
                Err(error) => return self.answered(call).await?.ok_or(error),
            };
            let entry = Entry::delete(&current)?;
            match self.commit(call, &entry).await {
                Ok(time) => return Ok(self.written(&entry, time, current.value)),
                Err(Error::Busy) => {}
                Err(error) => return Err(error),
            }
            if let Some(first) = self.answered(call).await? {
                return Ok(first);
            }
        }
        Err(Error::Busy)
    }

    /// The version that stands and may be changed.
    pub async fn current<T: Resource>(&self, name: &str, etag: &str) -> Result<Stored<T>, Error> {
        let (current, _) = self.get::<T>(name, At::Now).await?;
        if current.deleted {
            return Err(Error::Deleted(name.to_owned()));
        }
        if !etag.is_empty() && etag != current.etag {
            return Err(Error::EtagMismatch(name.to_owned()));
        }
        Ok(current)
    }

    /// The first answer to this request id, rebuilt from the version it made.
    pub async fn answered<T: Resource>(&self, call: &Call) -> Result<Option<Stored<T>>, Error> {
        let Some((request, fingerprint)) = call.request else { return Ok(None) };
        let query = Query::select()
            .columns(["fingerprint", "uid", "revision"].map(id))
            .from(id("request"))
            .and_where(Expr::col(id("caller")).eq(&call.caller))
            .and_where(Expr::col(id("method")).eq(call.method))
            .and_where(Expr::col(id("request")).eq(request))
            .to_owned();
        let Some(row) = self.db.query_one(&query).await? else { return Ok(None) };
        if row.try_get::<i64>("", "fingerprint")? != fingerprint {
            return Err(Error::RequestIdReused(request));
        }
        self.version(row.try_get("", "uid")?, row.try_get("", "revision")?).await.map(Some)
    }

    fn written<T>(&self, entry: &Entry, time: i64, value: T) -> Stored<T> {
        Stored {
            uid: entry.uid,
            revision: entry.revision,
            created: entry.created.unwrap_or(time),
            recorded: time,
            deleted: entry.operation == "delete",
            etag: self.keys.etag(entry.uid, entry.revision),
            value,
        }
    }

    async fn commit(&self, call: &Call, entry: &Entry) -> Result<i64, Error> {
        let times = self.record(call, std::slice::from_ref(entry)).await?;
        times.last().copied().ok_or_else(|| Error::Corrupt("nothing was written".to_owned()))
    }

    /// Records all of these versions in one transaction, or none of them, and returns their record times. No two may be of
    /// the same resource. `Busy` if another writer changed one of them first, or took a name.
    pub async fn record(&self, call: &Call, entries: &[Entry]) -> Result<Vec<i64>, Error> {
        let _turn = self.turn().await;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let now = self.now();
        let transaction = self.db.begin_with_options(options).await?;
        self.purge_request_ids(&transaction, now).await?;
        match apply(&transaction, call, entries, now).await {
            Ok(times) => {
                transaction.commit().await?;
                Ok(times)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    /// In one process SQLite's writers queue here, in order, and not in its busy timeout, where luck decides.
    async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.db.get_database_backend() {
            DbBackend::Sqlite => Some(self.gate.lock().await),
            _ => None,
        }
    }

    /// Once an hour, within a write: forgets the request ids that are too old.
    async fn purge_request_ids(&self, db: &impl ConnectionTrait, now: i64) -> Result<(), Error> {
        if now - self.purged.load(Ordering::Relaxed) < HOUR {
            return Ok(());
        }
        let old = Expr::col(id("time")).lt(now - REQUEST_IDS_KEPT);
        db.execute(&Query::delete().from_table(id("request")).and_where(old).to_owned()).await?;
        self.purged.store(now, Ordering::Relaxed);
        Ok(())
    }
}
