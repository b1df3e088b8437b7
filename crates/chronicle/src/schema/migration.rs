//! The migrations of which those of services are made.

use std::sync::Arc;

use machine::clock::SystemClock;
use policy::Partnership;
use sea_orm::{DatabaseConnection, DbErr, TransactionTrait};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, SchemaManagerConnection};

use super::Schema;
use crate::Chronicle;
use crate::call::Call;
use crate::desks;
use crate::error::Error;

/// A migration that changes a database to the tables as they are described now; by its name and the
/// description. Each change of a description gets one.
pub struct SchemaMigration(pub &'static str, pub fn() -> Schema);

impl MigrationName for SchemaMigration {
    fn name(&self) -> &str {
        self.0
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for SchemaMigration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        (self.1)().apply(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        WHOLE
    }
}

/// The end of the name of a migration that no older version can live with. An older version opens a
/// database that has migrations of a later one, and refuses it where one of them is named so.
pub const BREAKS_OLDER: &str = "_breaks_older";

/// As [`SchemaMigration`], and fills all columns and side tables again, from the documents: for a
/// description that keeps the tables and changes what they hold. What still runs of the version
/// before neither finds nor writes that: it must be stopped first, and the name of a new one ends
/// in [`BREAKS_OLDER`], so that it does not start again.
pub struct Refill(pub &'static str, pub fn() -> Schema);

impl MigrationName for Refill {
    fn name(&self) -> &str {
        self.0
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Refill {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = (self.1)();
        schema.apply(manager).await?;
        schema.fill(manager.get_connection(), |_| true).await?;
        schema.sum(manager.get_connection(), |_| true).await
    }

    fn use_transaction(&self) -> Option<bool> {
        WHOLE
    }
}

/// A migration that gives what lies within other resources, above PUBLIC, the desks of these. An
/// older version reads these as desks of the documents, and writes them without: the name of it ends
/// in [`BREAKS_OLDER`].
pub struct InheritDesks(pub &'static str, pub fn() -> Schema);

impl MigrationName for InheritDesks {
    fn name(&self) -> &str {
        self.0
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for InheritDesks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let SchemaManagerConnection::Connection(db) = manager.get_connection() else {
            return Err(DbErr::Custom("it is no migration of one transaction".to_owned()));
        };
        let schema = (self.1)();
        schema.apply(manager).await?;
        schema.inherit_desks(db, self.0).await
    }

    /// The record makes the transactions.
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }
}

impl Schema {
    /// Returns whether a database has a table of one of these kinds: it is of this service then.
    pub async fn is_begun(&self, db: &DatabaseConnection) -> Result<bool, DbErr> {
        let manager = SchemaManager::new(db);
        for (kind, _) in &self.kinds {
            if manager.has_table(kind).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Fills the rows for the desks of this process, and remembers these when all is done. What
    /// still serves the database with those of before must be stopped first.
    pub async fn renew_desks(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        let transaction = db.begin().await?;
        let manager = SchemaManager::new(&transaction);
        self.fill(manager.get_connection(), |_| true).await?;
        self.sum(manager.get_connection(), |_| true).await?;
        // With none the desks count as changed, until all is done.
        desks::forget(&transaction).await?;
        transaction.commit().await?;
        self.inherit_desks(db, "renew_desks").await?;
        desks::write(db, Partnership::current()).await
    }

    /// Gives what lies within other resources the desks that are theirs, as ordinary versions by
    /// the method `why`.
    async fn inherit_desks(&self, db: &DatabaseConnection, why: &'static str) -> Result<(), DbErr> {
        if self.heirs.is_empty() {
            return Ok(());
        }
        let call = Call { caller: why.to_owned(), method: why.into(), ..Call::default() };
        let inherited = async {
            let record = Chronicle::open(db.clone(), Arc::new(SystemClock)).await?;
            for inherit in &self.heirs {
                inherit(&record, &call).await?;
            }
            Ok::<_, Error>(())
        };
        inherited.await.map_err(|error| DbErr::Custom(format!("desks: {error}")))
    }
}

/// A migration is one transaction on both engines: done or not begun for concurrent readers, and on
/// SQLite not one that is written to the disk for each row.
const WHOLE: Option<bool> = Some(true);
