//! Limits the connections: no address has more than its share, the last places for who has few, and
//! a newcomer before who has long been quiet.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use super::rates::{Credits, Key, network};

/// How many connections at a time are asked to make room when every place is taken.
const MAKE_ROOM: usize = 32;
/// After this time without a free place others are asked.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// The maximum for an address in the last eighth of all places, so that a newcomer finds one at
/// once.
const FEW: u32 = 8;
/// How many an address may make each second at least.
const ARRIVALS: NonZeroU32 = NonZeroU32::new(16).expect("16 is not 0");

/// The places for connections.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// From so many on the last eighth is given out.
    last: usize,
    /// How many one address may have; 0 is any number.
    per_address: u32,
    /// How many it may still make: who is sent away and comes again at once takes nobody's time.
    arrivals: Option<Arc<Credits>>,
    /// The idle time after which a connection gives way to a newcomer.
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
    /// So many places in all, and so many for one address.
    pub fn new(all: usize, per_address: u32, gives_way: Duration) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)));
        // All it may have at once, and half of them again each second.
        let a_second = NonZeroU32::new(per_address.div_ceil(2)).map(|half| half.max(ARRIVALS));
        let (last, arrivals) = (all - all / 8, a_second.map(Credits::new));
        Arc::new(Self { free, last, per_address, arrivals, gives_way, taken: Mutex::default() })
    }

    /// A place for a connection of `peer`, as soon as there is one; none if that address has its
    /// share, or comes too often.
    pub async fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let address = network(peer);
        if !self.may_come(address) {
            tracing::debug!(%address, "an address has all the connections it may have");
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

    fn may_come(&self, address: IpAddr) -> bool {
        let Some(arrivals) = &self.arrivals else { return true };
        let taken = self.taken();
        let has = taken.addresses.get(&address).copied().unwrap_or(0);
        let is_short = taken.connections.len() >= self.last;
        drop(taken);
        let most = if is_short { self.per_address.min(FEW) } else { self.per_address };
        has < most && arrivals.take(&Key::Address(address), 1, Instant::now()).is_ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    async fn come(places: &Arc<Places>, peer: IpAddr, times: usize) -> Vec<Place> {
        let mut found = Vec::new();
        for _ in 0..times {
            found.extend(places.take(peer).await);
        }
        found
    }

    #[tokio::test]
    async fn the_last_places_are_kept_for_addresses_that_have_few() {
        let places = Places::new(128, 60, Duration::from_secs(1));
        let greedy = [
            come(&places, address(1), 70).await,
            come(&places, address(2), 70).await,
            come(&places, address(3), 70).await,
        ];

        assert_eq!(greedy.each_ref().map(Vec::len), [60, 52, 8]);
        assert_eq!(come(&places, address(4), 10).await.len(), 8);
    }

    #[tokio::test]
    async fn an_address_that_comes_again_and_again_is_sent_away_at_once() {
        let places = Places::new(1024, 64, Duration::from_secs(1));

        let mut had = 0;
        for _ in 0..200 {
            had += come(&places, address(1), 1).await.len();
        }

        // Those of two seconds, and of the time that passed meanwhile.
        assert!((64..96).contains(&had), "{had}");
        assert_eq!(come(&places, address(2), 1).await.len(), 1);
    }
}
