//! The means of every operation.

use std::sync::Arc;

use chassis::clock::Clock;
use chronicle::Chronicle;
use ingest::Turns;
use sea_orm::DatabaseConnection;
use standard::Records;

use crate::domain::{Source, source};
use crate::resources;

/// The service, without its wire.
#[derive(Clone)]
pub struct App {
    /// The record and its standard methods.
    pub records: Records,
    /// The turns of imports.
    pub imports: Arc<Turns>,
}

impl App {
    /// Opens the record in a migrated database.
    pub async fn open(
        db: DatabaseConnection,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, chronicle::Error> {
        let chronicle = Arc::new(Chronicle::open(db, clock).await?);
        let references = resources()
            .references(Arc::clone(&chronicle))
            .sources::<Source>(|source| source::published(source));
        Ok(Self {
            records: Records { chronicle, references: Arc::new(references) },
            imports: Arc::default(),
        })
    }
}
