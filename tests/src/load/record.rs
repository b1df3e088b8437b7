//! The record as it is at the end: what it has of the writes of the load.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{ListPartiesRequest, ListPartyRevisionsRequest, Party};
use tokio::time::sleep;
use tonic::transport::Channel;
use tonic::{Response, Status};

use super::session::Session;

const PAGE: i32 = 1000;
/// How long one page may be asked for: the load is over, and a service may still be coming back.
const TIMEOUT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);

/// All versions of the parties that the load wrote.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Names and etags.
    pub versions: HashSet<(String, String)>,
    /// How many versions have a display name.
    pub titles: HashMap<String, usize>,
}

impl Record {
    /// Reads the parties whose display names begin with `label`, and the revisions of those that
    /// were changed.
    pub async fn read(session: &Session, label: &str, changed: &[String]) -> anyhow::Result<Self> {
        let mut client = PartyServiceClient::new(session.channel.clone());
        let mut record = Self::default();
        let mut page_token = String::new();
        loop {
            let list =
                ListPartiesRequest { page_size: PAGE, page_token, ..ListPartiesRequest::default() };
            let page = patiently(async || client.list_parties(session.request(list.clone())).await);
            let page = page.await.context("the parties cannot be listed")?;
            let ours = page.parties.iter().filter(|party| party.display_name.starts_with(label));
            ours.filter(|party| !changed.contains(&party.name)).for_each(|party| record.add(party));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        for name in changed {
            record.read_revisions(session, &mut client, name).await?;
        }
        Ok(record)
    }

    async fn read_revisions(
        &mut self,
        session: &Session,
        client: &mut PartyServiceClient<Channel>,
        name: &str,
    ) -> anyhow::Result<()> {
        let mut page_token = String::new();
        loop {
            let name = name.to_owned();
            let list = ListPartyRevisionsRequest { name, page_token, ..Default::default() };
            let page = patiently(async || {
                client.list_party_revisions(session.request(list.clone())).await
            });
            let page = page.await.context("revisions cannot be listed")?;
            let parties = page.revisions.iter().filter_map(|revision| revision.party.as_ref());
            parties.for_each(|party| self.add(party));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(());
            }
        }
    }

    fn add(&mut self, party: &Party) {
        self.versions.insert((party.name.clone(), party.etag.clone()));
        *self.titles.entry(party.display_name.clone()).or_default() += 1;
    }
}

async fn patiently<T>(
    mut call: impl AsyncFnMut() -> Result<Response<T>, Status>,
) -> Result<T, Status> {
    let until = Instant::now() + TIMEOUT;
    loop {
        match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) if Instant::now() > until => return Err(status),
            Err(_) => sleep(PAUSE).await,
        }
    }
}
