//! How many calls of one caller are under way at a time. The others wait for their turn, so that who asks for much at once
//! takes no more of the database than who asks one by one.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Key;

/// The calls of each caller who has any.
#[derive(Debug)]
pub(super) struct Turns {
    most: usize,
    callers: Mutex<HashMap<Key, Line>>,
}

/// Those under way, and those who wait.
#[derive(Debug)]
struct Line {
    free: Arc<Semaphore>,
    calls: usize,
}

impl Turns {
    pub fn new(most: NonZeroU32) -> Arc<Self> {
        let most = usize::try_from(most.get()).unwrap_or(Semaphore::MAX_PERMITS);
        Arc::new(Self { most: most.min(Semaphore::MAX_PERMITS), callers: Mutex::default() })
    }

    /// The turn of one call, which is not taken yet.
    pub fn of(self: &Arc<Self>, key: Key) -> Turn {
        let mut callers = self.callers();
        let line = callers
            .entry(key.clone())
            .or_insert_with(|| Line { free: Arc::new(Semaphore::new(self.most)), calls: 0 });
        line.calls += 1;
        let free = Arc::clone(&line.free);
        drop(callers);
        Turn { taken: None, free, turns: Arc::clone(self), key }
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
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn key(subject: &str) -> Key {
        Key::Subject(subject.to_owned())
    }

    #[tokio::test]
    async fn a_call_above_the_limit_waits_for_another_of_its_caller() {
        let turns = Turns::new(NonZeroU32::MIN);
        let moment = Duration::from_millis(20);
        let (mut first, mut second) = (turns.of(key("anna")), turns.of(key("anna")));
        let mut other = turns.of(key("berta"));
        first.take().await;
        assert!(timeout(moment, second.take()).await.is_err());
        other.take().await;

        drop(first);

        second.take().await;
        drop((second, other));
        assert!(turns.callers().is_empty());
    }
}
