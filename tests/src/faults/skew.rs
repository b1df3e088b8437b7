//! The clock storm: the clocks of the replicas are put forwards, backwards and apart while clients
//! write, watch and read.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use chassis::clock::{Clock as _, SystemClock};
use testkit::Engine;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::changer::Changer;
use super::follower::Follower;
use super::instants::{Answers, Gateways, probe};
use super::system::{Setup, System};
use super::told::{Change, FILTERS, Faults};

/// The party that ends the storm, and the one that is asked about.
const LAST: &str = "last";
const WRITERS: usize = 8;
const WATCHERS: usize = 4;
/// After a step of a clock, or once it is right again, a write must succeed at each replica within
/// this time.
pub const WRITING: Duration = Duration::from_secs(3);
/// How long a replica may write nothing before the storm is given up.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long the clocks stay as they were put.
const STAY: Duration = Duration::from_millis(700);
/// How far, in milliseconds, clocks are apart that all still count as right.
const APART: [i64; 5] = [-5000, -250, 0, 250, 5000];
/// And how far off one is that is wrong.
const WRONG: [i64; 4] = [-21_600_000, -600_000, 600_000, 21_600_000];
/// Nothing may be recorded further ahead of the real time than this, in microseconds.
const AHEAD: i64 = 10_000_000;

/// The plan of the storm.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The engine of the database.
    pub engine: Engine,
    /// How often the clocks are put apart, and then one of them wrong.
    pub rounds: usize,
    /// Processes that serve the same database.
    pub replicas: usize,
    /// Decides by how much.
    pub seed: u64,
}

/// The report of the storm.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    changes: usize,
    events: usize,
    faults: Faults,
    ahead: usize,
    unordered: usize,
    asked: Answers,
    pauses: Vec<Duration>,
    findings: Vec<String>,
    duration: Duration,
}

/// How many writes each replica acknowledged.
type Made = Arc<Vec<AtomicUsize>>;

/// Runs a storm and compares everything. Nothing where PostgreSQL, libfaketime or the program is
/// not there.
pub async fn run(plan: Plan) -> anyhow::Result<Option<Report>> {
    let begin = Instant::now();
    let Plan { engine, replicas, seed, .. } = plan;
    let setup = Setup { engine, replicas, service: "agreements", room: None, clocks: true };
    let Some(system) = System::start_with(setup).await? else { return Ok(None) };
    let gateways = Gateways::start(&system)?;
    let state = Changer::new(system.addresses[0], WRITERS + 1, seed)?.create_state().await?;

    let stop = Arc::new(AtomicBool::new(false));
    let made: Made = Arc::new((0..replicas).map(|_| AtomicUsize::new(0)).collect());
    let (mut writers, mut watchers, mut probes) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
    for place in 0..WATCHERS {
        let (addresses, filter) = (system.addresses.clone(), &FILTERS[place % FILTERS.len()]);
        let follower = Follower::new(addresses, filter, seed.wrapping_mul(31) + place as u64);
        watchers.spawn(follower.run("parties/last"));
    }
    for place in 0..WRITERS {
        let replica = place % replicas;
        let changer = Changer::new(system.addresses[replica], place, seed)?;
        let (stop, made) = (Arc::clone(&stop), Arc::clone(&made));
        writers.spawn(async move { changer.run_until(&stop, &made[replica]).await });
    }
    for replica in 0..replicas {
        let replicas = (system.addresses.clone(), gateways.addresses.clone());
        probes.spawn(probe(replicas, replica, Arc::clone(&stop)));
    }

    let (mut pauses, mut findings) = (Vec::new(), Vec::new());
    if let Err(error) = storm(&system, &gateways, &made, plan, &mut pauses).await {
        findings.push(format!("broken off: {error:#}"));
    }
    stop.store(true, Ordering::Relaxed);
    let mut changes: Vec<Change> = vec![state];
    while let Some(written) = writers.join_next().await {
        match written? {
            Ok(written) => changes.extend(written),
            Err(error) => findings.push(format!("a writer: {error:#}")),
        }
    }
    changes.push(Changer::new(system.addresses[0], WRITERS, seed)?.create_last(LAST).await?);
    let asked = gather(&mut probes).await?;
    let told = compare(&mut watchers, &mut changes, &mut findings).await?;
    if let Err(error) = system.verify() {
        findings.push(format!("{error:#}"));
    }
    let latest = SystemClock.now() + AHEAD;
    let (events, faults, unordered) = told;
    Ok(Some(Report {
        plan,
        events,
        faults,
        unordered,
        ahead: changes.iter().filter(|change| change.time > latest).count(),
        changes: changes.len(),
        asked,
        pauses,
        findings,
        duration: begin.elapsed(),
    }))
}

/// Returns what all probes were answered, by method.
async fn gather(probes: &mut JoinSet<anyhow::Result<Answers>>) -> anyhow::Result<Answers> {
    let mut asked = Answers::new();
    while let Some(probed) = probes.join_next().await {
        for (method, more) in probed?? {
            asked.entry(method).or_default().add(more);
        }
    }
    Ok(asked)
}

/// Returns what the watchers were told, compared with what was written: events, faults, and pairs
/// of changes that share a time.
async fn compare(
    watchers: &mut JoinSet<anyhow::Result<Follower>>,
    changes: &mut [Change],
    findings: &mut Vec<String>,
) -> anyhow::Result<(usize, Faults, usize)> {
    changes.sort_by_key(|change| change.time);
    let unordered = changes.windows(2).filter(|pair| pair[0].time >= pair[1].time).count();
    let (mut events, mut faults) = (0, Faults::default());
    while let Some(follower) = watchers.join_next().await {
        match follower? {
            Ok(follower) => {
                events += follower.events();
                match follower.check(changes).await {
                    Ok(more) => faults.add(more),
                    Err(error) => findings.push(format!("a watcher cannot compare: {error:#}")),
                }
            }
            Err(error) => findings.push(format!("a watcher: {error:#}")),
        }
    }
    Ok((events, faults, unordered))
}

async fn storm(
    system: &System,
    gateways: &Gateways,
    made: &Made,
    plan: Plan,
    pauses: &mut Vec<Duration>,
) -> anyhow::Result<()> {
    let mut random = fastrand::Rng::with_seed(plan.seed);
    writes(made, pauses).await?;
    for number in 1..=plan.rounds {
        // Apart, no two by more than one step of five seconds.
        let forwards = random.bool();
        for clock in system.clocks.iter().chain(&gateways.clocks) {
            let off = *random.choice(APART.iter()).context("there are some")?;
            clock.set(if forwards { off.max(0) } else { off.min(0) })?;
        }
        writes(made, pauses).await?;
        sleep(STAY).await;

        let wrong = random.usize(..system.clocks.len());
        system.clocks[wrong].set(*random.choice(WRONG.iter()).context("there are some")?)?;
        sleep(STAY).await;
        for clock in system.clocks.iter().chain(&gateways.clocks) {
            clock.set(0)?;
        }
        writes(made, pauses).await?;
        sleep(STAY).await;
        if number % 5 == 0 {
            let all: usize = made.iter().map(|made| made.load(Ordering::Relaxed)).sum();
            let (engine, rounds) = (plan.engine, plan.rounds);
            eprintln!("{engine:?}: {number} of {rounds} rounds, {all} writes acknowledged");
        }
    }
    Ok(())
}

/// Waits until each replica has acknowledged a write.
async fn writes(made: &Made, pauses: &mut Vec<Duration>) -> anyhow::Result<()> {
    let begin = Instant::now();
    let before: Vec<usize> = made.iter().map(|made| made.load(Ordering::Relaxed)).collect();
    for (replica, before) in before.into_iter().enumerate() {
        while made[replica].load(Ordering::Relaxed) == before {
            anyhow::ensure!(begin.elapsed() < TIMEOUT, "replica {replica} writes nothing");
            sleep(Duration::from_millis(2)).await;
        }
    }
    pauses.push(begin.elapsed());
    Ok(())
}

impl Report {
    /// Returns whether nothing was lost, missed, refused or recorded in the future.
    pub fn is_good(&self) -> bool {
        self.findings.is_empty()
            && self.faults == Faults::default()
            && self.ahead + self.unordered == 0
            && self.asked.values().all(|asked| asked.refused.is_empty() && asked.calls > 0)
            && self.pauses.iter().all(|pause| *pause <= WRITING)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { engine, rounds, replicas, seed } = self.plan;
        let (changes, seconds) = (self.changes, self.duration.as_secs_f64());
        writeln!(
            f,
            "{engine:?}: {rounds} rounds of clocks apart and one wrong, {replicas} replicas, seed {seed}, {seconds:.0} s"
        )?;
        let longest = self.pauses.iter().max().copied().unwrap_or_default().as_secs_f64();
        writeln!(
            f,
            "  {changes} changes acknowledged; after a step of a clock each replica wrote within {longest:.2} s"
        )?;
        writeln!(
            f,
            "  {} changes recorded in the future, {} not later than the one before",
            self.ahead, self.unordered
        )?;
        for (method, asked) in &self.asked {
            writeln!(f, "  {method}: {} calls, {} refused", asked.calls, asked.count())?;
            for (refusal, count) in &asked.refused {
                writeln!(f, "    {count} {refusal}")?;
            }
        }
        writeln!(f, "  {WATCHERS} watchers had {} events: {}", self.events, self.faults)?;
        for finding in self.findings.iter().take(10) {
            writeln!(f, "  {finding}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::instants::Asked;
    use super::*;

    fn good() -> Report {
        let plan = Plan { engine: Engine::Sqlite, rounds: 1, replicas: 1, seed: 1 };
        let asked = Answers::from([("GetBrief", Asked { calls: 1, ..Asked::default() })]);
        Report {
            plan,
            changes: 2,
            events: 2,
            faults: Faults::default(),
            ahead: 0,
            unordered: 0,
            asked,
            pauses: vec![Duration::from_millis(20)],
            findings: Vec::new(),
            duration: Duration::from_secs(1),
        }
    }

    #[test]
    fn every_fault_spoils_the_report() {
        assert!(good().is_good());
        let ways: [fn(&mut Report); 7] = [
            |report| report.ahead = 1,
            |report| report.unordered = 1,
            |report| report.faults.missed = 1,
            |report| report.findings.push("verify".to_owned()),
            |report| report.pauses.push(Duration::from_secs(20)),
            |report| report.asked.values_mut().for_each(|asked| asked.calls = 0),
            |report| {
                let refuse = |asked: &mut Asked| asked.refuse("InvalidArgument READ_TIME_INVALID");
                report.asked.values_mut().for_each(refuse);
            },
        ];
        for (place, tamper) in ways.into_iter().enumerate() {
            let mut report = good();
            tamper(&mut report);

            assert!(!report.is_good(), "{place}");
        }
    }

    #[tokio::test]
    async fn changes_that_share_a_time_are_found() {
        let change = |time| Change {
            time,
            name: "parties/a".to_owned(),
            etag: String::new(),
            stands: true,
            kind: api::registan::agreements::v1::party::Kind::Bank,
            country_code: String::new(),
        };
        let mut changes = [change(3), change(1), change(3)];

        let found = compare(&mut JoinSet::new(), &mut changes, &mut Vec::new()).await;

        assert_eq!(found.ok(), Some((0, Faults::default(), 1)));
    }
}
