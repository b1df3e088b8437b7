//! The replica storm: three replicas of every service behind one name each, lost in all the ways in
//! which replicas are, while clients read, write and watch through the gateway.
//!
//! - [`Arguments`]: the command
//! - `names`: the resolver
//! - `hole`: a way that can be cut
//! - `fleet`: the processes

mod arguments;
mod fleet;
mod hole;
mod names;

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::task::block_in_place;
use tokio::time::sleep;

pub use self::arguments::Arguments;
use self::fleet::{CUTTABLE, Fleet, SERVICES};
use crate::load::calls::{Answer, Kind};
use crate::load::running::{Force, Load, Target};
use crate::load::session::Token;
use crate::load::table::{Bounds, Case, Table};

const NODES: usize = 3;
/// How far from its share a new replica may be, in percent of it.
const SHARE_WITHIN: usize = 25;
/// How many of 10 000 calls a node that is cut off may cost.
const CUT_OFF: usize = 100;
/// How long failures may go on when the database is back.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// How long what is back is watched.
const CALM: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(100);

/// The plan of the storm.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The clients.
    pub force: Force,
    /// How old a connection to a service gets, in seconds: it is closed in good order then.
    pub age: u64,
    /// How many briefs are asked while nothing else happens.
    pub briefs: usize,
    /// How long what is lost is away.
    pub away: Duration,
    /// How long after it came a new replica has its share, and for how long that is counted.
    pub share: (Duration, Duration),
    /// How long a call may take where nothing waits for a node that is cut off, and where it does.
    pub longest: (Duration, Duration),
}

impl Plan {
    /// The whole storm.
    pub const WHOLE: Self = Self {
        force: Force { readers: 8, writers: 3, watchers: 4, pause: Duration::from_millis(10) },
        age: 10,
        briefs: 10_000,
        away: Duration::from_secs(20),
        share: (Duration::from_secs(10), Duration::from_secs(5)),
        longest: (Duration::from_secs(2), Duration::from_secs(3)),
    };
}

impl Arguments {
    /// Runs the storm and prints its report. Returns whether every bound held.
    pub async fn run(self) -> anyhow::Result<bool> {
        let away = Duration::from_secs(self.away);
        let plan = Plan { away, briefs: self.briefs, ..Plan::WHOLE };
        let report = Box::pin(run(plan, self.log)).await?;
        let report = report.context("the storm cannot begin")?;
        println!("{report}");
        Ok(report.is_good())
    }
}

/// The report of the storm.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    table: Table,
    log: Option<PathBuf>,
}

/// Runs the storm, and writes every call to `log`. Nothing where PostgreSQL, the program or a
/// library is not there.
pub async fn run(plan: Plan, log: Option<PathBuf>) -> anyhow::Result<Option<Report>> {
    // The last replica comes later.
    let Some(fleet) = Fleet::start(NODES, NODES - 1, plan.age).await? else { return Ok(None) };
    let gateways = vec![format!("http://{}", fleet.gateway)];
    let target = Target { gateways, token: Token::Fixed(fleet.token()), authorities: None };
    let load = Load::start(&target, plan.force).await?;
    let mut storm = Storm { plan, fleet, load, cases: Vec::new() };
    storm.new_replica().await?;
    storm.aging().await;
    storm.kill().await;
    storm.freeze().await?;
    storm.black_hole().await;
    storm.rolling().await?;
    storm.database().await?;
    let Storm { load, cases, fleet, .. } = storm;
    let calls = load.calls.clone();
    let outcome = load.finish().await?;
    drop(fleet);
    if let Some(log) = &log {
        calls.write(log)?;
    }
    Ok(Some(Report { plan, table: Table::of(cases, &outcome), log }))
}

struct Storm {
    plan: Plan,
    fleet: Fleet,
    load: Load,
    cases: Vec<Case>,
}

impl Storm {
    fn begin(&self, name: &str, bounds: Bounds) -> Case {
        eprintln!("{name}");
        let now = self.cases.last().map_or(Duration::ZERO, |last| last.ended);
        Case::begin(name, now, bounds)
    }

    fn end(&mut self, mut case: Case) {
        let ended = self.fleet.ended();
        case.broken.extend(ended.iter().map(|line| format!("a process ended: {line}")));
        case.ended = self.load.calls.now();
        self.cases.push(case);
    }

    async fn new_replica(&mut self) -> anyhow::Result<()> {
        let mut case = self.begin("new replica", Bounds::none_failed(self.plan.longest.0));
        let new = NODES - 1;
        block_in_place(|| self.fleet.start_node(new));
        self.fleet.list(new, true)?;
        let (after, counted) = self.plan.share;
        sleep(after).await;
        let before = self.fleet.answered();
        sleep(counted).await;
        let shares = shares(&before, &self.fleet.answered());
        for (service, share) in SERVICES.into_iter().zip(&shares) {
            let percent = 100.0 * share.of(new);
            case.remarks.push(format!("{percent:.0} % of {} of {service}", share.all()));
        }
        let all = shares.into_iter().fold(Share::default(), Share::plus);
        if !all.is_fair(new) {
            case.broken
                .push(format!("{:.0} % of the calls for one of {NODES}", 100.0 * all.of(new)));
        }
        self.end(case);
        Ok(())
    }

    async fn aging(&mut self) {
        let name = format!("connections aged {} s", self.plan.age);
        let case = self.begin(&name, Bounds::none_failed(self.plan.longest.0));
        loop {
            let calls = self.load.calls.all();
            let is_brief = |kind: Kind| kind == Kind::GetBrief;
            let briefs = calls.iter().filter(|call| call.at >= case.begun && is_brief(call.kind));
            if briefs.count() >= self.plan.briefs {
                break;
            }
            sleep(PAUSE).await;
        }
        self.end(case);
    }

    async fn kill(&mut self) {
        let case = self.begin("kill -9", Bounds::none_failed(self.plan.longest.0));
        self.fleet.kill_node(1);
        sleep(self.plan.away).await;
        block_in_place(|| self.fleet.start_node(1));
        sleep(CALM).await;
        self.end(case);
    }

    async fn freeze(&mut self) -> anyhow::Result<()> {
        let case = self.begin("SIGSTOP", self.cut_off());
        self.fleet.signal_node(2, "STOP")?;
        sleep(self.plan.away).await;
        self.fleet.signal_node(2, "CONT")?;
        sleep(CALM).await;
        self.end(case);
        Ok(())
    }

    async fn black_hole(&mut self) {
        let case = self.begin("black hole", self.cut_off());
        self.fleet.cut().await;
        sleep(self.plan.away).await;
        self.fleet.repair();
        sleep(CALM).await;
        self.end(case);
    }

    fn cut_off(&self) -> Bounds {
        Bounds { failed: CUT_OFF, ..Bounds::none_failed(self.plan.longest.1) }
    }

    async fn rolling(&mut self) -> anyhow::Result<()> {
        let case = self.begin("rolling restart", Bounds::none_failed(self.plan.longest.0));
        for node in 0..NODES {
            // Its name goes when it is gone, as where the news of it come late.
            block_in_place(|| self.fleet.stop_node(node))?;
            self.fleet.list(node, false)?;
            block_in_place(|| self.fleet.start_node(node));
            self.fleet.list(node, true)?;
            sleep(CALM).await;
        }
        self.end(case);
        Ok(())
    }

    async fn database(&mut self) -> anyhow::Result<()> {
        let mut case = self.begin("database away", Bounds::back_within(BACK_WITHIN));
        self.fleet.kill_database()?;
        sleep(self.plan.away).await;
        self.fleet.start_database().await;
        case.back = Some(self.load.calls.now());
        let until = Instant::now() + 2 * BACK_WITHIN;
        while Instant::now() < until && !self.is_well() {
            sleep(PAUSE).await;
        }
        self.end(case);
        Ok(())
    }

    /// Returns whether all calls of the last second were answered.
    fn is_well(&self) -> bool {
        let since = self.load.calls.now().saturating_sub(CALM);
        let calls = self.load.calls.all();
        let mut last = calls.iter().filter(|call| call.at + call.took >= since).peekable();
        last.peek().is_some() && last.all(|call| call.answer == Answer::Good)
    }
}

/// The calls that each node answered.
#[derive(Clone, Copy, Debug, Default)]
struct Share([usize; NODES]);

impl Share {
    fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|node| self.0[node] + other.0[node]))
    }

    fn all(&self) -> usize {
        self.0.iter().sum()
    }

    #[expect(clippy::cast_precision_loss, reason = "it is shown")]
    fn of(&self, node: usize) -> f64 {
        self.0[node] as f64 / self.all().max(1) as f64
    }

    /// Returns whether a node is near its share.
    fn is_fair(&self, node: usize) -> bool {
        let (own, all) = (100 * NODES * self.0[node], self.all());
        (all * (100 - SHARE_WITHIN)..=all * (100 + SHARE_WITHIN)).contains(&own)
    }
}

/// The calls that were answered between two counts, by service.
fn shares(before: &[[usize; 3]], after: &[[usize; 3]]) -> Vec<Share> {
    let of = |service: usize| {
        Share(std::array::from_fn(|node| after[node][service] - before[node][service]))
    };
    (0..SERVICES.len()).map(of).collect()
}

impl Report {
    /// Returns whether every bound held.
    pub fn is_good(&self) -> bool {
        self.table.is_good()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Force { readers, writers, watchers, .. } = self.plan.force;
        let age = self.plan.age;
        writeln!(
            f,
            "{NODES} replicas of each service, {readers} readers, {writers} writers and {watchers} watchers, connections aged {age} s; the node behind the way that is cut is {CUTTABLE}"
        )?;
        write!(f, "{}", self.table)?;
        match &self.log {
            Some(log) => writeln!(f, "every call: {}", log.display()),
            None => Ok(()),
        }
    }
}
