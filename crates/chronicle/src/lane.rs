//! Turns at the database, so that what reads one row finds a connection at once: what reads many
//! waits for its turn, and what goes on for long waits in a line of its own, for connections of its
//! own.

use sea_orm::{DatabaseConnection, DbBackend, DbErr, QueryResult, StatementBuilder};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::address::Address;
use crate::readers::Readers;
use crate::{Chronicle, connection};

/// The maximum of reads at the same time: pages, long pages, and streams.
const SQLITE: [usize; 3] = [2, 1, 1];
pub(crate) const POSTGRES: [usize; 3] = [6, 2, 3];
/// A page of more rows than this is a long one.
pub const LONG: u64 = 100;

/// The queue that a read waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Nothing: it is short, and others depend on it.
    Free,
    /// Other pages, sums and lists of revisions.
    Page,
    /// Other pages of more than `LONG` rows. They wait for each other, and a short page for
    /// neither.
    Long,
    /// Other streams: exports, differences, and those who watch. However many they are, a page does
    /// not wait for them.
    Stream,
}

/// The lines.
pub(crate) struct Lanes {
    pages: Semaphore,
    long: Semaphore,
    streams: Semaphore,
    /// The connections for long reads. Those of SQLite are threads, which have the priority of the
    /// thread that opened them.
    apart: DatabaseConnection,
    /// Reads by them.
    readers: Readers,
    address: Address,
}

impl Lanes {
    /// The lanes of a database.
    pub fn at(db: &DatabaseConnection) -> Self {
        let is_postgres = db.get_database_backend() == DbBackend::Postgres;
        let [pages, long, streams] = if is_postgres { POSTGRES } else { SQLITE };
        let apart = connection::apart(db, u32::try_from(long + streams).unwrap_or(u32::MAX));
        let readers = Readers::by(&apart, long + streams);
        let [pages, long, streams] = [pages, long, streams].map(Semaphore::new);
        let address = Address::of(db);
        Self { pages, long, streams, apart, readers, address }
    }

    /// The connections for what is long.
    pub const fn apart(&self) -> &DatabaseConnection {
        &self.apart
    }
}

impl Chronicle {
    /// Waits for a turn, which lasts until what is returned is dropped. Never take a second one
    /// meanwhile.
    pub async fn turn(&self, lane: Lane) -> Option<SemaphorePermit<'_>> {
        if matches!(lane, Lane::Long | Lane::Stream) {
            self.lanes.address.follow(&self.db, &self.lanes.apart);
        }
        match lane {
            Lane::Free => None,
            Lane::Page => self.lanes.pages.acquire().await.ok(),
            Lane::Long => self.lanes.long.acquire().await.ok(),
            Lane::Stream => self.lanes.streams.acquire().await.ok(),
        }
    }

    /// The rows of a query that is asked in a lane, in its turn.
    pub(crate) async fn ask(
        &self,
        lane: Lane,
        query: &impl StatementBuilder,
    ) -> Result<Vec<QueryResult>, DbErr> {
        match lane {
            Lane::Free | Lane::Page => self.readers.query_all(query).await,
            Lane::Long | Lane::Stream => self.lanes.readers.query_all(query).await,
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

        let long = lanes.long.acquire().await.unwrap();
        let pages = [lanes.pages.acquire().await.unwrap(), lanes.pages.acquire().await.unwrap()];
        assert!(timeout(moment, lanes.pages.acquire()).await.is_err());

        drop((stream, long, pages));
        assert!(timeout(moment, lanes.pages.acquire()).await.is_ok());
    }
}
