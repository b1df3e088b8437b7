//! The greedy storm: callers who demand as much as they can, all at once, and honest ones beside
//! them, who must not notice.
//!
//! - `house`: the four processes, with the quotas of a deployment
//! - `door`: the way in, in plain text or within TLS
//! - `fill`: what is recorded before
//! - `honest`: who only wants an answer
//! - `callers`: who wants everything

mod callers;
mod door;
mod fill;
mod honest;
mod house;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chassis::bulk;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::callers::Greed;
use self::honest::{Honest, Tally};
use self::house::{House, bearer};

/// The maximum memory of each process, in MB.
pub const MOST_MEMORY: u64 = 256;
/// How many of 1000 honest calls must be answered.
pub const ANSWERED: usize = 999;
/// How many times longer than undisturbed an honest call may take, at the 99th percentile.
pub const LONGER: u32 = 3;

/// How greedy they are.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long the honest callers are left alone, for comparison.
    pub undisturbed: Duration,
    /// How long the greedy ones go on.
    pub disturbed: Duration,
    /// Lists of 1000 a second, of one caller.
    pub lists: u32,
    /// Merged watches.
    pub watches: usize,
    /// Connections that say nothing.
    pub idle: usize,
    /// Imports at once, each of one activity.
    pub imports: usize,
    /// Transactions of each of these activities.
    pub transactions: usize,
    /// How long the imports may go on when the others have ended: they take turns.
    pub timeout: Duration,
    /// Agreements of 940 kB, exported again and again.
    pub large: usize,
    /// TLS at every port.
    pub within_tls: bool,
}

impl Plan {
    /// The whole storm: 95 000 transactions are a file of 13 MB.
    pub const WHOLE: Self = Self {
        undisturbed: Duration::from_secs(20),
        disturbed: Duration::from_mins(1),
        lists: 100,
        watches: 2_000,
        idle: 2_000,
        imports: 8,
        transactions: 95_000,
        timeout: Duration::from_mins(10),
        large: 200,
        within_tls: false,
    };
}

/// One kind of greed.
struct Kind {
    name: String,
    greed: Arc<Greed>,
    /// The most that stood at a time, where they stand.
    most: Arc<AtomicUsize>,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, greed, most } = self;
        let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        let (had, most) = (count(&greed.had), count(most));
        let (exhausted, failed) = (count(&greed.exhausted), count(&greed.failed));
        write!(
            f,
            "{name}: {had} had (at most {most} seen), {exhausted} sent away, {failed} failed"
        )?;
        match greed.last.lock() {
            Ok(last) if !last.is_empty() => write!(f, " ({last})"),
            _ => Ok(()),
        }
    }
}

/// The report of the storm.
#[derive(Debug)]
pub struct Report {
    undisturbed: Tally,
    disturbed: Tally,
    /// The results of each kind of greed.
    greed: Vec<String>,
    /// How long the imports took, and how many of them neither came through nor were told when to
    /// come again.
    imports: (Option<Duration>, usize),
    memory: Vec<(&'static str, u64)>,
    logged: String,
}

/// Runs the storm. Nothing where the program is not there.
pub async fn run(plan: Plan) -> anyhow::Result<Option<Report>> {
    callers::raise_limit()?;
    let Some(mut house) = House::start(plan.within_tls)? else { return Ok(None) };
    let door = house.door.clone();
    let token = bearer(&house.token("keeper")?)?;
    let begun = Instant::now();
    fill::projects(door.from([127, 0, 9, 1]), &token, 2_000).await?;
    fill::agreements(door.from([127, 0, 9, 1]), &token, plan.large).await?;
    eprintln!("filled in {:.0} s; memory {:?}", begun.elapsed().as_secs_f64(), house.memory());
    house.guard()?;

    let honest = Honest::start(door.clone())?;
    sleep(plan.undisturbed).await;
    let undisturbed = honest.end()?;
    eprintln!("undisturbed: {undisturbed}");

    let honest = Honest::start(door.clone())?;
    let mut greedy = Greedy::default();
    let (lists, watches, idle, large) = (plan.lists, plan.watches, plan.idle, plan.large);
    greedy.start(format!("{lists} lists of 1000 a second"), |greed| {
        callers::lists(door.clone(), lists, greed)
    });
    greedy.start(format!("{watches} merged watches"), |greed| {
        callers::watches(door.clone(), watches, greed)
    });
    greedy.start(format!("{idle} idle connections"), |greed| {
        callers::idle(door.clone(), idle, greed)
    });
    greedy.start(format!("exports of {large} resources of 940 kB"), |greed| {
        callers::exports(door.clone(), 4, greed)
    });
    let editors = (0..plan.imports).map(|place| bearer(&house.token(&format!("editor-{place}"))?));
    let editors = editors.collect::<anyhow::Result<_>>()?;
    let name = format!("{} imports of {} transactions", plan.imports, plan.transactions);
    let greed = greedy.kind(name);
    let imports = callers::imports(door, editors, plan.transactions, Arc::clone(&greed));
    let imports = bulk::handle().spawn(imports);
    greedy.watch_for(plan.disturbed, &house).await;
    let disturbed = honest.end()?;
    eprintln!("beside greedy callers: {disturbed}");
    greedy.end().await;
    let took = timeout(plan.timeout, imports).await.ok().and_then(Result::ok).flatten();
    let answered = greed.had.load(Ordering::Relaxed) + greed.exhausted.load(Ordering::Relaxed);
    let imports = (took, plan.imports - answered);
    let greed = greedy.kinds.iter().map(ToString::to_string).collect();
    let (memory, logged) = (house.memory(), house.logged());
    Ok(Some(Report { undisturbed, disturbed, greed, imports, memory, logged }))
}

/// The greedy callers at work.
#[derive(Default)]
struct Greedy {
    kinds: Vec<Kind>,
    running: JoinSet<()>,
}

impl Greedy {
    fn kind(&mut self, name: String) -> Arc<Greed> {
        let greed = Arc::new(Greed::default());
        self.kinds.push(Kind { name, greed: Arc::clone(&greed), most: Arc::default() });
        greed
    }

    fn start<F>(&mut self, name: String, work: impl FnOnce(Arc<Greed>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let greed = self.kind(name);
        self.running.spawn_on(work(greed), &bulk::handle());
    }

    /// Ends them all, but for the imports.
    async fn end(&mut self) {
        self.running.shutdown().await;
    }

    /// Lets them go on for so long.
    async fn watch_for(&self, time: Duration, house: &House) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            sleep(Duration::from_secs(1)).await;
            for kind in &self.kinds {
                kind.most.fetch_max(kind.greed.had.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            if begun.elapsed().as_secs().is_multiple_of(10) {
                let had = self.kinds.iter().map(|kind| kind.greed.had.load(Ordering::Relaxed));
                eprintln!("had {:?}; memory {:?}", had.collect::<Vec<_>>(), house.memory());
            }
        }
    }
}

impl Report {
    /// Returns whether honest callers were answered, no process held too much, and every import
    /// came through or was told when to come again; p99 is the report's to tell, for it is the
    /// machine's too.
    pub fn is_good(&self) -> bool {
        self.are_answered() && self.fits() && self.imports.1 == 0
    }

    /// Returns whether enough honest calls were answered.
    pub fn are_answered(&self) -> bool {
        let (all, failed) = self.disturbed.counts();
        all > 0 && failed * 1000 <= all * (1000 - ANSWERED)
    }

    /// Returns whether no process held too much.
    pub fn fits(&self) -> bool {
        self.memory.iter().all(|(_, peak)| *peak <= MOST_MEMORY)
    }

    /// Returns whether honest calls took no more than three times as long.
    pub fn is_quick(&self) -> bool {
        self.disturbed.within(None, 990) <= self.undisturbed.within(None, 990) * LONGER
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "honest, undisturbed: {}", self.undisturbed)?;
        writeln!(f, "honest, beside greedy callers: {}", self.disturbed)?;
        for kind in self.disturbed.kinds() {
            let p99 = |tally: &Tally| tally.within(Some(kind), 990);
            let (before, beside) = (p99(&self.undisturbed), p99(&self.disturbed));
            writeln!(f, "  {kind}: p99 {before:.1?} undisturbed, {beside:.1?} beside")?;
        }
        for failed in self.disturbed.failures() {
            writeln!(f, "  {failed}")?;
        }
        for line in &self.greed {
            writeln!(f, "{line}")?;
        }
        if let Some(took) = self.imports.0 {
            writeln!(f, "  the last import had its answer after {:.0} s", took.as_secs_f64())?;
        }
        for (name, peak) in &self.memory {
            writeln!(f, "{name}: {peak} MB at most")?;
        }
        let word = |good| if good { "yes" } else { "NO" };
        writeln!(
            f,
            "answered: {}; p99 within {LONGER} times: {}; memory within {MOST_MEMORY} MB: {}",
            word(self.are_answered()),
            word(self.is_quick()),
            word(self.fits())
        )?;
        if !self.is_good() {
            write!(f, "{}", self.logged)?;
        }
        Ok(())
    }
}
