//! The disk storm: the room for the database runs out while writers are at work, comes back, and
//! then a process is killed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::ensure;
use testkit::Engine;
use tokio::time::sleep;

use super::auditor::{self, Readings, unlogged};
use super::check::{Fault, Finding, write_findings};
use super::crew::Crew;
use super::kill::median_and_most;
use super::record::Record;
use super::space::Means;
use super::system::{Setup, System, Victim};
use super::writer::Tally;

/// Within this time after there is room again a write must succeed; on PostgreSQL the recovery
/// after a panic is part of it.
pub const WRITING: Duration = Duration::from_secs(10);
/// The most room that is left when it is taken away.
const MOST_LEFT: u64 = 256 << 10;
/// How many calls are refused, at most, after the first.
const MOST_REFUSED: usize = 12;
/// How many in the first cycle: enough for each connection of a pool to have met the full disk.
const FIRST_REFUSED: usize = 8;
/// How long it may take until the room is used up, and until so many more calls were refused.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The plan of the storm.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The engine of the database.
    pub engine: Engine,
    /// How often the room runs out.
    pub cycles: usize,
    /// Clients that write at the same time.
    pub writers: usize,
    /// The longest time between the first acknowledged write with room again and the kill.
    pub longest_pause: Duration,
    /// How the room is made little; absent: as the machine allows.
    pub means: Option<Means>,
    /// Decides how much room is left, how many calls are refused, and who is killed.
    pub seed: u64,
}

/// The report of the storm.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    means: Means,
    cycles: Vec<Cycle>,
    revived: usize,
    acknowledged: usize,
    tally: Tally,
    readings: Readings,
    duration: Duration,
}

/// One cycle.
#[derive(Clone, Copy, Debug)]
struct Cycle {
    /// Calls that were refused while there was no room.
    refused: usize,
    /// From the return of the room to the first acknowledged write.
    writing: Duration,
}

/// Runs a storm and compares everything. Nothing where PostgreSQL or the program is not there.
pub async fn run(plan: Plan) -> anyhow::Result<Option<Report>> {
    let begin = Instant::now();
    let (engine, service, room) = (plan.engine, "agreements", Some(plan.means));
    let setup = Setup { engine, replicas: 1, service, room, clocks: false };
    let Some(mut system) = System::start_with(setup).await? else { return Ok(None) };
    let means = system.means()?;
    let mut crew = Crew::begin(&system, plan.writers, plan.seed).await?;
    let reader = tokio::spawn(auditor::run(system.addresses[0], Arc::clone(&crew.shared)));

    let mut cycles = Vec::new();
    let stormed = storm(&mut system, &crew, plan, &mut cycles).await;
    system.free()?;
    system.revive();
    let mut tally = crew.end().await?;
    let readings = reader.await??;
    // A storm that breaks off has found something: what it left behind is compared all the same.
    if let Err(error) = stormed {
        tally.findings.push(Finding::new(Fault::BrokenOff, format!("{error:#}")));
        system.kill(Victim::Service(0), &mut fastrand::Rng::new())?;
        system.start_again(Victim::Service(0));
        system.wait_until_it_answers(Victim::Everything).await?;
    }
    let (acknowledged, findings) = crew.compare(&mut system).await?;
    tally.findings.extend(findings);
    tally.findings.extend(unlogged(&readings.answered, &Record::read(&system.url).await?));
    if let Err(error) = system.verify() {
        tally.findings.push(Finding::new(Fault::Half, format!("{error:#}")));
    }
    let (revived, duration) = (system.revived, begin.elapsed());
    let report = Report { plan, means, cycles, revived, acknowledged, tally, readings, duration };
    Ok(Some(report))
}

async fn storm(
    system: &mut System,
    crew: &Crew,
    plan: Plan,
    cycles: &mut Vec<Cycle>,
) -> anyhow::Result<()> {
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let mut victims = system.victims();
    victims.retain(|victim| *victim != Victim::Backend);
    for number in 1..=plan.cycles {
        crew.work().await?;
        let before = crew.shared.refused.load(Ordering::Relaxed);
        system.fill(random.u64(..=MOST_LEFT))?;
        ensure!(crew.refused(1, TIMEOUT).await, "no write fails, though there is no room");
        let more = if number == 1 { FIRST_REFUSED } else { random.usize(..=MOST_REFUSED) };
        ensure!(more == 0 || crew.refused(more, TIMEOUT).await, "writes hang without room");
        let refused = crew.shared.refused.load(Ordering::Relaxed) - before;

        system.free()?;
        let writing = writes_again(system, crew).await?;
        cycles.push(Cycle { refused, writing });
        sleep(plan.longest_pause.mul_f64(random.f64())).await;
        let victim = victims[random.usize(..victims.len())];
        system.kill(victim, &mut random)?;
        system.start_again(victim);
        system.wait_until_it_answers(victim).await?;
        if number % 5 == 0 {
            let acknowledged = crew.shared.acknowledged.load(Ordering::Relaxed);
            let (engine, all) = (plan.engine, plan.cycles);
            eprintln!("{engine:?}: {number} of {all} cycles, {acknowledged} writes acknowledged");
        }
    }
    Ok(())
}

/// Waits until a write succeeds. A PostgreSQL that has ended is started again, the service is left
/// alone.
async fn writes_again(system: &mut System, crew: &Crew) -> anyhow::Result<Duration> {
    let begin = Instant::now();
    let before = crew.shared.acknowledged.load(Ordering::Relaxed);
    while crew.shared.acknowledged.load(Ordering::Relaxed) == before {
        ensure!(begin.elapsed() < TIMEOUT, "no write succeeds, though there is room again");
        system.revive();
        sleep(Duration::from_millis(5)).await;
    }
    Ok(begin.elapsed())
}

impl Report {
    /// The broken promises.
    pub fn findings(&self) -> &[Finding] {
        &self.tally.findings
    }

    /// The longest time from the return of the room to an acknowledged write.
    pub fn longest_writing(&self) -> Duration {
        self.cycles.iter().map(|cycle| cycle.writing).max().unwrap_or_default()
    }

    /// Returns whether all was kept, every refusal was a good one, and every return was quick.
    pub fn is_good(&self) -> bool {
        let internal = self.tally.internal() + self.readings.tally.internal();
        let without_retry = self.tally.without_retry + self.readings.tally.without_retry;
        let most_refused = self.cycles.iter().map(|cycle| cycle.refused).max();
        self.findings().is_empty()
            && internal == 0
            && without_retry == 0
            && most_refused >= Some(3)
            && self.longest_writing() <= WRITING
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { engine, cycles, writers, seed, .. } = self.plan;
        let (done, seconds) = (self.cycles.len(), self.duration.as_secs_f64());
        writeln!(
            f,
            "{engine:?}, {}: the room ran out {done} of {cycles} times, {writers} writers, seed {seed}, {seconds:.0} s",
            self.means
        )?;
        let refused = self.cycles.iter().map(|cycle| cycle.refused);
        let (fewest, most) = (refused.clone().min(), refused.max());
        let (fewest, most) = (fewest.unwrap_or_default(), most.unwrap_or_default());
        writeln!(f, "  each time {fewest} to {most} calls were refused")?;
        let (median, most) = median_and_most(self.cycles.iter().map(|cycle| cycle.writing));
        writeln!(
            f,
            "  with room again a write succeeded after {median:.2} s (median), {most:.2} s (most)"
        )?;
        writeln!(f, "  {} processes had ended by themselves and were started again", self.revived)?;
        let Tally { delayed, repeated, .. } = self.tally;
        writeln!(
            f,
            "  {} writes acknowledged, {delayed} of them after a call without an answer, {repeated} sent again and compared",
            self.acknowledged
        )?;
        write_refusals(f, "writes", &self.tally)?;
        writeln!(f, "  {} audited reads answered", self.readings.answered.len())?;
        write_refusals(f, "reads", &self.readings.tally)?;
        write_findings(f, self.findings())
    }
}

fn write_refusals(f: &mut fmt::Formatter<'_>, what: &str, tally: &Tally) -> fmt::Result {
    let each = tally.refusals.iter().map(|(refusal, count)| format!("{count} {refusal}"));
    let each: Vec<String> = each.collect();
    writeln!(
        f,
        "  {} {what} refused ({}), {} of them without a time to try again",
        tally.unanswered(),
        each.join(", "),
        tally.without_retry
    )
}
