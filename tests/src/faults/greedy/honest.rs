//! Honest callers, all the while. They have a thread of their own, so that the work of the greedy
//! ones here does not count as waiting there.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{GetPartyRequest, ListPartiesRequest};
use api::registan::partnership::v1::GetBriefRequest;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{GetProjectRequest, ListProjectsRequest};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::door::Door;

/// Callers, each with an address and a connection of its own.
const CALLERS: u8 = 4;
const EVERY: Duration = Duration::from_millis(100);
/// Longer nobody waits.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The calls, in turn. A newcomer asks on a new connection.
const QUESTIONS: [&str; 10] = [
    "get party",
    "get project",
    "newcomer",
    "get project",
    "list parties",
    "get party",
    "get project",
    "list projects",
    "get project",
    "brief",
];

/// The results of the calls of one kind.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    answered: Vec<Duration>,
    failed: Vec<String>,
}

/// The results of all calls, by kind.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<&'static str, Calls>);

impl Tally {
    /// How many there were, and how many of them failed.
    pub fn counts(&self) -> (usize, usize) {
        let failed = self.0.values().map(|calls| calls.failed.len()).sum();
        let answered: usize = self.0.values().map(|calls| calls.answered.len()).sum();
        (answered + failed, failed)
    }

    /// The time within which so many of 1000 were answered, of one kind or of all.
    pub fn within(&self, kind: Option<&str>, share: usize) -> Duration {
        let chosen = self.0.iter().filter(|(name, _)| kind.is_none_or(|kind| kind == **name));
        let mut times: Vec<Duration> =
            chosen.flat_map(|(_, calls)| calls.answered.iter().copied()).collect();
        times.sort_unstable();
        times.get(times.len() * share / 1000).or(times.last()).copied().unwrap_or_default()
    }

    /// Returns the kinds of calls.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }

    /// Some of what went wrong.
    pub fn failures(&self) -> Vec<String> {
        let failed = self.0.iter().flat_map(|(kind, calls)| {
            calls.failed.iter().take(3).map(move |failed| format!("{kind}: {failed}"))
        });
        failed.collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, failed) = self.counts();
        write!(
            f,
            "{all} calls, {failed} failed, p50 {:.1?}, p99 {:.1?}",
            self.within(None, 500),
            self.within(None, 990)
        )
    }
}

/// Honest callers at work.
pub struct Honest {
    stop: Arc<AtomicBool>,
    tally: Arc<Mutex<Tally>>,
    thread: JoinHandle<()>,
}

impl Honest {
    /// Begins to ask.
    pub fn start(door: Door) -> anyhow::Result<Self> {
        let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::default()));
        let (told, kept) = (Arc::clone(&stop), Arc::clone(&tally));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::spawn(move || runtime.block_on(ask_all(&door, &told, &kept)));
        Ok(Self { stop, tally, thread })
    }

    /// Stops, and tells what became of the calls.
    pub fn end(self) -> anyhow::Result<Tally> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().ok().context("an honest caller panicked")?;
        Ok(self.tally.lock().map(|tally| tally.clone()).unwrap_or_default())
    }
}

async fn ask_all(door: &Door, stop: &Arc<AtomicBool>, tally: &Arc<Mutex<Tally>>) {
    let mut callers = JoinSet::new();
    for number in 1..=CALLERS {
        let (door, stop, tally) = (door.clone(), Arc::clone(stop), Arc::clone(tally));
        let mine = [127, 0, 1, number];
        let channel = door.from(mine);
        callers.spawn(async move {
            let mut turn = usize::from(number);
            while !stop.load(Ordering::SeqCst) {
                let kind = QUESTIONS[turn % QUESTIONS.len()];
                turn += 1;
                let called = Instant::now();
                let channel = if kind == "newcomer" { door.from(mine) } else { channel.clone() };
                let answer = ask(channel, kind).await;
                if let Ok(mut tally) = tally.lock() {
                    let calls = tally.0.entry(kind).or_default();
                    match answer {
                        Ok(()) => calls.answered.push(called.elapsed()),
                        Err(status) => {
                            let (code, message) = (status.code(), status.message());
                            let after = called.elapsed();
                            calls.failed.push(format!("{code:?} after {after:.1?}: {message}"));
                        }
                    }
                }
                sleep(EVERY.saturating_sub(called.elapsed())).await;
            }
        });
    }
    while callers.join_next().await.is_some() {}
}

async fn ask(channel: Channel, kind: &str) -> Result<(), Status> {
    fn question<T>(message: T) -> Request<T> {
        let mut question = Request::new(message);
        question.set_timeout(TIMEOUT);
        question
    }
    match kind {
        "get project" => {
            let name = "projects/held-0".to_owned();
            let request = GetProjectRequest { name, ..Default::default() };
            ProjectServiceClient::new(channel).get_project(question(request)).await.map(drop)
        }
        "list projects" => {
            let request = ListProjectsRequest { page_size: 10, ..Default::default() };
            ProjectServiceClient::new(channel).list_projects(question(request)).await.map(drop)
        }
        "list parties" => {
            let request = ListPartiesRequest { page_size: 10, ..Default::default() };
            PartyServiceClient::new(channel).list_parties(question(request)).await.map(drop)
        }
        "brief" => {
            let request = GetBriefRequest { party: "parties/kz".to_owned(), ..Default::default() };
            let client = &mut PartnershipServiceClient::new(channel);
            let brief = client.get_brief(question(request)).await?.into_inner();
            let whole = brief.law.and_then(|law| law.party).is_some();
            if whole { Ok(()) } else { Err(Status::unavailable("a part is missing")) }
        }
        _ => {
            let request = GetPartyRequest { name: "parties/kz".to_owned(), ..Default::default() };
            PartyServiceClient::new(channel).get_party(question(request)).await.map(drop)
        }
    }
}
