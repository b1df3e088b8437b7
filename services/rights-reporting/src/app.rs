//! The state that all operations share.

use std::sync::Arc;

use chassis::client::Connection;
use chassis::clock::Clock;
use chronicle::Chronicle;
use sea_orm::DatabaseConnection;
use standard::Records;

use crate::resources;

/// The services that keep what is referred to here.
pub struct Peers {
    /// Keeps parties, sources and agreements.
    pub agreements: Connection,
    /// Keeps projects.
    pub projects: Connection,
}

/// The service, without its wire.
#[derive(Clone)]
pub struct App {
    /// The record and its standard methods.
    pub records: Records,
}

impl App {
    /// Opens the record in a migrated database.
    pub async fn open(
        db: DatabaseConnection,
        clock: Arc<dyn Clock>,
        peers: &Peers,
    ) -> Result<Self, chronicle::Error> {
        let chronicle = Arc::new(Chronicle::open(db, clock).await?);
        let law = [
            "parties/{party}",
            "sources/{source}",
            "agreements/{agreement}",
            "agreements/{agreement}/provisions/{provision}",
        ];
        let references = resources()
            .references(Arc::clone(&chronicle))
            .there(&law, "agreements", &peers.agreements)
            .there(&["projects/{project}"], "projects", &peers.projects);
        Ok(Self { records: Records { chronicle, references: Arc::new(references) } })
    }
}
