//! The migration that makes resources of the provisions that agreements held as parts.

use std::sync::Arc;

use chassis::clock::SystemClock;
use chronicle::{Call, Chronicle, Entry, Error, Reader, Stored};
use sea_orm::DatabaseConnection;
use sea_orm::prelude::Uuid;
use sea_orm_migration::prelude::*;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, SchemaManagerConnection};

use crate::domain::Agreement;
use crate::domain::codebook::{self, CODEBOOK, Codebook};
use crate::domain::provision::moved;

/// Agreements that are read at a time: each may be large.
const PAGE: u64 = 16;

/// Records each part as a provision and its agreement without it, as ordinary versions in one
/// transaction: what was asked before is answered as before, and the history says when it moved. A
/// deleted agreement keeps its parts. What was moved is not found again, so it can run again.
pub struct MoveProvisions(pub &'static str);

impl MigrationName for MoveProvisions {
    fn name(&self) -> &str {
        self.0
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for MoveProvisions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let SchemaManagerConnection::Connection(db) = manager.get_connection() else {
            return Err(DbErr::Custom("it is no migration of one transaction".to_owned()));
        };
        let moved = all((*db).clone(), self.0).await;
        moved.map_err(|error| DbErr::Custom(format!("provisions could not be moved: {error}")))?;
        let former = Table::drop().table("agreement_provisions").if_exists().to_owned();
        manager.drop_table(former).await
    }

    /// The record makes the transactions: one for each agreement.
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }
}

async fn all(db: DatabaseConnection, migration: &'static str) -> Result<(), Error> {
    let record = Chronicle::open(db, Arc::new(SystemClock)).await?;
    let caller = migration.to_owned();
    let call = Call { caller, method: migration.into(), ..Call::default() };
    let reader = Reader::system();
    let mut after = Uuid::nil();
    loop {
        // The document of each holds its own name.
        let found = record.holding::<Agreement>("agreements/", after, PAGE, &reader).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = last.uid;
        for agreement in found.iter().filter(|one| !one.value.provisions.is_empty()) {
            let entries = entries(&record, &reader, agreement).await?;
            record.record(&call, entries).await?;
        }
    }
}

/// The versions that move the parts of one agreement, and the codebook where it is missing.
async fn entries(
    record: &Chronicle,
    reader: &Reader,
    agreement: &Stored<Agreement>,
) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    if record.known::<Codebook>(&[CODEBOOK.to_owned()], reader).await?.is_empty() {
        entries.push(Entry::create(&codebook::of_kinds().map_err(Error::Corrupt)?)?);
    }
    let (without, provisions) = moved(&agreement.value);
    for provision in &provisions {
        entries.push(Entry::create(provision)?);
    }
    entries.push(Entry::update(agreement, &without)?);
    Ok(entries)
}
