//! A client that watches parties, is cut off again and again, and goes on at any replica from the
//! last token it had.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    ListPartiesRequest, Party, WatchPartiesRequest, WatchPartiesResponse,
};
use api::registan::r#type::v1::ChangeKind;
use prost_types::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::request::micros;
use super::system::connection;
use super::told::{Change, Faults, Filter, Told, compare, expected};

/// The longest life of a stream, in milliseconds and in messages.
const LONGEST: u64 = 400;
const MOST: usize = 400;
const PAGE: i32 = 100;

/// The state of a watcher.
pub struct Follower {
    addresses: Vec<SocketAddr>,
    filter: &'static Filter,
    random: fastrand::Rng,
    token: String,
    /// The record time of the snapshot.
    begun: Option<i64>,
    last: Option<Timestamp>,
    standing: BTreeMap<String, Party>,
    told: Vec<Told>,
    /// How often it was cut off.
    pub cuts: usize,
}

impl Follower {
    /// Connects when it runs.
    pub fn new(addresses: Vec<SocketAddr>, filter: &'static Filter, seed: u64) -> Self {
        Self {
            addresses,
            filter,
            random: fastrand::Rng::with_seed(seed),
            token: String::new(),
            begun: None,
            last: None,
            standing: BTreeMap::new(),
            told: Vec::new(),
            cuts: 0,
        }
    }

    /// How many events it had.
    pub const fn events(&self) -> usize {
        self.told.len()
    }

    /// Watches until it knows the party with this name.
    pub async fn run(mut self, last: &str) -> anyhow::Result<Self> {
        while !self.standing.contains_key(last) {
            let replica = self.random.usize(..self.addresses.len());
            let mut client = PartyServiceClient::new(connection(self.addresses[replica])?);
            let (filter, resume_token) = (self.filter.text.to_owned(), self.token.clone());
            let request = WatchPartiesRequest { filter, resume_token };
            let mut stream = client.watch_parties(request).await?.into_inner();
            let until = Instant::now() + Duration::from_millis(self.random.u64(..LONGEST));
            let most = self.random.usize(..MOST);
            // The stream and its connection are dropped with what they still hold.
            for _ in 0..most {
                let Ok(message) = timeout_at(until, stream.message()).await else { break };
                self.take(message?.context("a watch ended by itself")?)?;
            }
            self.cuts += 1;
        }
        Ok(self)
    }

    fn take(&mut self, message: WatchPartiesResponse) -> anyhow::Result<()> {
        let (kind, time) = (message.kind(), micros(message.read_time)?);
        self.begun.get_or_insert(time);
        self.token = message.resume_token;
        if kind == ChangeKind::Heartbeat {
            ensure!(message.party.is_none(), "a heartbeat carries a party");
            return Ok(());
        }
        let party = message.party.context("an event carries a party")?;
        self.last = message.read_time;
        let (name, removed) = (party.name.clone(), kind == ChangeKind::Removed);
        let etag = if removed { String::new() } else { party.etag.clone() };
        self.told.push(Told { time, kind, name: name.clone(), etag });
        if removed {
            self.standing.remove(&name);
        } else {
            self.standing.insert(name, party);
        }
        Ok(())
    }

    /// Compares all that it was told with what the writers were answered, and what it knows with a
    /// paged list for the record time of its last event.
    pub async fn check(&self, changes: &[Change]) -> anyhow::Result<Faults> {
        let begun = self.begun.context("it was told something")?;
        let mut faults = compare(&self.told, &expected(changes, self.filter, begun));
        let listed = self.listed().await?;
        let names = self.standing.keys().chain(listed.keys().filter(|name| {
            let name: &str = name;
            !self.standing.contains_key(name)
        }));
        faults.differing =
            names.filter(|name| self.standing.get(*name) != listed.get(*name)).count();
        Ok(faults)
    }

    async fn listed(&self) -> anyhow::Result<BTreeMap<String, Party>> {
        let mut client = PartyServiceClient::new(connection(self.addresses[0])?);
        let (mut listed, mut page_token) = (BTreeMap::new(), String::new());
        loop {
            let request = ListPartiesRequest {
                page_size: PAGE,
                page_token,
                filter: self.filter.text.to_owned(),
                read_time: self.last,
                ..ListPartiesRequest::default()
            };
            let page = client.list_parties(request).await?.into_inner();
            for party in page.parties {
                let before = listed.insert(party.name.clone(), party);
                ensure!(before.is_none(), "a list gives a party twice");
            }
            if page.next_page_token.is_empty() {
                return Ok(listed);
            }
            page_token = page.next_page_token;
        }
    }
}
