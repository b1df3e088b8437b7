//! How much one caller may ask for: calls a second, and streams at a time.
//!
//! Counted before a request is read, so a refusal costs next to nothing. A caller is the subject of a token; who has none
//! is their address. Each process counts for itself: two replicas allow twice as much.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use policy::Caller;

use super::Quotas;
use crate::failure::{self, Failure};

/// After so many calls the callers whose pause is over are forgotten. So there are never more in memory than called in the
/// last two seconds, and these.
const FORGET_EVERY: u32 = 4096;
/// When a slot for a stream gets free only the caller knows.
const STREAM_RETRY: Duration = Duration::from_secs(1);

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Subject(String),
    Address(IpAddr),
}

impl Key {
    /// The subject of `caller`, or else the address it calls from. An IPv6 caller owns a whole /64 and is counted as one.
    pub fn of(caller: &Caller, peer: IpAddr) -> Self {
        if !caller.is_anonymous() {
            return Self::Subject(caller.subject.clone());
        }
        Self::Address(match peer.to_canonical() {
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(subject) => write!(f, "subject:{subject}"),
            Self::Address(address) => write!(f, "clientip:{address}"),
        }
    }
}

/// What every caller has used of the quotas.
#[derive(Debug)]
pub(super) struct Rates {
    calls: Option<Calls>,
    streams: Option<Arc<Streams>>,
}

impl Rates {
    pub fn new(quotas: Quotas) -> Self {
        Self {
            calls: NonZeroU32::new(quotas.calls_per_second).map(Calls::new),
            streams: NonZeroU32::new(quotas.streams_per_caller).map(Streams::new),
        }
    }

    /// Counts a call. The permit is kept until its answer has ended.
    pub fn check(&self, key: Key, is_stream: bool) -> Result<Permit, Failure> {
        if let Some(calls) = &self.calls {
            calls.check(&key)?;
        }
        match &self.streams {
            Some(streams) if is_stream => streams.open(key).map(|open| Permit(Some(open))),
            _ => Ok(Permit(None)),
        }
    }
}

/// That a caller may have an answer.
#[derive(Debug)]
pub(super) struct Permit(
    #[expect(dead_code, reason = "it counts until it is dropped")] Option<Open>,
);

type Limiter = RateLimiter<Key, HashMapStateStore<Key>, DefaultClock>;

#[derive(Debug)]
struct Calls {
    per_second: NonZeroU32,
    limiter: Limiter,
    since_forgotten: AtomicU32,
}

impl Calls {
    /// Who was quiet may make the calls of two seconds at once.
    fn new(per_second: NonZeroU32) -> Self {
        let burst = per_second.saturating_mul(const { NonZeroU32::new(2).expect("2 is not 0") });
        let limiter = RateLimiter::hashmap(Quota::per_second(per_second).allow_burst(burst));
        Self { per_second, limiter, since_forgotten: AtomicU32::new(0) }
    }

    fn check(&self, key: &Key) -> Result<(), Failure> {
        if self.since_forgotten.fetch_add(1, Ordering::Relaxed) >= FORGET_EVERY {
            self.since_forgotten.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(key).map_err(|early| {
            let wait = early.wait_time_from(self.limiter.clock().now());
            let allowed = format!("{} calls a second", self.per_second);
            used_up("RATE_LIMITED", "calls_per_second", self.per_second, key, &allowed, wait)
        })
    }
}

/// The open streams of each caller who has any.
#[derive(Debug)]
struct Streams {
    most: NonZeroU32,
    open: Mutex<HashMap<Key, u32>>,
}

impl Streams {
    fn new(most: NonZeroU32) -> Arc<Self> {
        Arc::new(Self { most, open: Mutex::default() })
    }

    fn open(self: &Arc<Self>, key: Key) -> Result<Open, Failure> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.get(&key).copied().unwrap_or(0);
        if count >= self.most.get() {
            let allowed = format!("{} streams at a time", self.most);
            return Err(used_up(
                "TOO_MANY_STREAMS",
                "streams_per_caller",
                self.most,
                &key,
                &allowed,
                STREAM_RETRY,
            ));
        }
        open.insert(key.clone(), count + 1);
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
        if let Some(count) = open.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.key);
            }
        }
    }
}

fn used_up(
    reason: &'static str,
    quota: &'static str,
    limit: NonZeroU32,
    key: &Key,
    allowed: &str,
    wait: Duration,
) -> Failure {
    let description = format!("one caller may have {allowed}");
    let mut failure = Failure::resource_exhausted(reason, &description)
        .with("quota", quota)
        .with("limit", limit.to_string())
        .retry_after(wait);
    failure.quotas.push(failure::Quota { subject: key.to_string(), description });
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Key {
        Key::of(&Caller::anonymous(), text.parse().unwrap())
    }

    fn rates(calls_per_second: u32, streams_per_caller: u32) -> Rates {
        Rates::new(Quotas { calls_per_second, streams_per_caller })
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
        let allowed = (0..10).filter(|_| rates.check(one.clone(), false).is_ok()).count();

        assert_eq!(allowed, 2);
        assert!(rates.check(other, false).is_ok());
    }

    #[test]
    fn without_a_quota_nothing_is_refused() {
        let rates = rates(0, 0);
        let permits: Result<Vec<_>, _> =
            (0..10_000).map(|_| rates.check(address("192.0.2.1"), true)).collect();

        assert!(permits.is_ok());
    }

    #[test]
    fn callers_who_left_are_forgotten() {
        let rates = rates(1_000_000, 1);
        for caller in 0..100_000 {
            let key = Key::Address(IpAddr::V4(std::net::Ipv4Addr::from_bits(caller)));
            rates.check(key, true).unwrap();
        }

        let kept = rates.calls.unwrap().limiter.len();
        assert!(kept <= 2 * usize::try_from(FORGET_EVERY).unwrap(), "{kept}");
        assert!(rates.streams.unwrap().open.lock().unwrap().is_empty());
    }
}
