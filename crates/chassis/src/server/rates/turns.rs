//! How many calls of one caller are under way at a time. The others wait for their turn, so that a
//! caller of many at once takes no more of the database than one that calls one by one.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::key::{Key, used_up};
use crate::failure::{ErrorReason, Failure};

/// So many times those under way may be there at all, those who wait included.
const WAITING: usize = 8;
const RETRY: Duration = Duration::from_secs(1);

/// The calls of each caller who has any.
#[derive(Debug)]
pub(super) struct Turns {
    most: usize,
    callers: Mutex<HashMap<Key, Line>>,
}

/// The calls of a caller: under way, and waiting.
#[derive(Debug)]
struct Line {
    free: Arc<Semaphore>,
    calls: usize,
}

impl Turns {
    /// At most so many calls of a caller at a time.
    pub fn new(most: NonZeroU32) -> Arc<Self> {
        let most = usize::try_from(most.get()).unwrap_or(Semaphore::MAX_PERMITS);
        Arc::new(Self { most: most.min(Semaphore::MAX_PERMITS), callers: Mutex::default() })
    }

    /// The turn of one call, which is not taken yet.
    /// A caller with too many waiting calls is refused: a waiting call takes memory.
    pub fn of(self: &Arc<Self>, key: Key) -> Result<Turn, Failure> {
        let mut callers = self.callers();
        let line = callers
            .entry(key.clone())
            .or_insert_with(|| Line { free: Arc::new(Semaphore::new(self.most)), calls: 0 });
        if line.calls >= self.most.saturating_mul(WAITING) {
            drop(callers);
            let most = NonZeroU32::new(u32::try_from(self.most).unwrap_or(u32::MAX));
            let most = most.unwrap_or(NonZeroU32::MIN);
            let allowed = format!("{most} calls under way, and {WAITING} times as many waiting");
            return Err(used_up(
                ErrorReason::TooManyCalls,
                "calls_per_caller",
                most,
                &key,
                &allowed,
                RETRY,
            ));
        }
        line.calls += 1;
        let free = Arc::clone(&line.free);
        drop(callers);
        Ok(Turn { taken: None, free, turns: Arc::clone(self), key })
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<Key, Line>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn of one call, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    taken: Option<OwnedSemaphorePermit>,
    free: Arc<Semaphore>,
    turns: Arc<Turns>,
    key: Key,
}

impl Turn {
    /// Waits for it.
    pub async fn take(&mut self) {
        self.taken = Arc::clone(&self.free).acquire_owned().await.ok();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut callers = self.turns.callers();
        if let Some(line) = callers.get_mut(&self.key) {
            line.calls -= 1;
            if line.calls == 0 {
                callers.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    fn key(subject: &str) -> Key {
        Key::Subject(subject.to_owned())
    }

    #[tokio::test]
    async fn a_call_above_the_limit_waits_for_another_of_its_caller() {
        let turns = Turns::new(NonZeroU32::MIN);
        let moment = Duration::from_millis(20);
        let (mut first, mut second) =
            (turns.of(key("anna")).unwrap(), turns.of(key("anna")).unwrap());
        let mut other = turns.of(key("berta")).unwrap();
        first.take().await;
        assert!(timeout(moment, second.take()).await.is_err());
        other.take().await;

        drop(first);

        second.take().await;
        drop((second, other));
        assert!(turns.callers().is_empty());
    }

    #[test]
    fn who_has_too_many_waiting_is_told_to_come_again() {
        let turns = Turns::new(NonZeroU32::MIN);
        let waiting: Vec<_> = (0..8).map(|_| turns.of(key("anna")).unwrap()).collect();

        let refused = turns.of(key("anna")).unwrap_err();

        assert_eq!((refused.reason, refused.retry), (ErrorReason::TooManyCalls, Some(RETRY)));
        assert!(turns.of(key("berta")).is_ok());
        drop(waiting);
        assert!(turns.of(key("anna")).is_ok());
    }
}
