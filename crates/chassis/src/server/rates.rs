//! How much one caller may ask for: calls a second, calls under way at a time, and streams at a
//! time.
//!
//! Counted before a request is read, so a refusal costs next to nothing. A large request or answer
//! counts for more calls than one, which is known when it is over: it is charged then. A caller is
//! the subject of a token; who has none is their address. Each process counts for itself: two
//! replicas allow twice as much.

mod credits;
mod key;
mod turns;

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use policy::Caller;

pub(super) use self::credits::{Bill, Credits};
use self::key::used_up;
pub(super) use self::key::{Key, network};
use self::turns::{Turn, Turns};
use super::limits::Quotas;
use crate::config::Networks;
use crate::failure::{ErrorReason, Failure};

/// When a slot for a stream gets free only the caller knows.
const STREAM_RETRY: Duration = Duration::from_secs(1);
/// The maximum of streams of a caller when those of all callers have become many.
const FEW_STREAMS: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0");

/// The quotas that every caller has used.
#[derive(Debug)]
pub(super) struct Rates {
    calls: Option<Arc<Credits>>,
    turns: Option<Arc<Turns>>,
    streams: Option<Arc<Streams>>,
    proxies: Networks,
}

impl Rates {
    /// `all` is how many streams there may be of all callers together, where there is a quota for
    /// one.
    pub fn new(quotas: Quotas, all: u32) -> Self {
        Self {
            calls: NonZeroU32::new(quotas.calls_per_second).map(Credits::new),
            turns: NonZeroU32::new(quotas.calls_per_caller).map(Turns::new),
            streams: NonZeroU32::new(quotas.streams_per_caller)
                .map(|most| Streams::new(most, NonZeroU32::new(all).unwrap_or(NonZeroU32::MAX))),
            proxies: Networks::default(),
        }
    }

    /// Believes these proxies who they call for.
    pub fn behind(self, proxies: Networks) -> Self {
        Self { proxies, ..self }
    }

    /// The caller that a call from `peer` counts for.
    pub fn key(&self, caller: &Caller, peer: IpAddr, headers: &HeaderMap) -> Key {
        Key::of(caller, self.proxies.caller(peer, headers))
    }

    /// Counts a call of `method`, or refuses it. The permit is kept until its answer has ended.
    pub fn check(&self, key: Key, is_stream: bool, cost: u32) -> Result<Permit, Failure> {
        if let Some(calls) = &self.calls {
            calls.take(&key, cost, Instant::now())?;
        }
        let mut permit = Permit::default();
        if let Some(streams) = &self.streams
            && is_stream
        {
            permit.open = Some(streams.open(key)?);
        } else if !is_stream {
            permit.turn = self.turns.as_ref().map(|turns| turns.of(key.clone())).transpose()?;
            permit.bill = self.calls.as_ref().map(|calls| Bill::to(calls, key));
        }
        Ok(permit)
    }
}

/// That a caller may have an answer.
#[derive(Debug, Default)]
pub(super) struct Permit {
    /// The bill for the bytes of a unary call.
    pub bill: Option<Arc<Bill>>,
    turn: Option<Turn>,
    open: Option<Open>,
}

impl Permit {
    /// Waits until few enough other calls of the same caller are under way.
    pub async fn turn(&mut self) {
        if let Some(turn) = &mut self.turn {
            turn.take().await;
        }
    }

    /// Returns whether anything is counted by it.
    #[cfg(test)]
    fn counts(&self) -> bool {
        self.bill.is_some() || self.turn.is_some() || self.open.is_some()
    }
}

/// The open streams of each caller who has any.
#[derive(Debug)]
struct Streams {
    most: NonZeroU32,
    /// Of all callers.
    all: NonZeroU32,
    open: Mutex<Opened>,
}

#[derive(Debug, Default)]
struct Opened {
    all: u32,
    callers: HashMap<Key, u32>,
}

impl Streams {
    fn new(most: NonZeroU32, all: NonZeroU32) -> Arc<Self> {
        Arc::new(Self { most, all, open: Mutex::default() })
    }

    /// How many a caller may have while there are so many: few, of the last quarter.
    fn allowed(&self, open: u32) -> NonZeroU32 {
        if open < self.all.get() / 4 * 3 { self.most } else { self.most.min(FEW_STREAMS) }
    }

    fn open(self: &Arc<Self>, key: Key) -> Result<Open, Failure> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, most) = (open.callers.get(&key).copied().unwrap_or(0), self.allowed(open.all));
        if count >= most.get() || open.all >= self.all.get() {
            let allowed = format!("{most} streams at a time");
            return Err(used_up(
                ErrorReason::TooManyStreams,
                "streams_per_caller",
                most,
                &key,
                &allowed,
                STREAM_RETRY,
            ));
        }
        open.callers.insert(key.clone(), count + 1);
        open.all += 1;
        Ok(Open { streams: Arc::clone(self), key })
    }
}

/// One open stream.
#[derive(Debug)]
struct Open {
    streams: Arc<Streams>,
    key: Key,
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(count) = open.callers.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                open.callers.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use policy::Caller;

    use super::*;

    fn address(text: &str) -> Key {
        Key::of(&Caller::anonymous(), text.parse().unwrap())
    }

    fn rates(calls_per_second: u32, streams_per_caller: u32) -> Rates {
        Rates::new(Quotas { calls_per_second, streams_per_caller, ..Quotas::default() }, 0)
    }

    #[test]
    fn a_caller_is_their_subject_or_else_their_network() {
        let named = Caller { subject: "anna".to_owned(), ..Caller::anonymous() };

        assert_eq!(Key::of(&named, "192.0.2.7".parse().unwrap()).to_string(), "subject:anna");
        assert_eq!(address("192.0.2.7").to_string(), "clientip:192.0.2.7");
        assert_eq!(address("::ffff:192.0.2.7"), address("192.0.2.7"));
        assert_eq!(address("2001:db8:1:2:3::4"), address("2001:db8:1:2:5::6"));
        assert_ne!(address("2001:db8:1:2::"), address("2001:db8:1:3::"));
    }

    #[test]
    fn callers_do_not_share_a_quota() {
        let rates = rates(1, 0);
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let allowed = (0..10).filter(|_| rates.check(one.clone(), false, 1).is_ok()).count();

        assert_eq!(allowed, 2);
        assert!(rates.check(other, false, 1).is_ok());
    }

    #[test]
    fn the_last_streams_are_kept_for_callers_who_have_few() {
        let quotas = Quotas { streams_per_caller: 32, ..Quotas::default() };
        let rates = Rates::new(quotas, 64);
        let open = |address: &str, count: usize| {
            let key = self::address(address);
            let permits = (0..count).map_while(|_| rates.check(key.clone(), true, 1).ok());
            permits.collect::<Vec<_>>()
        };
        let (first, second) = (open("192.0.2.1", 40), open("192.0.2.2", 40));
        let others: Vec<_> = (3..9).map(|place| open(&format!("192.0.2.{place}"), 40)).collect();

        assert_eq!((first.len(), second.len()), (32, 16));
        assert_eq!(others.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 4, 4, 0, 0]);
        drop(first);
        assert_eq!(open("192.0.2.9", 40).len(), 16);
    }

    #[test]
    fn without_a_quota_nothing_is_refused() {
        let rates = rates(0, 0);
        let permits: Result<Vec<Permit>, Failure> =
            (0..10_000).map(|_| rates.check(address("192.0.2.1"), true, 1)).collect();

        assert!(permits.unwrap().iter().all(|permit| !permit.counts()));
    }

    #[test]
    fn callers_who_left_are_forgotten() {
        let rates = rates(1_000_000, 1);
        for caller in 0..100_000 {
            let key = Key::Address(IpAddr::V4(std::net::Ipv4Addr::from_bits(caller)));
            rates.check(key, true, 1).unwrap();
        }

        let kept = rates.calls.unwrap().known();
        assert!(kept <= 10_000, "{kept}");
        assert!(rates.streams.unwrap().open.lock().unwrap().callers.is_empty());
    }
}
