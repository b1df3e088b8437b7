//! The kill storm: writers at work while the service, its database or both are killed at random
//! moments.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use testkit::Engine;
use tokio::time::{sleep, timeout};

use super::check::{Finding, write_findings};
use super::crew::Crew;
use super::system::{System, Victim};
use super::writer::Tally;

/// Within this time the service must answer again (security.md, T1): after its own start, or after
/// PostgreSQL has recovered where that was killed too, for how long a recovery takes is the disk's
/// affair.
pub const RESTART: Duration = Duration::from_secs(2);
/// One restart of so many is itself killed within `EARLY`, before the service answers.
const KILLED_AT_START: u8 = 8;
const EARLY: Duration = Duration::from_millis(150);
/// How long after an answer the end of the recovery may be noticed.
const RECOVERY_SEEN: Duration = Duration::from_secs(1);

/// The plan of the storm.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The engine of the database.
    pub engine: Engine,
    /// How often to kill and to wait for a good answer.
    pub cycles: usize,
    /// Clients that write at the same time.
    pub writers: usize,
    /// Processes that serve the same database.
    pub replicas: usize,
    /// The longest time between the first acknowledged write after a restart and the next kill.
    pub longest_pause: Duration,
    /// Decides who is killed and when; the moment within a write is up to the machine.
    pub seed: u64,
}

/// The report of the storm.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    kills: Kills,
    restarts: Restarts,
    revived: usize,
    acknowledged: usize,
    tally: Tally,
    duration: Duration,
}

/// Runs a storm and compares everything. Nothing where PostgreSQL or the program is not there.
pub async fn run(plan: Plan) -> anyhow::Result<Option<Report>> {
    let begin = Instant::now();
    let Some(mut system) = System::start(plan.engine, plan.replicas).await? else {
        return Ok(None);
    };
    let mut crew = Crew::begin(&system, plan.writers, plan.seed).await?;
    let stormed = storm(&mut system, &crew, plan).await;
    let mut tally = crew.end().await?;
    let (kills, restarts) =
        stormed.with_context(|| format!("the writers found {:?}", tally.findings))?;
    let (acknowledged, findings) = crew.compare(&mut system).await?;
    tally.findings.extend(findings);
    let revived = system.revived;
    ensure!(acknowledged > plan.cycles, "the writers did next to nothing");
    let duration = begin.elapsed();
    Ok(Some(Report { plan, kills, restarts, revived, acknowledged, tally, duration }))
}

type Kills = BTreeMap<Victim, usize>;
type Restarts = BTreeMap<Victim, Vec<Restart>>;

/// How long it took from the start of what was killed.
#[derive(Clone, Copy, Debug)]
struct Restart {
    /// To the first good answer of the service.
    served: Duration,
    /// To the end of PostgreSQL's own recovery, where it was killed.
    recovered: Option<Duration>,
}

impl Restart {
    /// The service's own part.
    fn own(&self) -> Duration {
        self.served.saturating_sub(self.recovered.unwrap_or_default())
    }
}

async fn storm(system: &mut System, crew: &Crew, plan: Plan) -> anyhow::Result<(Kills, Restarts)> {
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let (mut kills, mut restarts) = (Kills::new(), Restarts::new());
    let victims = system.victims();
    for cycle in 1..=plan.cycles {
        crew.work().await?;
        sleep(plan.longest_pause.mul_f64(random.f64())).await;
        let victim = victims[random.usize(..victims.len())];
        system.kill(victim, &mut random)?;
        *kills.entry(victim).or_default() += 1;
        while victim != Victim::Backend && random.u8(..KILLED_AT_START) == 0 {
            system.start_again(victim);
            sleep(EARLY.mul_f64(random.f64())).await;
            system.kill(victim, &mut random)?;
            *kills.entry(victim).or_default() += 1;
        }
        let restart = restart(system, victim).await?;
        // A backend's end is no end of the service: there is no start to measure from.
        if victim != Victim::Backend {
            restarts.entry(victim).or_default().push(restart);
        }
        if cycle % 10 == 0 {
            let acknowledged = crew.shared.acknowledged.load(Ordering::Relaxed);
            let (engine, cycles) = (plan.engine, plan.cycles);
            eprintln!("{engine:?}: {cycle} of {cycles} cycles, {acknowledged} writes acknowledged");
        }
    }
    Ok((kills, restarts))
}

async fn restart(system: &mut System, victim: Victim) -> anyhow::Result<Restart> {
    let start = Instant::now();
    system.start_again(victim);
    let recovered = system.recovered(victim).map(|recovered| {
        tokio::spawn(async move {
            recovered.await;
            start.elapsed()
        })
    });
    system.wait_until_it_answers(victim).await?;
    let served = start.elapsed();
    // Who answers has recovered: what is still waited for then is a server that ended and was
    // replaced.
    let recovered = match recovered {
        Some(recovered) => timeout(RECOVERY_SEEN, recovered).await.ok().transpose()?,
        None => None,
    };
    Ok(Restart { served, recovered })
}

impl Report {
    /// The broken promises.
    pub fn findings(&self) -> &[Finding] {
        &self.tally.findings
    }

    /// The service's own part of the longest restart.
    pub fn longest_restart(&self) -> Duration {
        self.restarts.values().flatten().map(Restart::own).max().unwrap_or_default()
    }

    /// Returns whether all was kept, and every restart was quick.
    pub fn is_good(&self) -> bool {
        self.findings().is_empty() && self.longest_restart() <= RESTART
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { engine, cycles, writers, replicas, seed, .. } = self.plan;
        let seconds = self.duration.as_secs_f64();
        writeln!(
            f,
            "{engine:?}: {cycles} cycles, {writers} writers, {replicas} replicas, seed {seed}, {seconds:.0} s"
        )?;
        for (victim, kills) in &self.kills {
            write!(f, "  {victim:?}: killed {kills} times")?;
            match self.restarts.get(victim) {
                Some(restarts) => writeln!(f, ", {}", times(restarts))?,
                None => writeln!(f, ", which starts again by itself")?,
            }
        }
        let all: Vec<Restart> = self.restarts.values().flatten().copied().collect();
        writeln!(f, "  all {} restarts: {}", all.len(), times(&all))?;
        writeln!(f, "  {} processes had ended by themselves and were started again", self.revived)?;
        writeln!(
            f,
            "  {} writes acknowledged, {} of them after a call without an answer, {} sent again and compared",
            self.acknowledged, self.tally.delayed, self.tally.repeated
        )?;
        writeln!(
            f,
            "  {} calls without an answer, {} of them answered INTERNAL",
            self.tally.unanswered(),
            self.tally.internal()
        )?;
        write_findings(f, self.findings())
    }
}

fn times(restarts: &[Restart]) -> String {
    let (median, most) = median_and_most(restarts.iter().map(|restart| restart.served));
    let served = format!("serving after {median:.2} s (median), {most:.2} s (most)");
    let recovered: Vec<Duration> = restarts.iter().filter_map(|one| one.recovered).collect();
    if recovered.len() < restarts.len() || recovered.is_empty() {
        return served;
    }
    let (median, most) = median_and_most(recovered.into_iter());
    let own = restarts.iter().map(Restart::own).max().unwrap_or_default().as_secs_f64();
    format!(
        "{served}; PostgreSQL recovered after {median:.2} s and {most:.2} s, the service at most {own:.2} s later"
    )
}

pub(super) fn median_and_most(times: impl Iterator<Item = Duration>) -> (f64, f64) {
    let mut seconds: Vec<f64> = times.map(|time| time.as_secs_f64()).collect();
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
    (median, seconds.last().copied().unwrap_or_default())
}
