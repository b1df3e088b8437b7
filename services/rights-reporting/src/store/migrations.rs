//! The migrations, oldest first. Each brings a database to the tables as they are described now, so each change of a
//! description gets one; `tests/schema.rs` notices.

use chronicle::schema::Schema;
use chronicle::verify::Kind;
use sea_orm_migration::prelude::*;

use crate::domain::{Activity, Recommendation};

/// Brings a database to the schema of this program.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(CreateRecord), Box::new(KeepTiersAndChain)]
    }
}

/// The tables of this service.
pub fn schema() -> Schema {
    Schema::service().with::<Recommendation>().with::<Activity>()
}

/// What is kept in them, to be verified.
pub fn kinds() -> Vec<Kind> {
    schema().into_kinds()
}

struct CreateRecord;

impl MigrationName for CreateRecord {
    fn name(&self) -> &'static str {
        "m20261124_000001_create_record"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateRecord {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema().bring(manager).await
    }
}

/// Tiers, desks, the hash chain.
struct KeepTiersAndChain;

impl MigrationName for KeepTiersAndChain {
    fn name(&self) -> &'static str {
        "m20261124_000002_keep_tiers_and_chain"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for KeepTiersAndChain {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema().bring(manager).await
    }
}
