//! What every operation may use.

use std::sync::Arc;

use chassis::client::Connection;
use chassis::clock::Clock;
use chronicle::Chronicle;
use sea_orm::DatabaseConnection;
use standard::{Records, References};

use crate::domain::{Organization, Project, Transaction};

/// The service, without its wire.
#[derive(Clone)]
pub struct App {
    /// The record and its standard methods.
    pub records: Records,
}

impl App {
    /// Opens the record in a migrated database; `agreements` is where parties, sources, agreements and frameworks are kept.
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
            "frameworks/{framework}",
            "frameworks/{framework}/priorities/{priority}",
        ];
        let references = References::new(Arc::clone(&chronicle))
            .here::<Organization>()
            .here::<Project>()
            .here::<Transaction>()
            .there(&law, "agreements", agreements);
        Ok(Self { records: Records { chronicle, references: Arc::new(references) } })
    }
}
