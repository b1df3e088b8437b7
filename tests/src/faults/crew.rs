//! The writers of a storm, from the first write to the comparison of everything.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::check::{Finding, check};
use super::ledger::{self, Ledger};
use super::read_back::read_back;
use super::record::Record;
use super::system::System;
use super::writer::{Shared, Tally, Writer};

/// Agreements that all writers change.
const SHARED: usize = 4;
/// How long the writers may be without any acknowledgement.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Clients that write at the same time.
pub struct Crew {
    /// The state that they share.
    pub shared: Arc<Shared>,
    writers: JoinSet<anyhow::Result<Tally>>,
    folder: PathBuf,
}

impl Crew {
    /// Writes what all of them change and one party that is CONFIDENTIAL, then starts them.
    pub async fn begin(system: &System, count: usize, seed: u64) -> anyhow::Result<Self> {
        let folder = system.folder.path().join("ledgers");
        std::fs::create_dir(&folder)?;
        let first = Ledger::begin(&folder, "shared").await?;
        let first = Writer::new(&system.addresses, count, first, Arc::default(), seed)?;
        let (agreements, confidential) = first.create_shared(SHARED).await?;
        let shared = Arc::new(Shared { agreements, confidential, ..Shared::default() });
        let mut writers = JoinSet::new();
        for place in 0..count {
            let own = Ledger::begin(&folder, &format!("writer-{place}")).await?;
            let writer = Writer::new(&system.addresses, place, own, Arc::clone(&shared), seed)?;
            writers.spawn(writer.run());
        }
        Ok(Self { shared, writers, folder })
    }

    /// Waits until they write again; returns how long that took.
    pub async fn work(&self) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        let before = self.shared.acknowledged.load(Ordering::Relaxed);
        while self.shared.acknowledged.load(Ordering::Relaxed) == before {
            ensure!(begin.elapsed() < TIMEOUT, "no write is acknowledged any more");
            sleep(Duration::from_millis(1)).await;
        }
        Ok(begin.elapsed())
    }

    /// Waits until so many calls more have been refused; false if that takes longer than
    /// `timeout`.
    pub async fn refused(&self, count: usize, timeout: Duration) -> bool {
        let wanted = self.shared.refused.load(Ordering::Relaxed) + count;
        let until = Instant::now() + timeout;
        while self.shared.refused.load(Ordering::Relaxed) < wanted {
            if Instant::now() > until {
                return false;
            }
            sleep(Duration::from_millis(1)).await;
        }
        true
    }

    /// Tells them to stop, and waits until the last write of each is answered.
    pub async fn end(&mut self) -> anyhow::Result<Tally> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut tally = Tally::default();
        while let Some(writer) = self.writers.join_next().await {
            tally.add(writer??);
        }
        Ok(tally)
    }

    /// Compares the ledgers with what the service answers and, once it has been stopped, with the
    /// rows of its database; returns the number of acknowledged writes and what does not hold.
    pub async fn compare(&self, system: &mut System) -> anyhow::Result<(usize, Vec<Finding>)> {
        let ledger = ledger::read(&self.folder)?;
        let mut findings = read_back(system.addresses[0], &ledger).await?;
        system.stop_services();
        findings.extend(check(&ledger, &Record::read(&system.url).await?));
        Ok((ledger.len(), findings))
    }
}
