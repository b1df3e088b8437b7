//! The means of every operation.

use std::sync::Arc;

use api::registan::agreements::v1 as wire;
use chassis::clock::Clock;
use chronicle::Chronicle;
use sea_orm::DatabaseConnection;
use standard::{Records, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::source;
use crate::resources;

/// Imports that run at a time. Each holds a file in memory.
const MAX_IMPORTS: usize = 2;

/// The service, without its wire.
#[derive(Clone)]
pub struct App {
    /// The record and its standard methods.
    pub records: Records,
    imports: Arc<Semaphore>,
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
            .sources::<Value<wire::Source>>(|source| source::published(source));
        Ok(Self {
            records: Records { chronicle, references: Arc::new(references) },
            imports: Arc::new(Semaphore::new(MAX_IMPORTS)),
        })
    }

    /// Waits until few enough other imports run. The turn ends when the permit is dropped; the
    /// semaphore is never closed, so there always is one.
    pub async fn import_turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.imports).acquire_owned().await.ok()
    }
}
