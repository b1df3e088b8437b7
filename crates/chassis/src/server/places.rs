//! Who has a place among the connections: no address more than its share, and a newcomer before who has long been quiet.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use super::rates::network;

/// How many connections at a time are asked to make room when every place is taken.
const MAKE_ROOM: usize = 32;
/// After this time without a free place others are asked.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// The places for connections.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// How many one address may have; 0 is any number.
    per_address: u32,
    /// Who has been quiet for so long gives way to a newcomer.
    gives_way: Duration,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    connections: HashMap<u64, Connection>,
    /// How many connections each address has.
    addresses: HashMap<IpAddr, u32>,
}

#[derive(Debug)]
struct Connection {
    activity: Arc<Activity>,
    make_room: CancellationToken,
}

impl Places {
    pub fn new(all: usize, per_address: u32, gives_way: Duration) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { free, per_address, gives_way, taken: Mutex::default() })
    }

    /// A place for a connection of `peer`, as soon as there is one; none if that address has its share.
    pub async fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let address = network(peer);
        let has = self.taken().addresses.get(&address).copied().unwrap_or(0);
        if self.per_address > 0 && has >= self.per_address {
            tracing::debug!(%address, has, "an address has all the connections it may have");
            return None;
        }
        let permit = self.free().await?;
        let (activity, make_room) = (Activity::new(), CancellationToken::new());
        let mut taken = self.taken();
        let number = taken.next;
        taken.next += 1;
        *taken.addresses.entry(address).or_default() += 1;
        let connection =
            Connection { activity: Arc::clone(&activity), make_room: make_room.clone() };
        taken.connections.insert(number, connection);
        drop(taken);
        let places = Arc::clone(self);
        Some(Place { activity, make_room, places, number, address, _permit: permit })
    }

    async fn free(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(permit);
        }
        loop {
            let asked = self.make_room();
            tracing::warn!(asked, "every connection is taken; quiet ones are asked to make room");
            match timeout(ASK_AGAIN, Arc::clone(&self.free).acquire_owned()).await {
                Ok(permit) => return permit.ok(),
                Err(_elapsed) => {}
            }
        }
    }

    /// Asks those who have been quiet longest to close; returns how many.
    fn make_room(&self) -> usize {
        let taken = self.taken();
        let mut quiet: Vec<(Duration, &Connection)> = taken
            .connections
            .values()
            .filter(|connection| !connection.make_room.is_cancelled())
            .filter_map(|connection| Some((connection.activity.quiet()?, connection)))
            .filter(|(quiet, _)| *quiet >= self.gives_way)
            .collect();
        quiet.sort_unstable_by_key(|(quiet, _)| std::cmp::Reverse(*quiet));
        quiet.truncate(MAKE_ROOM);
        for (_, connection) in &quiet {
            connection.make_room.cancel();
        }
        quiet.len()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub activity: Arc<Activity>,
    /// Cancelled when a newcomer needs the place.
    pub make_room: CancellationToken,
    places: Arc<Places>,
    number: u64,
    address: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Ends when the place is needed and there has been no request since for so long.
    pub async fn gone(&self, farewell: Duration) {
        self.make_room.cancelled().await;
        sleep(farewell).await;
        self.activity.quiet_for(farewell).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.connections.remove(&self.number);
        if let Some(count) = taken.addresses.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.addresses.remove(&self.address);
            }
        }
    }
}
