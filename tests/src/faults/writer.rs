//! A client that writes as fast as it is answered, sends again what was not answered, and keeps a
//! ledger of what was.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::check::{Fault, Finding};
use super::ledger::{Acknowledged, Ledger};
use super::request::{Clients, Write};

/// How long one write may stay without an answer before that is a finding.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(10);
/// The numbers of one writer: its own, times this, and counted on.
const NUMBERS: u64 = 1_000_000;
/// So many resources a writer keeps in mind to change them again.
const KEPT: usize = 50;
/// One answered write of so many is sent again, kill or no kill.
const REPEATED: u32 = 20;

/// The observations of a writer.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Calls that ended without an answer and were made again, by code and reason.
    pub refusals: BTreeMap<String, usize>,
    /// The refusals with `UNAVAILABLE` or `RESOURCE_EXHAUSTED` without the time after which to try
    /// again.
    pub without_retry: usize,
    /// Writes of which the answer came only after such a call.
    pub delayed: usize,
    /// Answered writes that were sent once more, to compare the answers.
    pub repeated: usize,
    /// The faults found.
    pub findings: Vec<Finding>,
}

impl Tally {
    /// Counts a call that ended without an answer.
    pub fn refuse(&mut self, status: &Status) {
        let reason = reason(status);
        let own = !reason.is_empty();
        let retry = status.get_details_retry_info().is_some();
        let later = matches!(status.code(), Code::Unavailable | Code::ResourceExhausted);
        self.without_retry += usize::from(own && later && !retry);
        let word = if own { reason } else { "(no reason)".to_owned() };
        *self.refusals.entry(format!("{:?} {word}", status.code())).or_default() += 1;
    }

    /// Calls that ended without an answer and were made again.
    pub fn unanswered(&self) -> usize {
        self.refusals.values().sum()
    }

    /// Returns those of them that the service answered with INTERNAL.
    pub fn internal(&self) -> usize {
        self.refusals.get("Internal INTERNAL").copied().unwrap_or_default()
    }

    /// Adds what another writer has seen.
    pub fn add(&mut self, other: Self) {
        for (refusal, count) in other.refusals {
            *self.refusals.entry(refusal).or_default() += count;
        }
        self.without_retry += other.without_retry;
        self.delayed += other.delayed;
        self.repeated += other.repeated;
        self.findings.extend(other.findings);
    }
}

/// The state that the writers of a storm share with its leader.
#[derive(Debug, Default)]
pub struct Shared {
    /// Agreements that all writers change, without etags.
    pub agreements: Vec<String>,
    /// A party that is CONFIDENTIAL; nobody changes it.
    pub confidential: String,
    /// Writes acknowledged so far.
    pub acknowledged: AtomicUsize,
    /// Calls that ended without an answer so far.
    pub refused: AtomicUsize,
    /// Tells the writers to stop.
    pub stop: AtomicBool,
}

/// A resource that a writer may change: nobody else does, so its etag is known.
struct Own {
    name: String,
    etag: String,
}

/// A client of the system; writes until it is told to stop.
pub struct Writer {
    replicas: Vec<Clients>,
    place: usize,
    ledger: Ledger,
    random: fastrand::Rng,
    number: u64,
    parties: Vec<Own>,
    agreements: Vec<Own>,
    shared: Arc<Shared>,
    last: Option<(Write, Acknowledged)>,
    tally: Tally,
}

impl Writer {
    /// Connects to every replica. `place` is the writer's own among all writers.
    pub fn new(
        addresses: &[SocketAddr],
        place: usize,
        ledger: Ledger,
        shared: Arc<Shared>,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let replicas = addresses.iter().map(|address| Clients::to(*address));
        Ok(Self {
            replicas: replicas.collect::<anyhow::Result<_>>()?,
            place,
            ledger,
            random: fastrand::Rng::with_seed(seed + place as u64),
            number: (place as u64 + 1) * NUMBERS,
            parties: Vec::new(),
            agreements: Vec::new(),
            shared,
            last: None,
            tally: Tally::default(),
        })
    }

    /// Creates agreements that all may change, and a party that is CONFIDENTIAL; returns their
    /// names.
    pub async fn create_shared(mut self, count: usize) -> anyhow::Result<(Vec<String>, String)> {
        let number = self.next_number();
        self.write(Write::create_confidential_party(number)).await?;
        let confidential = self.parties.pop().map(|own| own.name).unwrap_or_default();
        let party = self.create_party();
        self.write(party).await?;
        for _ in 0..count {
            let agreement = self.create_agreement();
            self.write(agreement).await?;
        }
        anyhow::ensure!(self.tally.findings.is_empty(), "{:?}", self.tally.findings);
        Ok((self.agreements.into_iter().map(|own| own.name).collect(), confidential))
    }

    /// Writes until it is told to stop and the last write is answered.
    pub async fn run(mut self) -> anyhow::Result<Tally> {
        while !self.shared.stop.load(Ordering::Relaxed) && self.tally.findings.is_empty() {
            let write = self.choose();
            self.write(write).await?;
        }
        Ok(self.tally)
    }

    fn choose(&mut self) -> Write {
        if self.parties.len() < 3 {
            return self.create_party();
        }
        if self.agreements.is_empty() {
            return self.create_agreement();
        }
        match self.random.u8(..10) {
            0 => self.create_party(),
            1 => {
                let (number, place) = (self.next_number(), self.random.usize(..self.parties.len()));
                let own = &self.parties[place];
                Write::update_party(number, &own.name, &own.etag)
            }
            2..5 => self.create_agreement(),
            5..8 => {
                let place = self.random.usize(..self.agreements.len());
                let (number, parties) = (self.next_number(), self.some_parties());
                let own = &self.agreements[place];
                Write::update_agreement(number, &own.name, &own.etag, parties)
            }
            _ => {
                let (number, parties) = (self.next_number(), self.some_parties());
                match self.random.choice(self.shared.agreements.iter()) {
                    Some(name) => Write::update_agreement(number, name, "", parties),
                    None => self.create_party(),
                }
            }
        }
    }

    fn create_party(&mut self) -> Write {
        let number = self.next_number();
        Write::create_party(number, &self.id(number))
    }

    fn create_agreement(&mut self) -> Write {
        let (number, parties) = (self.next_number(), self.some_parties());
        Write::create_agreement(number, &self.id(number), parties)
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Half of the ids are chosen here. The others are chosen by the service, anew each time the
    /// request arrives, so that only the request id keeps a second one from being created.
    fn id(&mut self, number: u64) -> String {
        if self.random.bool() { format!("w{number}") } else { String::new() }
    }

    fn some_parties(&mut self) -> Vec<String> {
        let mut names: Vec<String> = self.parties.iter().map(|own| own.name.clone()).collect();
        self.random.shuffle(&mut names);
        names.truncate(self.random.usize(1..=3));
        names
    }

    /// Sends a write until it is answered, and keeps the answer in the ledger before anything else
    /// is sent.
    async fn write(&mut self, write: Write) -> anyhow::Result<()> {
        let tries = self.tally.unanswered();
        let Some(acknowledged) = self.deliver(&write).await else { return Ok(()) };
        self.ledger.append(&acknowledged).await?;
        self.shared.acknowledged.fetch_add(1, Ordering::Relaxed);
        let delayed = self.tally.unanswered() > tries;
        self.tally.delayed += usize::from(delayed);
        if delayed {
            // Acknowledged before the kill: the answer must be what it was.
            if let Some((write, first)) = self.last.take() {
                self.repeat(&write, &first).await;
            }
        }
        if delayed || self.random.u32(..REPEATED) == 0 {
            self.repeat(&write, &acknowledged).await;
        }
        self.keep(&write, &acknowledged);
        self.last = Some((write, acknowledged));
        Ok(())
    }

    async fn repeat(&mut self, write: &Write, first: &Acknowledged) {
        self.tally.repeated += 1;
        let Some(again) = self.deliver(write).await else { return };
        if again != *first {
            let what = format!("the same request was answered {first:?}, then {again:?}");
            self.tally.findings.push(Finding::new(Fault::Doubled, what));
        }
    }

    fn keep(&mut self, write: &Write, acknowledged: &Acknowledged) {
        let own = Own { name: acknowledged.name.clone(), etag: acknowledged.etag.clone() };
        let kept = match write {
            Write::CreateParty(_) | Write::UpdateParty(_) => &mut self.parties,
            Write::CreateAgreement(_) | Write::UpdateAgreement(_) => &mut self.agreements,
        };
        match kept.iter().position(|before| before.name == own.name) {
            Some(place) => kept[place] = own,
            None if self.shared.agreements.contains(&own.name) => {}
            None if kept.len() < KEPT => kept.push(own),
            None => {
                let place = self.random.usize(..kept.len());
                kept[place] = own;
            }
        }
    }

    /// The answer, after as many tries as it takes; nothing if it is one that must not be.
    async fn deliver(&mut self, write: &Write) -> Option<Acknowledged> {
        let until = Instant::now() + TIMEOUT;
        loop {
            let replica = self.place % self.replicas.len();
            let status = match self.replicas[replica].send(write).await {
                Ok(acknowledged) => return Some(acknowledged),
                Err(status) => status,
            };
            if !is_no_answer(&status) || Instant::now() > until {
                let (number, code) = (write.number(), status.code());
                let what = format!("{number} was answered {code:?}: {}", status.message());
                self.tally.findings.push(Finding::new(Fault::Refused, what));
                return None;
            }
            self.tally.refuse(&status);
            self.shared.refused.fetch_add(1, Ordering::Relaxed);
            // The next try goes to the next replica, where there are several.
            self.place += 1;
            sleep(PAUSE).await;
        }
    }
}

/// Returns whether a call ended without saying what became of the write: the connection broke,
/// nobody listened, the time ran out, the database was away or had no room, or others wrote the
/// same all the time.
pub(super) fn is_no_answer(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Unknown
        | Code::Internal
        | Code::ResourceExhausted => true,
        Code::Aborted => reason(status) == "BUSY",
        _ => false,
    }
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}
