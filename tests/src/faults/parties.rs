//! A client that uses what it was given: etags, page tokens, resume tokens and read times.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    CreatePartyRequest, ListPartiesRequest, Party, UpdatePartyRequest, WatchPartiesRequest, party,
};
use api::registan::r#type::v1::{ChangeKind, SourceRef};
use chassis::client::Connection;
use prost_types::Timestamp;
use tokio::time::{sleep, timeout};
use tonic::{Code, Response, Status};

use super::request::{mask, request_id};
use super::system::connection;

/// The display names of parties, by name.
pub type Titles = BTreeMap<String, String>;

/// How long a stream may say nothing; a heartbeat comes every 15 seconds.
const QUIET: Duration = Duration::from_secs(20);

/// How often a call is made again while the service is not there, and after what time.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);
/// How long a stream that is to be refused may take for it.
const REFUSED_WITHIN: Duration = Duration::from_secs(10);

/// A page of a list.
pub struct Page {
    /// The titles on it.
    pub titles: Titles,
    /// From where the list goes on; empty on the last page.
    pub next: String,
    /// From where a watch goes on.
    pub resume_token: String,
    /// The instant it holds for.
    pub read_time: Option<Timestamp>,
}

/// A client of one replica.
#[derive(Clone)]
pub struct Parties(PartyServiceClient<Connection>);

impl Parties {
    /// Connects when first used.
    pub fn at(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self(PartyServiceClient::new(connection(address)?)))
    }

    /// Creates a party.
    pub async fn create(&mut self, id: &str, title: &str) -> Result<Party, Status> {
        let (client, request) = (&mut self.0, creation(id, title));
        until_there(async || client.create_party(request.clone()).await).await
    }

    /// As [`Parties::create`], for a service that is there.
    pub async fn create_once(&mut self, id: &str, title: &str) -> Result<Party, Status> {
        self.0.create_party(creation(id, title)).await.map(Response::into_inner)
    }

    /// Changes the display name of a party.
    pub async fn update(&mut self, name: &str, title: &str, etag: &str) -> Result<Party, Status> {
        let request = UpdatePartyRequest {
            party: Some(titled(name, title, etag)),
            update_mask: Some(mask(&["display_name"])),
            request_id: request_id(),
            ..UpdatePartyRequest::default()
        };
        let client = &mut self.0;
        until_there(async || client.update_party(request.clone()).await).await
    }

    /// One page.
    pub async fn page(
        &mut self,
        page_size: i32,
        page_token: &str,
        read_time: Option<Timestamp>,
    ) -> Result<Page, Status> {
        let page_token = page_token.to_owned();
        let request = ListPartiesRequest { page_size, page_token, read_time, ..Default::default() };
        let client = &mut self.0;
        let page = until_there(async || client.list_parties(request.clone()).await).await?;
        let titles = page.parties.into_iter().map(|party| (party.name, party.display_name));
        Ok(Page {
            titles: titles.collect(),
            next: page.next_page_token,
            resume_token: page.resume_token,
            read_time: page.read_time,
        })
    }

    /// All parties at an instant, from the page after a token on.
    pub async fn rest(
        &mut self,
        mut page_token: String,
        read_time: Option<Timestamp>,
    ) -> Result<Titles, Status> {
        let mut all = Titles::new();
        loop {
            let page = self.page(1000, &page_token, read_time).await?;
            all.extend(page.titles);
            if page.next.is_empty() {
                return Ok(all);
            }
            page_token = page.next;
        }
    }

    /// How a watch that goes on with a token is refused; success if it is not. A connection that
    /// the database closed as it went back is told as UNAVAILABLE once, by streams too: asked
    /// again.
    pub async fn resume(&mut self, token: &str, known: &Titles) -> Result<(), Status> {
        let mut answer = Ok(());
        for _ in 0..TRIES {
            // What it is told of does not matter: the first message or the refusal does.
            let (mut token, mut known) = (token.to_owned(), known.clone());
            let asked = self.follow(&mut token, &mut known, "parties/none");
            answer = timeout(REFUSED_WITHIN, asked).await.unwrap_or(Ok(()));
            match &answer {
                Err(status) if is_broken(status) => sleep(PAUSE).await,
                _ => break,
            }
        }
        answer
    }

    /// Follows the changes from a token on, until it is told of the party `last`; `known` is what
    /// it knows then.
    pub async fn follow(
        &mut self,
        resume_token: &mut String,
        known: &mut Titles,
        last: &str,
    ) -> Result<(), Status> {
        let request =
            WatchPartiesRequest { resume_token: resume_token.clone(), ..Default::default() };
        let mut stream = self.0.watch_parties(request).await?.into_inner();
        while !known.contains_key(last) {
            let message = timeout(QUIET, stream.message()).await;
            let message = message.map_err(|_| Status::deadline_exceeded("nothing was sent"))??;
            let message = message.ok_or_else(|| Status::unavailable("the stream ended"))?;
            let kind = message.kind();
            *resume_token = message.resume_token;
            match (kind, message.party) {
                (ChangeKind::Heartbeat, _) | (_, None) => {}
                (ChangeKind::Removed, Some(party)) => drop(known.remove(&party.name)),
                (_, Some(party)) => drop(known.insert(party.name, party.display_name)),
            }
        }
        Ok(())
    }
}

/// Calls until there is an answer: a database that is replaced takes its connections with it.
async fn until_there<A>(
    mut call: impl AsyncFnMut() -> Result<Response<A>, Status>,
) -> Result<A, Status> {
    for _ in 0..TRIES {
        match call().await {
            Err(status) if status.code() == Code::Unavailable => sleep(PAUSE).await,
            answer => return answer.map(Response::into_inner),
        }
    }
    call().await.map(Response::into_inner)
}

/// Returns whether the connection, and not the service, ended a call.
pub fn is_broken(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal)
}

fn creation(id: &str, title: &str) -> CreatePartyRequest {
    CreatePartyRequest {
        party: Some(titled("", title, "")),
        party_id: id.to_owned(),
        request_id: request_id(),
        ..CreatePartyRequest::default()
    }
}

fn titled(name: &str, title: &str, etag: &str) -> Party {
    let citation = "invented for a fault storm".to_owned();
    Party {
        name: name.to_owned(),
        etag: etag.to_owned(),
        kind: party::Kind::Organisation.into(),
        display_name: title.to_owned(),
        source: Some(SourceRef { citation, ..SourceRef::default() }),
        ..Party::default()
    }
}
