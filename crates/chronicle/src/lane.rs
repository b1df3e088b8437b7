//! Turns at the database, so that what reads one row finds a connection at once: what reads many waits for its turn, and
//! what goes on for long waits in a line of its own.

use sea_orm::{DatabaseConnection, DbBackend};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Chronicle;

/// Who reads at the same time at most: pages, and streams.
const SQLITE: (usize, usize) = (2, 1);
const POSTGRES: (usize, usize) = (8, 4);

/// What a reading waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Nothing: it is short, and others depend on it.
    Free,
    /// Other pages, sums and lists of revisions.
    Page,
    /// Other streams: exports, differences, and those who watch. However many they are, a page does not wait for them.
    Stream,
}

/// The lines.
#[derive(Debug)]
pub(crate) struct Lanes {
    pages: Semaphore,
    streams: Semaphore,
}

impl Lanes {
    pub fn at(db: &DatabaseConnection) -> Self {
        let is_postgres = db.get_database_backend() == DbBackend::Postgres;
        let (pages, streams) = if is_postgres { POSTGRES } else { SQLITE };
        Self { pages: Semaphore::new(pages), streams: Semaphore::new(streams) }
    }
}

impl Chronicle {
    /// Waits for a turn, which lasts until what is returned is dropped. Never take a second one meanwhile.
    pub async fn turn(&self, lane: Lane) -> Option<SemaphorePermit<'_>> {
        match lane {
            Lane::Free => None,
            Lane::Page => self.lanes.pages.acquire().await.ok(),
            Lane::Stream => self.lanes.streams.acquire().await.ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn streams_keep_no_page_waiting_and_pages_nothing_short() {
        let db = crate::database::open("sqlite::memory:").await.unwrap();
        let lanes = Lanes::at(&db);
        let moment = Duration::from_millis(20);
        let stream = lanes.streams.acquire().await.unwrap();
        assert!(timeout(moment, lanes.streams.acquire()).await.is_err());

        let pages = [lanes.pages.acquire().await.unwrap(), lanes.pages.acquire().await.unwrap()];
        assert!(timeout(moment, lanes.pages.acquire()).await.is_err());

        drop((stream, pages));
        assert!(timeout(moment, lanes.pages.acquire()).await.is_ok());
    }
}
