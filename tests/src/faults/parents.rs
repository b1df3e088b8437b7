//! The storm of hidden parents: projects and their transactions change tier and desk under watchers
//! of several clearances, who are cut off again and again. None may be shown what it may not see,
//! or miss what it may.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::options::v1::Tier;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::projects::v1::{ListTransactionsRequest, WatchTransactionsRequest};
use api::registan::r#type::v1::ChangeKind;
use chassis::client::Connection;
use policy::Desks;
use testkit::Engine;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout_at};
use tonic::Code;

use super::hidden::{Change, Clearance, Faults, Sent, judge, timelines};
use super::keeper::Keeper;
use super::request::micros;
use super::system::{Setup, System, anonymous, connection_as};

/// The longest life of a stream, in milliseconds, and how long to wait after a refusal.
const LONGEST: u64 = 400;
/// How long a watcher that knows the last transaction waits for the end of its snapshot.
const SNAPSHOT_END: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);
const PROGRESS: Duration = Duration::from_secs(10);

/// The plan of the storm.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The engine of the database.
    pub engine: Engine,
    /// How many changes to make, at least.
    pub changes: usize,
    /// Clients that write at the same time, each projects of its own.
    pub writers: usize,
    /// Clients that watch at the same time, of each clearance.
    pub watchers: usize,
    /// Processes that serve the same database.
    pub replicas: usize,
    /// Decides what is written and when a watcher is cut off.
    pub seed: u64,
}

/// The report of the storm.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    changes: usize,
    /// By clearance: events, cuts, snapshots after the first, faults.
    watched: Vec<(Clearance, [usize; 3], Faults)>,
    duration: Duration,
}

/// Runs a storm and compares everything. Nothing where PostgreSQL or the program is not there.
pub async fn run(plan: Plan) -> anyhow::Result<Option<Report>> {
    let begin = Instant::now();
    let Plan { engine, replicas, seed, .. } = plan;
    let setup = Setup { engine, replicas, service: "projects", room: None, clocks: false };
    let Some(system) = System::start_with(setup).await? else { return Ok(None) };
    let mut watchers = JoinSet::new();
    for place in 0..plan.watchers * Clearance::ALL.len() {
        let clearance = Clearance::ALL[place % Clearance::ALL.len()];
        let watcher = Watcher::new(&system.addresses, clearance, seed + place as u64)?;
        watchers.spawn(watcher.run());
    }
    let made = Arc::new(AtomicUsize::new(0));
    let mut writers = JoinSet::new();
    for place in 0..plan.writers {
        let keeper = Keeper::new(system.addresses[place % replicas], place, seed)?;
        let (count, made) = (plan.changes.div_ceil(plan.writers), Arc::clone(&made));
        writers.spawn(async move { keeper.run(count, &made).await });
    }
    let progress = tokio::spawn(async move {
        loop {
            sleep(PROGRESS).await;
            eprintln!("{engine:?}: {} of {} changes", made.load(Ordering::Relaxed), plan.changes);
        }
    });
    let mut changes: Vec<Change> = Vec::new();
    while let Some(written) = writers.join_next().await {
        changes.extend(written??);
    }
    progress.abort();
    changes.extend(Keeper::new(system.addresses[0], plan.writers, seed)?.create_last().await?);
    changes.sort_by_key(|change| change.time);
    let mut watched: Vec<_> =
        Clearance::ALL.map(|clearance| (clearance, [0; 3], Faults::default())).into();
    while let Some(watcher) = watchers.join_next().await {
        let done = watcher??;
        let entry = watched.iter_mut().find(|entry| entry.0 == done.clearance);
        let (_, counts, faults) = entry.context("it is one of them")?;
        let more = [done.sent.len(), done.cuts, done.snapshots];
        counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        faults.add(done.check(&changes).await?);
    }
    let (changes, duration) = (changes.len(), begin.elapsed());
    Ok(Some(Report { plan, changes, watched, duration }))
}

struct Watcher {
    clients: Vec<TransactionServiceClient<Connection>>,
    clearance: Clearance,
    random: fastrand::Rng,
    token: String,
    begun: Option<i64>,
    known: BTreeMap<String, String>,
    /// True once the last snapshot was sent to its end: what comes after it does not stand.
    is_whole: bool,
    sent: Vec<Sent>,
    cuts: usize,
    snapshots: usize,
}

impl Watcher {
    fn new(addresses: &[SocketAddr], clearance: Clearance, seed: u64) -> anyhow::Result<Self> {
        let clients = addresses.iter().map(|address| {
            let (all, kz) = (Desks::ALL, Desks::of_country("KZ"));
            let connection = match clearance {
                Clearance::Anonymous => anonymous(*address),
                Clearance::All(Tier::Restricted) => {
                    connection_as(*address, "restricted", all, policy::Tier::Restricted)
                }
                Clearance::All(_) => {
                    connection_as(*address, "confidential", all, policy::Tier::Confidential)
                }
                Clearance::Kazakhstan => {
                    connection_as(*address, "kazakhstan", kz, policy::Tier::Confidential)
                }
            };
            connection.map(TransactionServiceClient::new)
        });
        Ok(Self {
            clients: clients.collect::<anyhow::Result<_>>()?,
            clearance,
            random: fastrand::Rng::with_seed(seed),
            token: String::new(),
            begun: None,
            known: BTreeMap::new(),
            is_whole: false,
            sent: Vec::new(),
            cuts: 0,
            snapshots: 0,
        })
    }

    /// Watches until it knows the transaction that ends the storm, and all that stands beside it in
    /// a snapshot.
    async fn run(mut self) -> anyhow::Result<Self> {
        while !self.is_done() {
            let replica = self.random.usize(..self.clients.len());
            let (parent, resume_token) = ("projects/-".to_owned(), self.token.clone());
            let request = WatchTransactionsRequest { parent, resume_token, filter: String::new() };
            let knows_last = self.known.contains_key(Keeper::LAST);
            let cut = Duration::from_millis(self.random.u64(..LONGEST));
            let until = Instant::now() + if knows_last { SNAPSHOT_END } else { cut };
            let mut stream = match self.clients[replica].watch_transactions(request).await {
                Ok(stream) => stream.into_inner(),
                Err(status) => {
                    self.again(&status).await?;
                    continue;
                }
            };
            while let Ok(message) = timeout_at(until.into(), stream.message()).await {
                let message = match message {
                    Ok(message) => message.context("a watch ended by itself")?,
                    Err(status) => {
                        self.again(&status).await?;
                        break;
                    }
                };
                let (kind, time) = (message.kind(), micros(message.read_time)?);
                self.begun.get_or_insert(time);
                self.token = message.resume_token;
                self.is_whole |= kind != ChangeKind::Standing;
                if knows_last && self.is_done() {
                    break;
                }
                let Some(transaction) = message.transaction else { continue };
                let (name, reference) = (transaction.name, transaction.r#ref);
                let was_known = if kind == ChangeKind::Removed {
                    self.known.remove(&name).is_some()
                } else {
                    self.known.insert(name.clone(), reference.clone()).is_some()
                };
                self.sent.push(Sent { time, kind, name, reference, was_known, is_old: false });
            }
            self.cuts += 1;
        }
        Ok(self)
    }

    fn is_done(&self) -> bool {
        self.is_whole && self.known.contains_key(Keeper::LAST)
    }

    /// After a stream was refused: begins with a new snapshot if its token is out of range.
    async fn again(&mut self, status: &tonic::Status) -> anyhow::Result<()> {
        match status.code() {
            Code::OutOfRange => {
                self.token.clear();
                self.known.clear();
                self.is_whole = false;
                self.begun = None;
                self.sent.iter_mut().for_each(|event| event.is_old = true);
                self.snapshots += 1;
            }
            Code::ResourceExhausted | Code::Unavailable => sleep(PAUSE).await,
            _ => anyhow::bail!("a watch is refused: {status}"),
        }
        Ok(())
    }

    async fn check(mut self, changes: &[Change]) -> anyhow::Result<Faults> {
        let begun = self.begun.context("it was sent something")?;
        let timelines = timelines(changes, self.clearance);
        let mut faults = judge(&self.sent, begun, &self.known, &timelines);
        let (mut listed, mut page_token) = (BTreeMap::new(), String::new());
        loop {
            let parent = "projects/-".to_owned();
            let rest = ListTransactionsRequest::default();
            let request = ListTransactionsRequest { parent, page_size: 1000, page_token, ..rest };
            let page = self.clients[0].list_transactions(request).await?.into_inner();
            listed.extend(page.transactions.into_iter().map(|one| (one.name, one.r#ref)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        if listed != self.known {
            let (listed, known) = (listed.len(), self.known.len());
            faults.differing.push(format!("{listed} are listed, {known} known"));
        }
        Ok(faults)
    }
}

impl Report {
    /// Returns whether nothing was missed or shown.
    pub fn is_good(&self) -> bool {
        self.watched.iter().all(|(_, _, faults)| *faults == Faults::default())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { engine, writers, watchers, replicas, seed, .. } = self.plan;
        let (changes, seconds) = (self.changes, self.duration.as_secs_f64());
        writeln!(
            f,
            "{engine:?}: {changes} changes of projects and transactions by {writers} writers at {replicas} replicas, seed {seed}, {seconds:.0} s"
        )?;
        for (clearance, [events, cuts, snapshots], faults) in &self.watched {
            writeln!(
                f,
                "  {clearance:?}: {watchers} watchers, {events} events, cut off {cuts} times, {snapshots} new snapshots: {faults}"
            )?;
        }
        Ok(())
    }
}
