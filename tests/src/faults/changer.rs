//! A client that creates, changes, deletes and restores parties of its own over one connection, as
//! fast as it is answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    CreatePartyRequest, DeletePartyRequest, Party, UndeletePartyRequest, UpdatePartyRequest, party,
};
use api::registan::r#type::v1::SourceRef;
use chassis::client::Connection;
use tokio::time::sleep;
use tonic::Status;

use super::request::{mask, request_id};
use super::system::connection;
use super::told::Change;
use super::writer::is_no_answer;

/// So many parties are each writer's own.
const OWN: usize = 20;
const KINDS: [party::Kind; 3] = [party::Kind::Bank, party::Kind::Organisation, party::Kind::Union];
const COUNTRIES: [&str; 3] = ["", "KZ", "UZ"];
/// How long one write may stay without an answer, and how long to wait before it is sent again.
const TIMEOUT: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(5);

/// A write with its request id: sent again, it happens once.
enum Write {
    Create(CreatePartyRequest),
    Update(UpdatePartyRequest),
    Delete(DeletePartyRequest),
    Undelete(UndeletePartyRequest),
}

/// A client of one replica.
pub struct Changer {
    client: PartyServiceClient<Connection>,
    place: usize,
    random: fastrand::Rng,
    own: Vec<Party>,
}

impl Changer {
    /// Connects when first used. `place` is the writer's own among all writers.
    pub fn new(address: SocketAddr, place: usize, seed: u64) -> anyhow::Result<Self> {
        let client = PartyServiceClient::new(connection(address)?);
        let random = fastrand::Rng::with_seed(seed + place as u64);
        Ok(Self { client, place, random, own: Vec::new() })
    }

    /// Makes so many changes, each counted in `made`; gives them as they were acknowledged.
    pub async fn run(mut self, count: usize, made: &AtomicUsize) -> anyhow::Result<Vec<Change>> {
        let mut changes = Vec::with_capacity(count);
        for step in 0..count {
            changes.push(self.change(step).await?);
            made.fetch_add(1, Ordering::Relaxed);
        }
        Ok(changes)
    }

    /// The same until it is told to stop.
    pub async fn run_until(
        mut self,
        stop: &AtomicBool,
        made: &AtomicUsize,
    ) -> anyhow::Result<Vec<Change>> {
        let mut changes = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            changes.push(self.change(changes.len()).await?);
            made.fetch_add(1, Ordering::Relaxed);
            sleep(PAUSE).await;
        }
        Ok(changes)
    }

    /// Creates one party that matches every filter.
    pub async fn create_last(mut self, id: &str) -> anyhow::Result<Change> {
        let party = Party { country_code: "KZ".to_owned(), ..party(KINDS[0], "The last one") };
        Change::of(&self.send(&create(party, id)).await?)
    }

    /// Creates a state, of which briefs can be asked.
    pub async fn create_state(mut self) -> anyhow::Result<Change> {
        let state = party(party::Kind::State, "A state");
        Change::of(
            &self.send(&create(Party { country_code: "KZ".to_owned(), ..state }, "kz")).await?,
        )
    }

    async fn change(&mut self, step: usize) -> anyhow::Result<Change> {
        let title = format!("Step {step} of {}", self.place);
        let kind = *self.random.choice(KINDS.iter()).context("there are kinds")?;
        let country = self.random.choice(COUNTRIES.iter()).context("there are countries")?;
        let next = Party { country_code: (*country).to_owned(), ..party(kind, &title) };
        let is_new = self.own.is_empty() || self.own.len() < OWN && self.random.u8(..4) == 0;
        if is_new {
            let id = format!("w{}-{}", self.place, self.own.len());
            let created = self.send(&create(next, &id)).await?;
            let change = Change::of(&created);
            self.own.push(created);
            return change;
        }
        let chosen = self.random.usize(..self.own.len());
        let Party { name, etag, delete_time, .. } = self.own[chosen].clone();
        let request_id = request_id();
        let write = if delete_time.is_some() {
            let rest = UndeletePartyRequest::default();
            Write::Undelete(UndeletePartyRequest { name, etag, request_id, ..rest })
        } else if self.random.u8(..8) == 0 {
            let rest = DeletePartyRequest::default();
            Write::Delete(DeletePartyRequest { name, etag, request_id, ..rest })
        } else {
            Write::Update(UpdatePartyRequest {
                party: Some(Party { name, etag, ..next }),
                update_mask: Some(mask(&["kind", "display_name", "country_code"])),
                request_id,
                ..UpdatePartyRequest::default()
            })
        };
        self.own[chosen] = self.send(&write).await?;
        Change::of(&self.own[chosen])
    }

    /// The answer, after as many tries as it takes.
    async fn send(&mut self, write: &Write) -> anyhow::Result<Party> {
        let until = Instant::now() + TIMEOUT;
        loop {
            match self.call(write).await {
                Ok(party) => return Ok(party),
                Err(status) if is_no_answer(&status) && Instant::now() < until => {
                    sleep(PAUSE).await;
                }
                Err(status) => return Err(status).context("a write is refused"),
            }
        }
    }

    async fn call(&mut self, write: &Write) -> Result<Party, Status> {
        let client = &mut self.client;
        let answer = match write {
            Write::Create(request) => client.create_party(request.clone()).await,
            Write::Update(request) => client.update_party(request.clone()).await,
            Write::Delete(request) => client.delete_party(request.clone()).await,
            Write::Undelete(request) => client.undelete_party(request.clone()).await,
        };
        Ok(answer?.into_inner())
    }
}

fn create(party: Party, id: &str) -> Write {
    Write::Create(CreatePartyRequest {
        party: Some(party),
        party_id: id.to_owned(),
        request_id: request_id(),
        ..CreatePartyRequest::default()
    })
}

fn party(kind: party::Kind, display_name: &str) -> Party {
    let citation = "invented for a fault storm".to_owned();
    Party {
        kind: kind.into(),
        display_name: display_name.to_owned(),
        source: Some(SourceRef { citation, ..SourceRef::default() }),
        ..Party::default()
    }
}
