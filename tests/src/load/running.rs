//! The clients at work, from the first event to the last.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{CreatePartyRequest, Party, party};
use api::registan::r#type::v1::SourceRef;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::Code;
use uuid::Uuid;

use super::calls::Calls;
use super::outcome::Outcome;
use super::reader::read;
use super::record::Record;
use super::session::{Session, Token};
use super::trust::Trust;
use super::watcher::{Watched, Watcher};
use super::writer::{Writer, Written, create};

/// How long the first and the last event may take.
const TIMEOUT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);
/// The state of which briefs are asked; created where it is missing.
const STATE: &str = "kz";

/// The suite under load.
#[derive(Clone, Debug)]
pub struct Target {
    /// The URLs of the gateway, which clients take in turn.
    pub gateways: Vec<String>,
    /// A token of somebody who may write.
    pub token: Token,
    /// A file of the authorities, one of which vouches for a gateway with TLS.
    pub authorities: Option<PathBuf>,
}

/// How many clients there are, and how fast they are.
#[derive(Clone, Copy, Debug)]
pub struct Force {
    /// Clients that read.
    pub readers: usize,
    /// Clients that write.
    pub writers: usize,
    /// Clients that watch.
    pub watchers: usize,
    /// The pause of a client between two calls.
    pub pause: Duration,
}

/// Clients at work.
pub struct Load {
    /// The log of their calls.
    pub calls: Calls,
    session: Session,
    label: String,
    stop: Arc<AtomicBool>,
    readers: JoinSet<()>,
    writers: JoinSet<Written>,
    watching: JoinSet<()>,
    watchers: Vec<Watcher>,
}

impl Load {
    /// Starts them; watchers are there before the first write.
    pub async fn start(target: &Target, force: Force) -> anyhow::Result<Self> {
        let calls = Calls::begin();
        let trust = target.authorities.as_deref().map(Trust::read).transpose()?;
        let mut urls = target.gateways.iter().cycle();
        let mut open = || {
            let url = urls.next().context("a target has a gateway")?;
            Session::open(url, &target.token, trust.as_ref(), &calls)
        };
        let session = open()?;
        create_state(&session).await?;
        let mut load = Self {
            calls: calls.clone(),
            session,
            label: format!("load {}", Uuid::new_v4().simple()),
            stop: Arc::default(),
            readers: JoinSet::new(),
            writers: JoinSet::new(),
            watching: JoinSet::new(),
            watchers: (0..force.watchers).map(|_| Watcher::default()).collect(),
        };
        for watcher in &load.watchers {
            load.watching.spawn(watcher.clone().watch(open()?));
        }
        load.until_all(|watched| watched.has_begun).await.context("watchers are sent nothing")?;
        for _ in 0..force.readers {
            let (session, stop) = (open()?, Arc::clone(&load.stop));
            let party = format!("parties/{STATE}");
            load.readers.spawn(async move { read(session, party, force.pause, &stop).await });
        }
        for place in 0..force.writers {
            let writer = Writer::new(open()?, format!("{} writer {place}", load.label));
            let stop = Arc::clone(&load.stop);
            load.writers.spawn(async move { writer.write(force.pause, &stop).await });
        }
        Ok(load)
    }

    /// Stops them, waits until the watchers know all, and reads the record.
    pub async fn finish(mut self) -> anyhow::Result<Outcome> {
        self.stop.store(true, Ordering::Relaxed);
        let mut written = Vec::new();
        while let Some(one) = self.writers.join_next().await {
            written.push(one.context("a writer panicked")?);
        }
        while let Some(one) = self.readers.join_next().await {
            one.context("a reader panicked")?;
        }
        let calls = self.calls.all();
        let last = format!("{} last", self.label);
        let mut client = PartyServiceClient::new(self.session.channel.clone());
        let until = Instant::now() + TIMEOUT;
        while let Err(status) = create(&self.session, &mut client, last.clone()).await {
            ensure!(Instant::now() < until, "the last party cannot be created: {status}");
            sleep(PAUSE).await;
        }
        // One that is not told the last party misses it: that is in the outcome.
        let _ = self.until_all(|watched| watched.knows(&last)).await;
        let changed: Vec<_> = written.iter().filter_map(|written| written.own.clone()).collect();
        let record = Record::read(&self.session, &self.label, &changed).await?;
        let watched = self.watchers.iter().map(|watcher| watcher.seen(Clone::clone)).collect();
        Ok(Outcome { calls, written, watched, record })
    }

    async fn until_all(&self, holds: impl Fn(&Watched) -> bool) -> anyhow::Result<()> {
        let until = Instant::now() + TIMEOUT;
        while !self.watchers.iter().all(|watcher| watcher.seen(&holds)) {
            ensure!(Instant::now() < until, "not all of them within {TIMEOUT:?}");
            sleep(PAUSE).await;
        }
        Ok(())
    }
}

impl Watched {
    fn knows(&self, title: &str) -> bool {
        self.events.iter().any(|event| event.title == title)
    }
}

/// Creates the state of which briefs are asked, unless it is there.
async fn create_state(session: &Session) -> anyhow::Result<()> {
    let citation = "invented for a load test".to_owned();
    let state = Party {
        kind: party::Kind::State.into(),
        display_name: "Kazakhstan".to_owned(),
        country_code: STATE.to_uppercase(),
        source: Some(SourceRef { citation, ..SourceRef::default() }),
        ..Party::default()
    };
    let mut client = PartyServiceClient::new(session.channel.clone());
    let request = CreatePartyRequest {
        party: Some(state),
        party_id: STATE.to_owned(),
        request_id: Uuid::new_v4().to_string(),
        ..CreatePartyRequest::default()
    };
    let until = Instant::now() + TIMEOUT;
    loop {
        match client.create_party(session.request(request.clone())).await {
            Ok(_) => return Ok(()),
            Err(status) if status.code() == Code::AlreadyExists => return Ok(()),
            Err(status) if Instant::now() > until => {
                return Err(status).context("the state of the briefs cannot be created");
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}
