//! The migrations, oldest first. One is never changed once it has landed; `tests/schema.rs` notices.

use chronicle::schema::Schema;
use sea_orm_migration::prelude::*;

use crate::domain::{Agreement, Framework, Grant, Party, Source};

/// Brings a database to the schema of this program.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(CreateRecord)]
    }
}

/// The tables of this service.
pub fn schema() -> Schema {
    Schema::service()
        .with::<Party>()
        .with::<Source>()
        .with::<Agreement>()
        .with::<Framework>()
        .with::<Grant>()
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
        schema().create(manager).await
    }
}
