//! The migration that makes resources of the provisions that agreements held as parts.

use std::sync::Arc;

use api::registan::agreements::v1 as wire;
use api::registan::options::v1::Tier;
use chassis::clock::SystemClock;
use chronicle::{Call, Chronicle, Entry, Error, Reader, Stored};
use prost_reflect::DynamicMessage;
use sea_orm::DatabaseConnection;
use sea_orm::prelude::Uuid;
use sea_orm_migration::prelude::*;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, SchemaManagerConnection};
use standard::Value;

use crate::domain::provision::{CODEBOOK, of_part};
use crate::domain::{Agreement, Provision};

/// The codebooks of the reference record: the kinds of parts are codes of the first.
const CODEBOOKS: &str = include_str!("../../../../crates/reference/data/codebooks.json");
/// Agreements that are read at a time: each may be large.
const PAGE: u64 = 16;

type Codebook = Value<wire::Codebook>;

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
        entries.push(Entry::create(&codebook().map_err(Error::Corrupt)?)?);
    }
    let mut without = agreement.value.clone();
    let parts = std::mem::take(&mut without.provisions);
    for part in parts {
        let provision = of_part(&without.name, without.source.as_ref(), part);
        let provision = wire::Provision { tier: without.tier, ..provision };
        entries.push(Entry::create(&Provision::of(provision))?);
    }
    entries.push(Entry::update(agreement, &without)?);
    Ok(entries)
}

/// The codebook of the kinds of parts, as a suite that begins now has it.
fn codebook() -> Result<Codebook, String> {
    let written: serde_json::Value =
        serde_json::from_str(CODEBOOKS).map_err(|error| error.to_string())?;
    let descriptor = api::descriptors().get_message_by_name("registan.agreements.v1.Codebook");
    let descriptor = descriptor.ok_or("the contract has no codebook")?;
    let message = DynamicMessage::deserialize(descriptor, &written[0]["resource"]);
    let message = message.map_err(|error| error.to_string())?;
    let message: wire::Codebook = message.transcode_to().map_err(|error| error.to_string())?;
    let (name, tier) = (CODEBOOK.to_owned(), Tier::Public.into());
    Ok(Codebook::of(wire::Codebook { name, tier, ..message }))
}
