//! Asks the service itself for every acknowledged write, as of the moment it was acknowledged.

use std::collections::HashSet;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    GetAgreementRequest, GetPartyRequest, ListAgreementsRequest, ListPartiesRequest,
};
use chassis::client::Connection;
use prost_types::Timestamp;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use super::body::{Kind, identifier};
use super::check::{Fault, Finding};
use super::ledger::Acknowledged;
use super::request::{of_agreement, of_party};
use super::system::connection;

/// How many ask at once.
const READERS: usize = 8;
const PAGE: i32 = 1000;

/// Reads back every write: by name at its record time it must be what was acknowledged; by its
/// number at that time it must be found, alone. And the resources that stand now must be those that
/// were written, each once.
pub async fn read_back(
    address: SocketAddr,
    ledger: &[Acknowledged],
) -> anyhow::Result<Vec<Finding>> {
    let mut readers = JoinSet::new();
    for part in ledger.chunks(ledger.len().div_ceil(READERS).max(1)) {
        let (mut reader, part) = (Reader::to(address)?, part.to_vec());
        readers.spawn(async move {
            let mut findings = Vec::new();
            for acknowledged in &part {
                findings.extend(reader.read(acknowledged).await?);
            }
            anyhow::Ok(findings)
        });
    }
    let mut findings = Vec::new();
    while let Some(part) = readers.join_next().await {
        findings.extend(part??);
    }
    for kind in [Kind::Party, Kind::Agreement] {
        let all = Reader::to(address)?.all(kind).await?;
        let there: HashSet<&str> = all.iter().map(String::as_str).collect();
        let written = ledger.iter().filter(|acknowledged| acknowledged.kind == kind);
        let written: HashSet<&str> = written.map(|acknowledged| &*acknowledged.name).collect();
        if all.len() > there.len() {
            findings.push(Finding::new(Fault::Doubled, format!("a list gives a {kind} twice")));
        }
        let missing = written.difference(&there).map(|name| (Fault::Lost, name));
        let strange = there.difference(&written).map(|name| (Fault::Stray, name));
        findings.extend(missing.chain(strange).map(|(fault, name)| Finding::new(fault, *name)));
    }
    Ok(findings)
}

struct Reader {
    parties: PartyServiceClient<Connection>,
    agreements: AgreementServiceClient<Connection>,
}

impl Reader {
    fn to(address: SocketAddr) -> anyhow::Result<Self> {
        let connection = connection(address)?;
        Ok(Self {
            parties: PartyServiceClient::new(connection.clone()),
            agreements: AgreementServiceClient::new(connection),
        })
    }

    async fn read(&mut self, acknowledged: &Acknowledged) -> anyhow::Result<Option<Finding>> {
        let number = acknowledged.number;
        match self.version(acknowledged).await {
            Ok(found) if found == *acknowledged => {}
            Ok(found) => {
                let what =
                    format!("write {number} was acknowledged {acknowledged:?}, is {found:?}");
                return Ok(Some(Finding::new(Fault::Lost, what)));
            }
            Err(error) if error.downcast_ref().map(Status::code) == Some(Code::NotFound) => {
                let what = format!("write {number} of {} is not found", acknowledged.name);
                return Ok(Some(Finding::new(Fault::Lost, what)));
            }
            Err(error) => return Err(error).with_context(|| format!("write {number} is not read")),
        }
        let found = self.with_number(acknowledged).await?;
        Ok((found != [&*acknowledged.name]).then(|| {
            Finding::new(Fault::Half, format!("by its number, write {number} is in {found:?}"))
        }))
    }

    async fn version(&mut self, acknowledged: &Acknowledged) -> anyhow::Result<Acknowledged> {
        let (name, read_time) = (acknowledged.name.clone(), Some(time(acknowledged.recorded)));
        match acknowledged.kind {
            Kind::Party => {
                let request = GetPartyRequest { name, read_time, known_by: None };
                of_party(&self.parties.get_party(request).await?.into_inner())
            }
            Kind::Agreement => {
                let request = GetAgreementRequest { name, read_time, as_of: None, known_by: None };
                of_agreement(&self.agreements.get_agreement(request).await?.into_inner())
            }
        }
    }

    /// The names of what carried this number when it was written.
    async fn with_number(&mut self, acknowledged: &Acknowledged) -> anyhow::Result<Vec<String>> {
        let filter = format!("external_ids:\"{}\"", identifier(acknowledged.number));
        let read_time = Some(time(acknowledged.recorded));
        Ok(self.page(acknowledged.kind, filter, String::new(), read_time).await?.0)
    }

    /// The names of all that stand now.
    async fn all(&mut self, kind: Kind) -> anyhow::Result<Vec<String>> {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let (names, next) = self.page(kind, String::new(), token, None).await?;
            all.extend(names);
            if next.is_empty() {
                return Ok(all);
            }
            if all.len() > 10_000_000 {
                bail!("the list does not end");
            }
            token = next;
        }
    }

    async fn page(
        &mut self,
        kind: Kind,
        filter: String,
        page_token: String,
        read_time: Option<Timestamp>,
    ) -> anyhow::Result<(Vec<String>, String)> {
        let page_size = PAGE;
        Ok(match kind {
            Kind::Party => {
                let (filter, rest) = (filter, ListPartiesRequest::default());
                let request =
                    ListPartiesRequest { page_size, page_token, filter, read_time, ..rest };
                let page = self.parties.list_parties(request).await?.into_inner();
                let names = page.parties.into_iter().map(|party| party.name);
                (names.collect(), page.next_page_token)
            }
            Kind::Agreement => {
                let rest = ListAgreementsRequest::default();
                let request =
                    ListAgreementsRequest { page_size, page_token, filter, read_time, ..rest };
                let page = self.agreements.list_agreements(request).await?.into_inner();
                let names = page.agreements.into_iter().map(|agreement| agreement.name);
                (names.collect(), page.next_page_token)
            }
        })
    }
}

/// Microseconds since 1970 UTC as the contract writes a time.
fn time(micros: i64) -> Timestamp {
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or_default();
    Timestamp { seconds: micros.div_euclid(1_000_000), nanos }
}
