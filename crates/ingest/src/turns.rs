//! The turns of imports: few run at a time in a process, and one of each caller. One that waits for
//! long is told to come again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chassis::Failure;
use chassis::failure::ErrorReason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Imports that run at a time. Each holds a batch of its file, or all of a short one, in memory,
/// and keeps a thread busy.
const MAX_IMPORTS: usize = 2;
/// The turns of one caller.
const MAX_OWN: usize = 1;
/// The time that an import waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(20);
/// The time after which a caller is told to come again.
const RETRY_DELAY: Duration = Duration::from_secs(30);

/// The turns of all callers.
pub struct Turns {
    all: Arc<Semaphore>,
    own: Mutex<HashMap<String, Arc<Semaphore>>>,
    timeout: Duration,
}

/// A turn, which ends when it is dropped.
pub struct Turn {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self::within(TURN_TIMEOUT)
    }
}

impl Turns {
    fn within(timeout: Duration) -> Self {
        Self { all: Arc::new(Semaphore::new(MAX_IMPORTS)), own: Mutex::default(), timeout }
    }

    /// Waits for a turn of a caller, not for long. First for one of their own: that wait keeps no
    /// other caller waiting.
    pub async fn take(&self, caller: &str) -> Result<Turn, Failure> {
        let until = Instant::now() + self.timeout;
        let wait = async |turns, refusal: fn() -> Failure| {
            let turn = timeout_at(until, Semaphore::acquire_owned(turns)).await;
            turn.ok().and_then(Result::ok).ok_or_else(refusal)
        };
        let own = wait(self.own(caller), || {
            let message = "another import of yours runs; wait for its end, or come again later";
            refusal(message, "imports of one caller", MAX_OWN)
        });
        let own = own.await?;
        let all = wait(Arc::clone(&self.all), || {
            let message = "as many imports run as may at a time; come again later";
            refusal(message, "imports", MAX_IMPORTS)
        });
        Ok(Turn { _own: own, _all: all.await? })
    }

    /// Returns the turns of a caller, and forgets those that are neither taken nor waited for.
    fn own(&self, caller: &str) -> Arc<Semaphore> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.retain(|_, turns| Arc::strong_count(turns) > 1);
        let turns = own.entry(caller.to_owned());
        Arc::clone(turns.or_insert_with(|| Arc::new(Semaphore::new(MAX_OWN))))
    }
}

fn refusal(message: &str, quota: &str, limit: usize) -> Failure {
    Failure::resource_exhausted(ErrorReason::TooManyStreams, message)
        .with("quota", quota)
        .with("limit", limit.to_string())
        .retry_after(RETRY_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(refusal: &Failure) -> &str {
        let quota = refusal.metadata.iter().find(|(key, _)| key == "quota");
        quota.map(|(_, quota)| quota.as_str()).unwrap_or_default()
    }

    #[tokio::test]
    async fn a_caller_has_one_turn_and_all_have_two() {
        let turns = Turns::within(Duration::from_millis(50));
        let first = turns.take("one").await.unwrap();

        let again = turns.take("one").await.err().unwrap();
        let second = turns.take("two").await.unwrap();
        let third = turns.take("three").await.err().unwrap();
        drop(first);
        let after = turns.take("three").await;

        assert_eq!((quota(&again), quota(&third)), ("imports of one caller", "imports"));
        assert_eq!(third.reason, ErrorReason::TooManyStreams);
        assert!(third.retry.is_some() && after.is_ok());
        drop((second, after));
        drop(turns.take("four").await);
        assert_eq!(turns.own.lock().unwrap().len(), 1, "a caller without a turn is forgotten");
    }

    #[tokio::test]
    async fn a_caller_that_waits_has_the_turn_as_soon_as_it_ends() {
        let turns = Turns::within(Duration::from_mins(1));
        let first = turns.take("one").await.unwrap();

        let (second, ()) = tokio::join!(turns.take("one"), async { drop(first) });

        assert!(second.is_ok());
    }
}
