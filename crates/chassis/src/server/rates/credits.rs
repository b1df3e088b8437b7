//! The credit of each caller: grows with time, falls with every call, and below nothing when one
//! was dear.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::key::{Key, used_up};
use crate::failure::{ErrorReason, Failure};

/// So many bytes of a request count for one call more: they are read, checked and searched by.
const ASKED: u64 = 4 * 1024;
/// So many bytes of an answer count for one call more: a page of 1000 for some twenty.
const ANSWERED: u64 = 32 * 1024;
/// The burst: a caller that was idle may make the calls of so many seconds at once.
const BURST: f64 = 2.0;
/// The longest wait for credit after a dear call, in seconds.
const LONGEST_WAIT: f64 = 5.0;
/// After so many calls the callers whose pause is over are forgotten. So there are never more in
/// memory than called in the last seconds, and these.
const FORGET_EVERY: u32 = 4096;

/// The credit of every caller who has not all of it.
#[derive(Debug)]
pub(in crate::server) struct Credits {
    per_second: NonZeroU32,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    callers: HashMap<Key, Credit>,
    since_forgotten: u32,
}

/// How many calls a caller had left at an instant.
#[derive(Clone, Copy, Debug)]
struct Credit {
    calls: f64,
    at: Instant,
}

impl Credits {
    /// Credits that grow by so many calls a second.
    pub fn new(per_second: NonZeroU32) -> Arc<Self> {
        Arc::new(Self { per_second, known: Mutex::default() })
    }

    fn rate(&self) -> f64 {
        f64::from(self.per_second.get())
    }

    fn full(&self) -> f64 {
        self.rate() * BURST
    }

    fn now(&self, credit: Credit, now: Instant) -> f64 {
        let grown = now.saturating_duration_since(credit.at).as_secs_f64() * self.rate();
        (credit.calls + grown).min(self.full())
    }

    /// Counts a call for `cost` calls, if its caller has any left.
    pub fn take(&self, key: &Key, cost: u32, now: Instant) -> Result<(), Failure> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.since_forgotten += 1;
        if known.since_forgotten >= FORGET_EVERY {
            known.since_forgotten = 0;
            known.callers.retain(|_, credit| self.now(*credit, now) < self.full());
            known.callers.shrink_to_fit();
        }
        let known_credit = known.callers.get_mut(key);
        let calls = known_credit.as_ref().map_or(self.full(), |credit| self.now(**credit, now));
        if calls < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - calls) / self.rate());
            let allowed =
                format!("{} calls a second, and a dear call counts for several", self.per_second);
            return Err(used_up(
                ErrorReason::RateLimited,
                "calls_per_second",
                self.per_second,
                key,
                &allowed,
                wait,
            ));
        }
        let left = Credit { calls: calls - f64::from(cost), at: now };
        match known_credit {
            Some(credit) => *credit = left,
            None => {
                known.callers.insert(key.clone(), left);
            }
        }
        Ok(())
    }

    /// Counts a call that is over for `cost` calls more.
    fn charge(&self, key: &Key, cost: u32, now: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let credit =
            known.callers.entry(key.clone()).or_insert(Credit { calls: self.full(), at: now });
        let least = -self.rate() * LONGEST_WAIT;
        *credit = Credit { calls: (self.now(*credit, now) - f64::from(cost)).max(least), at: now };
    }

    /// How many callers are remembered.
    #[cfg(test)]
    pub fn known(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).callers.len()
    }
}

/// The bytes of one call; charged when it is dropped.
#[derive(Debug)]
pub(in crate::server) struct Bill {
    credits: Arc<Credits>,
    key: Key,
    asked: AtomicU64,
    answered: AtomicU64,
}

impl Bill {
    pub(super) fn to(credits: &Arc<Credits>, key: Key) -> Arc<Self> {
        let (asked, answered) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { credits: Arc::clone(credits), key, asked, answered })
    }

    /// So many bytes of the request were read.
    pub fn asked(&self, bytes: usize) {
        self.asked.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So many bytes of the answer were made.
    pub fn answered(&self, bytes: usize) {
        self.answered.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        let cost = *self.asked.get_mut() / ASKED + *self.answered.get_mut() / ANSWERED;
        if cost > 0 {
            self.credits.charge(&self.key, u32::try_from(cost).unwrap_or(u32::MAX), Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::Subject("anna".to_owned())
    }

    fn ten_a_second() -> Arc<Credits> {
        Credits::new(NonZeroU32::new(10).unwrap())
    }

    fn wait(credits: &Credits, now: Instant) -> Option<Duration> {
        credits.take(&key(), 1, now).err().map(|failure| failure.retry.unwrap())
    }

    #[test]
    fn a_dear_call_counts_for_several() {
        let (credits, now) = (ten_a_second(), Instant::now());
        credits.take(&key(), 25, now).unwrap();

        assert_eq!(wait(&credits, now), Some(Duration::from_millis(600)));
        assert_eq!(wait(&credits, now + Duration::from_millis(600)), None);
    }

    #[test]
    fn the_bytes_of_a_call_are_charged_when_it_is_over() {
        let (credits, now) = (ten_a_second(), Instant::now());
        let bill = Bill::to(&credits, key());
        bill.answered(30 * 32 * 1024);
        assert_eq!(wait(&credits, now), None);

        drop(bill);

        let wait = wait(&credits, Instant::now()).unwrap();
        assert!(
            wait > Duration::from_millis(900) && wait < Duration::from_millis(1300),
            "{wait:?}"
        );
    }

    #[test]
    fn nobody_waits_long_for_what_was_charged_afterwards() {
        let (credits, now) = (ten_a_second(), Instant::now());

        credits.charge(&key(), u32::MAX, now);

        assert_eq!(wait(&credits, now), Some(Duration::from_millis(5100)));
        assert_eq!(wait(&credits, now + Duration::from_secs(6)), None);
    }
}
