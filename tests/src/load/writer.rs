//! A client that creates parties and changes one of its own, each write once.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    CreatePartyRequest, GetPartyRequest, Party, UpdatePartyRequest, party,
};
use api::registan::r#type::v1::SourceRef;
use prost_types::FieldMask;
use tokio::time::sleep;
use tonic::Status;
use tonic::transport::Channel;
use uuid::Uuid;

use super::calls::Kind;
use super::session::Session;

/// One write of so many creates a party; the others change one.
const CREATES: u32 = 3;

/// A write that was acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The time of its answer, since the load began.
    pub at: Duration,
    /// The party.
    pub name: String,
    /// The etag of the version that it made.
    pub etag: String,
}

/// The writes of one writer.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The writes that were acknowledged.
    pub acknowledged: Vec<Acknowledged>,
    /// The display name of each that was sent, which it has alone.
    pub sent: HashSet<String>,
    /// The party that is changed again and again.
    pub own: Option<String>,
}

/// A writer; `label` begins the display names of what it writes.
pub struct Writer {
    session: Session,
    client: PartyServiceClient<Channel>,
    label: String,
    step: u32,
    /// Its own party, as it was answered last.
    own: Option<Party>,
    /// The last change of it was not answered: it may have happened.
    is_doubtful: bool,
    written: Written,
}

impl Writer {
    /// A writer that has written nothing.
    pub fn new(session: Session, label: String) -> Self {
        let client = PartyServiceClient::new(session.channel.clone());
        let written = Written::default();
        Self { session, client, label, step: 0, own: None, is_doubtful: false, written }
    }

    /// Writes until it is told to stop.
    pub async fn write(mut self, pause: Duration, stop: &AtomicBool) -> Written {
        while !stop.load(Ordering::Relaxed) {
            self.next().await;
            sleep(pause).await;
        }
        self.written.own = self.own.map(|own| own.name);
        self.written
    }

    async fn next(&mut self) {
        if self.is_doubtful {
            return self.read_own().await;
        }
        self.step += 1;
        let title = format!("{} {}", self.label, self.step);
        self.written.sent.insert(title.clone());
        match self.own.clone() {
            Some(own) if !self.step.is_multiple_of(CREATES) => {
                match self.update(own, title).await {
                    Ok(party) => {
                        self.acknowledge(&party);
                        self.own = Some(party);
                    }
                    Err(_) => self.is_doubtful = true,
                }
            }
            own => {
                let Ok(party) = create(&self.session, &mut self.client, title).await else {
                    return;
                };
                self.acknowledge(&party);
                self.own = own.or(Some(party));
            }
        }
    }

    async fn update(&mut self, own: Party, title: String) -> Result<Party, Status> {
        let request = UpdatePartyRequest {
            party: Some(Party { name: own.name, etag: own.etag, ..party(title) }),
            update_mask: Some(FieldMask { paths: vec!["display_name".to_owned()] }),
            request_id: Uuid::new_v4().to_string(),
            ..UpdatePartyRequest::default()
        };
        let call = self.client.update_party(self.session.request(request));
        self.session.calls.make(Kind::UpdateParty, call, |_| None).await
    }

    async fn read_own(&mut self) {
        let name = self.own.as_ref().map(|own| own.name.clone()).unwrap_or_default();
        let request = self.session.request(GetPartyRequest { name, ..Default::default() });
        let call = self.client.get_party(request);
        if let Ok(party) = self.session.calls.make(Kind::GetParty, call, |_| None).await {
            self.own = Some(party);
            self.is_doubtful = false;
        }
    }

    fn acknowledge(&mut self, party: &Party) {
        let (name, etag) = (party.name.clone(), party.etag.clone());
        let at = self.session.calls.now();
        self.written.acknowledged.push(Acknowledged { at, name, etag });
    }
}

/// Creates a party with this display name; the service chooses the rest of its name.
pub async fn create(
    session: &Session,
    client: &mut PartyServiceClient<Channel>,
    title: String,
) -> Result<Party, Status> {
    let request = CreatePartyRequest {
        party: Some(party(title)),
        request_id: Uuid::new_v4().to_string(),
        ..CreatePartyRequest::default()
    };
    let call = client.create_party(session.request(request));
    session.calls.make(Kind::CreateParty, call, |_| None).await
}

fn party(display_name: String) -> Party {
    let citation = "invented for a load test".to_owned();
    Party {
        kind: party::Kind::Organisation.into(),
        display_name,
        source: Some(SourceRef { citation, ..SourceRef::default() }),
        ..Party::default()
    }
}
