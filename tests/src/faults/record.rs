//! The rows of a record, read from the database while no service writes: the head, the change log,
//! every version.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement};
use uuid::Uuid;

/// An entry of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its record time.
    pub time: i64,
    /// Its place in the log.
    pub seq: i64,
    /// The kind of resource, which is the name of its table.
    pub kind: String,
    /// The resource.
    pub uid: Uuid,
    /// The version.
    pub revision: i64,
    /// The operation: `create`, `update`, `delete`, `undelete`, `read`.
    pub operation: String,
    /// The caller.
    pub caller: String,
}

impl Change {
    /// True for a line of an audited read, which makes no version.
    pub fn is_read(&self) -> bool {
        self.operation == "read"
    }
}

/// A version of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The resource.
    pub uid: Uuid,
    /// Counts from 1.
    pub revision: i64,
    /// `agreements/{agreement}`.
    pub name: String,
    /// From when it stood.
    pub recorded_from: i64,
    /// Until when; the largest number while it stands.
    pub recorded_to: i64,
    /// The value, as it is kept.
    pub document: Vec<u8>,
}

/// All of a record.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The last sequence number and record time given out.
    pub head: (i64, i64),
    /// The change log in its order.
    pub changes: Vec<Change>,
    /// Every version, by kind.
    pub versions: BTreeMap<String, Vec<Version>>,
}

impl Record {
    /// Reads it all; on SQLite after the file itself has been checked.
    pub async fn read(url: &str) -> anyhow::Result<Self> {
        let db = Database::connect(url).await.context("the database does not open")?;
        if db.get_database_backend() == DbBackend::Sqlite {
            let rows = rows(&db, "PRAGMA integrity_check").await?;
            let said = rows.iter().map(|row| row.try_get_by_index::<String>(0));
            let said: Vec<String> = said.collect::<Result<_, _>>()?;
            ensure!(said == ["ok"], "the file is damaged: {}", said.join("; "));
        }
        let head = rows(&db, "SELECT seq, time FROM head").await?;
        ensure!(head.len() == 1, "there are {} head rows", head.len());
        let head = (head[0].try_get("", "seq")?, head[0].try_get("", "time")?);
        let query =
            "SELECT time, seq, kind, uid, revision, operation, caller FROM change ORDER BY seq";
        let log = rows(&db, query).await?;
        let changes: Vec<Change> = log.iter().map(change).collect::<Result<_, _>>()?;
        let mut versions = BTreeMap::new();
        for kind in ["party", "agreement", "source", "framework"] {
            let query = format!(
                "SELECT uid, revision, name, recorded_from, recorded_to, document FROM {kind} ORDER BY uid, revision"
            );
            let found = rows(&db, &query).await?;
            let found = found.iter().map(version).collect::<Result<_, _>>()?;
            versions.insert(kind.to_owned(), found);
        }
        db.close().await?;
        Ok(Self { head, changes, versions })
    }
}

async fn rows(db: &DatabaseConnection, query: &str) -> anyhow::Result<Vec<QueryResult>> {
    let statement = Statement::from_string(db.get_database_backend(), query);
    db.query_all_raw(statement).await.with_context(|| format!("{query} fails"))
}

fn change(row: &QueryResult) -> Result<Change, sea_orm::DbErr> {
    Ok(Change {
        time: row.try_get("", "time")?,
        seq: row.try_get("", "seq")?,
        kind: row.try_get("", "kind")?,
        uid: row.try_get("", "uid")?,
        revision: row.try_get("", "revision")?,
        operation: row.try_get("", "operation")?,
        caller: row.try_get("", "caller")?,
    })
}

fn version(row: &QueryResult) -> Result<Version, sea_orm::DbErr> {
    Ok(Version {
        uid: row.try_get("", "uid")?,
        revision: row.try_get("", "revision")?,
        name: row.try_get("", "name")?,
        recorded_from: row.try_get("", "recorded_from")?,
        recorded_to: row.try_get("", "recorded_to")?,
        document: row.try_get("", "document")?,
    })
}
