//! A client that keeps projects and transactions of its own, and changes their tiers and desks all
//! the time.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::options::v1::Tier;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::projects::v1::{
    CreateProjectRequest, CreateTransactionRequest, DeleteTransactionRequest,
    GetTransactionRequest, Project, Recipient, Transaction, UndeleteTransactionRequest,
    UpdateProjectRequest, UpdateTransactionRequest, project, transaction,
};
use api::registan::r#type::v1::{Date, Money, SourceRef};
use chassis::client::Connection;
use tokio::time::sleep;
use tonic::Status;

use super::hidden::Change;
use super::request::{mask, micros, request_id};
use super::system::connection;
use super::writer::is_no_answer;

const PROJECTS: usize = 3;
const TRANSACTIONS: usize = 12;
const TIERS: [Tier; 3] = [Tier::Public, Tier::Restricted, Tier::Confidential];
/// How long one write may stay without an answer, and how long to wait before it is sent again.
const TIMEOUT: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(5);

/// A client of one replica.
pub struct Keeper {
    projects: ProjectServiceClient<Connection>,
    transactions: TransactionServiceClient<Connection>,
    place: usize,
    random: fastrand::Rng,
    own: Vec<String>,
    within: Vec<Transaction>,
}

impl Keeper {
    /// The transaction that ends a storm: everybody may see it.
    pub const LAST: &str = "projects/last/transactions/last";

    /// Connects when first used. `place` is the writer's own among all writers.
    pub fn new(address: SocketAddr, place: usize, seed: u64) -> anyhow::Result<Self> {
        let connection = connection(address)?;
        Ok(Self {
            projects: ProjectServiceClient::new(connection.clone()),
            transactions: TransactionServiceClient::new(connection),
            place,
            random: fastrand::Rng::with_seed(seed.wrapping_mul(7) + place as u64),
            own: Vec::new(),
            within: Vec::new(),
        })
    }

    /// Makes so many changes, each counted in `made`; gives them as they were acknowledged.
    pub async fn run(mut self, count: usize, made: &AtomicUsize) -> anyhow::Result<Vec<Change>> {
        let mut changes = Vec::with_capacity(count);
        for step in 0..count {
            changes.extend(self.change(step).await?);
            made.fetch_add(1, Ordering::Relaxed);
        }
        Ok(changes)
    }

    /// Creates a project and a transaction that everybody may see.
    pub async fn create_last(mut self) -> anyhow::Result<Vec<Change>> {
        let project = self.create_project("last", Tier::Public, "").await?;
        let last = transaction("the last one", Tier::Public, "");
        let last = self.create_transaction("projects/last", "last", last).await?;
        Ok(vec![project, of_transaction(&last)?])
    }

    async fn change(&mut self, step: usize) -> anyhow::Result<Vec<Change>> {
        let tier = *self.random.choice(TIERS.iter()).context("there are tiers")?;
        let country = *self.random.choice(["", "KZ", "UZ"].iter()).context("there are some")?;
        if self.own.len() < PROJECTS {
            // Above PUBLIC a name tells nothing: the server makes it.
            let id = format!("w{}-{}", self.place, self.own.len());
            let id = if tier == Tier::Public { &id } else { "" };
            let created = self.create_project(id, tier, country).await?;
            self.own.push(created.name.clone());
            return Ok(vec![created]);
        }
        if self.random.u8(..5) == 0 {
            let name = self.random.choice(self.own.iter()).cloned().context("there are some")?;
            let updated = self.update_project(&name, tier, country).await?;
            let mut changes = vec![updated];
            changes.extend(self.heirs(&name).await?);
            return Ok(changes);
        }
        let reference = format!("step {step}");
        let next = transaction(&reference, tier, country);
        if self.within.len() < TRANSACTIONS {
            let parent = self.random.choice(self.own.iter()).cloned().context("there are some")?;
            let created = self.create_transaction(&parent, "", next).await?;
            self.within.push(created.clone());
            return Ok(vec![of_transaction(&created)?]);
        }
        let chosen = self.random.usize(..self.within.len());
        let Transaction { name, delete_time, .. } = self.within[chosen].clone();
        let request_id = request_id();
        let (client, deletes) = (&self.transactions, self.random.u8(..8) == 0);
        let written = if delete_time.is_some() {
            let request = UndeleteTransactionRequest { name, request_id, ..Default::default() };
            sent(|| {
                let (mut client, request) = (client.clone(), request.clone());
                async move { client.undelete_transaction(request).await }
            })
            .await?
        } else if deletes {
            let request = DeleteTransactionRequest { name, request_id, ..Default::default() };
            sent(|| {
                let (mut client, request) = (client.clone(), request.clone());
                async move { client.delete_transaction(request).await }
            })
            .await?
        } else {
            let request = UpdateTransactionRequest {
                transaction: Some(Transaction { name, etag: "*".to_owned(), ..next }),
                update_mask: Some(mask(&["ref", "tier", "recipients"])),
                request_id,
                ..UpdateTransactionRequest::default()
            };
            sent(|| {
                let (mut client, request) = (client.clone(), request.clone());
                async move { client.update_transaction(request).await }
            })
            .await?
        };
        self.within[chosen] = written;
        Ok(vec![of_transaction(&self.within[chosen])?])
    }

    /// Gives the changes of transactions that have the desks of their project, and got others.
    async fn heirs(&mut self, project: &str) -> anyhow::Result<Vec<Change>> {
        let (client, within) = (&self.transactions, format!("{project}/"));
        let mut changes = Vec::new();
        for known in self.within.iter_mut().filter(|one| one.name.starts_with(&within)) {
            let name = known.name.clone();
            let request = GetTransactionRequest { name, ..GetTransactionRequest::default() };
            let now = sent(|| {
                let (mut client, request) = (client.clone(), request.clone());
                async move { client.get_transaction(request).await }
            })
            .await?;
            if now.etag != known.etag {
                changes.push(of_transaction(&now)?);
                *known = now;
            }
        }
        Ok(changes)
    }

    async fn create_project(
        &mut self,
        id: &str,
        tier: Tier,
        country: &str,
    ) -> anyhow::Result<Change> {
        let request = CreateProjectRequest {
            project: Some(project(tier, country)),
            project_id: id.to_owned(),
            request_id: request_id(),
            ..CreateProjectRequest::default()
        };
        let client = &self.projects;
        of_project(
            &sent(|| {
                let (mut client, request) = (client.clone(), request.clone());
                async move { client.create_project(request).await }
            })
            .await?,
        )
    }

    async fn update_project(
        &mut self,
        name: &str,
        tier: Tier,
        country: &str,
    ) -> anyhow::Result<Change> {
        let title = format!("Title {}", self.random.u32(..));
        let (name, etag) = (name.to_owned(), "*".to_owned());
        let project = Project { name, etag, title, ..project(tier, country) };
        let request = UpdateProjectRequest {
            project: Some(project),
            update_mask: Some(mask(&["title", "tier", "recipients"])),
            request_id: request_id(),
            ..UpdateProjectRequest::default()
        };
        let client = &self.projects;
        of_project(
            &sent(|| {
                let (mut client, request) = (client.clone(), request.clone());
                async move { client.update_project(request).await }
            })
            .await?,
        )
    }

    async fn create_transaction(
        &mut self,
        parent: &str,
        id: &str,
        transaction: Transaction,
    ) -> anyhow::Result<Transaction> {
        let request = CreateTransactionRequest {
            transaction: Some(transaction),
            transaction_id: id.to_owned(),
            parent: parent.to_owned(),
            request_id: request_id(),
            ..CreateTransactionRequest::default()
        };
        let client = &self.transactions;
        sent(|| {
            let (mut client, request) = (client.clone(), request.clone());
            async move { client.create_transaction(request).await }
        })
        .await
    }
}

/// The answer, after as many tries as it takes.
async fn sent<T, F>(call: impl Fn() -> F) -> anyhow::Result<T>
where
    F: Future<Output = Result<tonic::Response<T>, Status>>,
{
    let until = Instant::now() + TIMEOUT;
    loop {
        match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) if is_no_answer(&status) && Instant::now() < until => sleep(PAUSE).await,
            Err(status) => return Err(status).context("a write is refused"),
        }
    }
}

fn of_project(project: &Project) -> anyhow::Result<Change> {
    Ok(Change {
        time: micros(project.update_time)?,
        name: project.name.clone(),
        tier: project.tier(),
        desks: project.desks.clone(),
        reference: None,
    })
}

fn of_transaction(transaction: &Transaction) -> anyhow::Result<Change> {
    let stands = transaction.delete_time.is_none();
    Ok(Change {
        time: micros(transaction.update_time)?,
        name: transaction.name.clone(),
        tier: transaction.tier(),
        desks: transaction.desks.clone(),
        reference: stands.then(|| transaction.r#ref.clone()),
    })
}

fn project(tier: Tier, country: &str) -> Project {
    Project {
        kind: project::Kind::Project.into(),
        title: "A project".to_owned(),
        tier: tier.into(),
        recipients: recipients(country),
        source: Some(source()),
        ..Project::default()
    }
}

fn transaction(reference: &str, tier: Tier, country: &str) -> Transaction {
    let money = Money { amount: "1".to_owned(), currency_code: "EUR".to_owned(), value_date: None };
    Transaction {
        r#type: transaction::Type::Disbursement.into(),
        date: Some(Date { year: 2023, month: 1, day: 1 }),
        value: Some(money),
        r#ref: reference.to_owned(),
        tier: tier.into(),
        recipients: recipients(country),
        source: Some(source()),
        ..Transaction::default()
    }
}

fn recipients(country: &str) -> Vec<Recipient> {
    let percentage = "100".to_owned();
    let country_code = country.to_owned();
    let one = Recipient { country_code, percentage, ..Recipient::default() };
    if country.is_empty() { Vec::new() } else { vec![one] }
}

fn source() -> SourceRef {
    let citation = "invented for a fault storm".to_owned();
    SourceRef { citation, ..SourceRef::default() }
}
