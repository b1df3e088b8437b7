//! The activity of a connection: how many requests, and since when none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The requests of one connection, counted.
#[derive(Debug)]
pub(super) struct Activity {
    began: Instant,
    open: AtomicU32,
    /// When the last request ended, in milliseconds after `began`.
    quiet_since: AtomicU64,
}

impl Activity {
    /// A connection that is quiet from now on.
    pub fn new() -> Arc<Self> {
        let (open, quiet_since) = (AtomicU32::new(0), AtomicU64::new(0));
        Arc::new(Self { began: Instant::now(), open, quiet_since })
    }

    /// Counts a request until what is returned is dropped.
    pub fn begin(self: &Arc<Self>) -> Busy {
        self.open.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(self))
    }

    /// How long there has been no request; nothing while there is one.
    pub fn quiet(&self) -> Option<Duration> {
        let since = Duration::from_millis(self.quiet_since.load(Ordering::SeqCst));
        let is_quiet = self.open.load(Ordering::SeqCst) == 0;
        is_quiet.then(|| self.began.elapsed().saturating_sub(since))
    }

    /// Ends when there has been no request for so long.
    pub async fn quiet_for(&self, limit: Duration) {
        loop {
            // What is under way now can be over `limit` from now at the earliest.
            match limit.checked_sub(self.quiet().unwrap_or_default()) {
                None | Some(Duration::ZERO) => return,
                Some(rest) => sleep(rest).await,
            }
        }
    }
}

/// One request that is under way.
#[derive(Debug)]
pub(super) struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        let now = u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.quiet_since.store(now, Ordering::SeqCst);
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}
