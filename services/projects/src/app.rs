//! The state that all operations share.

use std::sync::Arc;

use chassis::client::Connection;
use chassis::clock::Clock;
use chronicle::Chronicle;
use ingest::Turns;
use sea_orm::DatabaseConnection;
use standard::Records;

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
    /// Opens the record in a migrated database; `agreements` is where parties, sources, agreements
    /// and frameworks are kept.
    pub async fn open(
        db: DatabaseConnection,
        clock: Arc<dyn Clock>,
        agreements: &Connection,
    ) -> Result<Self, chronicle::Error> {
        let chronicle = Arc::new(Chronicle::open(db, clock).await?);
        let law = [
            "parties/{party}",
            "sources/{source}",
            "agreements/{agreement}",
            "agreements/{agreement}/provisions/{provision}",
            "acts/{act}",
            "frameworks/{framework}",
            "frameworks/{framework}/priorities/{priority}",
        ];
        let references =
            resources().references(Arc::clone(&chronicle)).there(&law, "agreements", agreements);
        Ok(Self {
            records: Records { chronicle, references: Arc::new(references) },
            imports: Arc::default(),
        })
    }
}
