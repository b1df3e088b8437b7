//! The watch storm: many write at two replicas, and watchers that are cut off again and again must
//! miss nothing.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use testkit::Engine;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::changer::Changer;
use super::follower::Follower;
use super::system::System;
use super::told::{Change, FILTERS, Faults};

/// The party that ends the storm: every watcher is told of it.
const LAST: &str = "parties/last";
/// Half of the watchers come when this part of the changes is made, and meet a snapshot.
const LATE: usize = 4;
const PROGRESS: Duration = Duration::from_secs(10);

/// The plan of the storm.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The engine of the database.
    pub engine: Engine,
    /// How many changes to make, at least.
    pub changes: usize,
    /// Clients that write at the same time, spread over the replicas.
    pub writers: usize,
    /// Clients that watch at the same time.
    pub watchers: usize,
    /// Processes that serve the same database.
    pub replicas: usize,
    /// Decides what is written and when a watcher is cut off; how they meet is up to the machine.
    pub seed: u64,
}

/// The report of the storm.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    changes: usize,
    events: usize,
    cuts: usize,
    faults: Faults,
    writing: Duration,
    duration: Duration,
}

/// Runs a storm and compares everything. Nothing where PostgreSQL or the program is not there.
pub async fn run(plan: Plan) -> anyhow::Result<Option<Report>> {
    let begin = Instant::now();
    let Some(system) = System::start(plan.engine, plan.replicas).await? else { return Ok(None) };
    let made = Arc::new(AtomicUsize::new(0));

    let mut watchers = JoinSet::new();
    for place in 0..plan.watchers {
        let (addresses, made) = (system.addresses.clone(), Arc::clone(&made));
        let seed = plan.seed.wrapping_mul(31) + place as u64;
        let follower = Follower::new(addresses, &FILTERS[place % FILTERS.len()], seed);
        let comes_at = if place < plan.watchers / 2 { 0 } else { plan.changes / LATE };
        watchers.spawn(async move {
            while made.load(Ordering::Relaxed) < comes_at {
                sleep(Duration::from_millis(5)).await;
            }
            follower.run(LAST).await
        });
    }
    let mut writers = JoinSet::new();
    for place in 0..plan.writers {
        let address = system.addresses[place % system.addresses.len()];
        let (changer, made) = (Changer::new(address, place, plan.seed)?, Arc::clone(&made));
        let count = plan.changes.div_ceil(plan.writers);
        writers.spawn(async move { changer.run(count, &made).await });
    }
    let progress = tokio::spawn(tell(Arc::clone(&made), plan));
    let mut changes: Vec<Change> = Vec::new();
    while let Some(written) = writers.join_next().await {
        changes.extend(written??);
    }
    progress.abort();
    let writing = begin.elapsed();
    let last = Changer::new(system.addresses[0], plan.writers, plan.seed)?;
    changes.push(last.create_last("last").await?);
    changes.sort_by_key(|change| change.time);
    let different = changes.windows(2).all(|pair| pair[0].time < pair[1].time);
    ensure!(different, "two changes have the same record time");

    let (mut events, mut cuts, mut faults) = (0, 0, Faults::default());
    while let Some(follower) = watchers.join_next().await {
        let follower = follower??;
        events += follower.events();
        cuts += follower.cuts;
        faults.add(follower.check(&changes).await?);
    }
    let (changes, duration) = (changes.len(), begin.elapsed());
    Ok(Some(Report { plan, changes, events, cuts, faults, writing, duration }))
}

async fn tell(made: Arc<AtomicUsize>, plan: Plan) {
    loop {
        sleep(PROGRESS).await;
        let made = made.load(Ordering::Relaxed);
        eprintln!("{:?}: {made} of {} changes", plan.engine, plan.changes);
    }
}

impl Report {
    /// Returns whether every watcher was told everything, once and in order.
    pub fn is_good(&self) -> bool {
        self.faults == Faults::default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { engine, writers, watchers, replicas, seed, .. } = self.plan;
        let Self { changes, events, cuts, faults, .. } = self;
        writeln!(
            f,
            "{engine:?}: {changes} changes by {writers} writers at {replicas} replicas, seed {seed}"
        )?;
        writeln!(
            f,
            "  {:.0} s, {:.0} s of them until the last write",
            self.duration.as_secs_f64(),
            self.writing.as_secs_f64()
        )?;
        writeln!(f, "  {watchers} watchers, cut off {cuts} times, had {events} events")?;
        writeln!(f, "  {faults}")
    }
}
