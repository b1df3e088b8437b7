//! The requests of the writers, each ready to be sent again as it is, and what their answers say.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, CreatePartyRequest, Party, UpdateAgreementRequest,
    UpdatePartyRequest,
};
use api::registan::options::v1::Tier;
use chassis::client::Connection;
use prost_types::{FieldMask, Timestamp};
use tokio::time::timeout;
use tonic::{Request, Status};
use uuid::Uuid;

use super::body::{Body, Kind};
use super::ledger::Acknowledged;
use super::system::connection;

/// How long one call may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// A write with its request id: sent again, it must happen once.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is the request of the method of its name")]
pub enum Write {
    CreateParty(CreatePartyRequest),
    UpdateParty(UpdatePartyRequest),
    CreateAgreement(CreateAgreementRequest),
    UpdateAgreement(UpdateAgreementRequest),
}

impl Write {
    /// Creates a party; with no id the service chooses one.
    pub fn create_party(number: u64, id: &str) -> Self {
        Self::CreateParty(CreatePartyRequest {
            party: Some(Body::numbered(number, Vec::new()).party()),
            party_id: id.to_owned(),
            request_id: request_id(),
            ..CreatePartyRequest::default()
        })
    }

    /// Creates a party that is CONFIDENTIAL.
    pub fn create_confidential_party(number: u64) -> Self {
        let tier = Tier::Confidential.into();
        let party = Party { tier, ..Body::numbered(number, Vec::new()).party() };
        Self::CreateParty(CreatePartyRequest {
            party: Some(party),
            request_id: request_id(),
            ..CreatePartyRequest::default()
        })
    }

    /// Changes all of a party that a number decides.
    pub fn update_party(number: u64, name: &str, etag: &str) -> Self {
        let (name, etag) = (name.to_owned(), or_any(etag));
        let party = Party { name, etag, ..Body::numbered(number, Vec::new()).party() };
        Self::UpdateParty(UpdatePartyRequest {
            party: Some(party),
            update_mask: Some(mask(&["display_name", "note", "external_ids"])),
            request_id: request_id(),
            ..UpdatePartyRequest::default()
        })
    }

    /// Creates an agreement; with no id the service chooses one.
    pub fn create_agreement(number: u64, id: &str, parties: Vec<String>) -> Self {
        Self::CreateAgreement(CreateAgreementRequest {
            agreement: Some(Body::numbered(number, parties).agreement()),
            agreement_id: id.to_owned(),
            request_id: request_id(),
            ..CreateAgreementRequest::default()
        })
    }

    /// Changes all of an agreement that a number decides.
    pub fn update_agreement(number: u64, name: &str, etag: &str, parties: Vec<String>) -> Self {
        let (name, etag) = (name.to_owned(), or_any(etag));
        let agreement = Agreement { name, etag, ..Body::numbered(number, parties).agreement() };
        Self::UpdateAgreement(UpdateAgreementRequest {
            agreement: Some(agreement),
            update_mask: Some(mask(&["title", "note", "external_ids", "parties"])),
            request_id: request_id(),
            ..UpdateAgreementRequest::default()
        })
    }

    /// The external id of the body, which holds the number.
    pub fn number(&self) -> String {
        let body = match self {
            Self::CreateParty(request) => request.party.as_ref().map(Body::from),
            Self::UpdateParty(request) => request.party.as_ref().map(Body::from),
            Self::CreateAgreement(request) => request.agreement.as_ref().map(Body::from),
            Self::UpdateAgreement(request) => request.agreement.as_ref().map(Body::from),
        };
        body.map(|body| body.identifier).unwrap_or_default()
    }
}

/// The clients of one replica.
pub struct Clients {
    parties: PartyServiceClient<Connection>,
    agreements: AgreementServiceClient<Connection>,
}

impl Clients {
    /// Connects when first used.
    pub fn to(address: SocketAddr) -> anyhow::Result<Self> {
        let connection = connection(address)?;
        Ok(Self {
            parties: PartyServiceClient::new(connection.clone()),
            agreements: AgreementServiceClient::new(connection),
        })
    }

    /// Makes one call.
    pub async fn send(&mut self, write: &Write) -> Result<Acknowledged, Status> {
        let (parties, agreements) = (&mut self.parties, &mut self.agreements);
        let call = async {
            match write.clone() {
                Write::CreateParty(request) => {
                    of_party(&parties.create_party(within(request)).await?.into_inner())
                }
                Write::UpdateParty(request) => {
                    of_party(&parties.update_party(within(request)).await?.into_inner())
                }
                Write::CreateAgreement(request) => {
                    of_agreement(&agreements.create_agreement(within(request)).await?.into_inner())
                }
                Write::UpdateAgreement(request) => {
                    of_agreement(&agreements.update_agreement(within(request)).await?.into_inner())
                }
            }
            .map_err(|error| Status::data_loss(format!("{error:#}")))
        };
        let late = |_| Err(Status::deadline_exceeded("no answer in time"));
        timeout(DEADLINE, call).await.unwrap_or_else(late)
    }
}

fn within<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(DEADLINE);
    request
}

/// Returns what an answer says of a party.
pub fn of_party(party: &Party) -> anyhow::Result<Acknowledged> {
    let body = Body::from(party);
    Ok(Acknowledged {
        number: body.number()?,
        kind: Kind::Party,
        name: party.name.clone(),
        uid: Uuid::parse_str(&party.uid).context("an answer has a uid")?,
        etag: party.etag.clone(),
        recorded: micros(party.update_time)?,
        body: body.hash(),
    })
}

/// Returns what an answer says of an agreement.
pub fn of_agreement(agreement: &Agreement) -> anyhow::Result<Acknowledged> {
    let body = Body::from(agreement);
    Ok(Acknowledged {
        number: body.number()?,
        kind: Kind::Agreement,
        name: agreement.name.clone(),
        uid: Uuid::parse_str(&agreement.uid).context("an answer has a uid")?,
        etag: agreement.etag.clone(),
        recorded: micros(agreement.update_time)?,
        body: body.hash(),
    })
}

/// A record time as the contract writes it, in microseconds since 1970 UTC.
pub(super) fn micros(time: Option<Timestamp>) -> anyhow::Result<i64> {
    let time = time.context("an answer has an update_time")?;
    Ok(time.seconds * 1_000_000 + i64::from(time.nanos) / 1_000)
}

pub(super) fn mask(paths: &[&str]) -> FieldMask {
    FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }
}

pub(super) fn request_id() -> String {
    Uuid::new_v4().to_string()
}

/// An etag; `*` for none, with which lists are replaced whatever stands there.
fn or_any(etag: &str) -> String {
    if etag.is_empty() { "*" } else { etag }.to_owned()
}
