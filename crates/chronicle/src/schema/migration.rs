//! The migrations of which those of services are made.

use policy::Partnership;
use sea_orm::{DatabaseConnection, DbErr, TransactionTrait};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::Schema;
use crate::desks;

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

    /// Fills the rows for the desks of this process, and remembers these. What still serves the
    /// database with those of before must be stopped first.
    pub async fn renew_desks(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        let transaction = db.begin().await?;
        let manager = SchemaManager::new(&transaction);
        self.fill(manager.get_connection(), |_| true).await?;
        self.sum(manager.get_connection(), |_| true).await?;
        desks::write(&transaction, Partnership::current()).await?;
        transaction.commit().await
    }
}

/// A migration is one transaction on both engines: done or not begun for concurrent readers, and on
/// SQLite not one that is written to the disk for each row.
const WHOLE: Option<bool> = Some(true);
