//! A client that asks a replica, takes the instant of the answer and asks every replica for that
//! instant: an instant that one server answered with must be accepted by all.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{GetLegalBasisRequest, GetPartyRequest, ListPartiesRequest};
use api::registan::partnership::v1::GetBriefRequest;
use api::registan::partnership::v1::part_status::Completeness;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use chassis::client::Connection;
use prost_types::Timestamp;
use testkit::free_address;
use tokio::time::sleep;
use tonic::Status;
use tonic_types::StatusExt;

use super::clock::Clock;
use super::system::{System, connection};
use crate::process::{Process, program};

/// The state that is asked about.
pub const STATE: &str = "parties/kz";
/// Few enough calls a second for the quota of a gateway.
const PAUSE: Duration = Duration::from_millis(100);

/// How often a method was called, and how it was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Calls.
    pub calls: usize,
    /// The refused calls, by code and reason.
    pub refused: BTreeMap<String, usize>,
}

impl Asked {
    /// Adds what another client has seen.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        for (refusal, count) in other.refused {
            *self.refused.entry(refusal).or_default() += count;
        }
    }

    /// Notes a refusal.
    pub fn refuse(&mut self, why: &str) {
        *self.refused.entry(why.to_owned()).or_default() += 1;
    }

    /// How many were refused.
    pub fn count(&self) -> usize {
        self.refused.values().sum()
    }
}

/// The calls, by method.
pub type Answers = BTreeMap<&'static str, Asked>;

/// A gateway before each replica, with clocks of their own, and one projects service behind all of
/// them.
pub struct Gateways {
    /// Where they answer, in the order of the replicas.
    pub addresses: Vec<SocketAddr>,
    /// Their clocks.
    pub clocks: Vec<Clock>,
    _processes: Vec<Process>,
}

impl Gateways {
    /// Starts them. There is no rights service: its part of each brief is missing.
    pub fn start(system: &System) -> anyhow::Result<Self> {
        let folder = system.folder.path();
        let registan = program("registan").context("the program is built")?;
        let database = format!("sqlite:{}?mode=rwc", folder.join("projects.db").display());
        let mut migrate = Command::new(registan);
        migrate.args(["migrate", "projects"]).env("REGISTAN_DATABASE_URL", &database);
        ensure!(migrate.status()?.success(), "the projects are not migrated");
        let (projects, nobody) = (free_address(), free_address());
        let url = |address: SocketAddr| format!("http://{address}");
        let settings = [
            ("REGISTAN_DATABASE_URL", database),
            ("REGISTAN_AGREEMENTS_URL", url(system.addresses[0])),
        ];
        let mut processes = vec![system.serve_other("projects", projects, &settings, None)];
        let (mut addresses, mut clocks) = (Vec::new(), Vec::new());
        for (place, replica) in system.addresses.iter().enumerate() {
            let clock = Clock::make(&folder.join(format!("gateway-clock-{place}")))?;
            let clock = clock.context("libfaketime is there")?;
            let settings = [
                ("REGISTAN_AGREEMENTS_URL", url(*replica)),
                ("REGISTAN_PROJECTS_URL", url(projects)),
                ("REGISTAN_RIGHTS_REPORTING_URL", url(nobody)),
            ];
            let address = free_address();
            processes.push(system.serve_other("gateway", address, &settings, Some(&clock)));
            addresses.push(address);
            clocks.push(clock);
        }
        for (process, address) in processes.iter_mut().zip([projects].iter().chain(&addresses)) {
            process.wait_for(*address);
        }
        Ok(Self { addresses, clocks, _processes: processes })
    }
}

struct Replica {
    parties: PartyServiceClient<Connection>,
    agreements: AgreementServiceClient<Connection>,
    gateway: PartnershipServiceClient<Connection>,
}

/// Asks one replica, and then all of them for the instant it answered with, until it is told to
/// stop.
pub async fn probe(
    (services, gateways): (Vec<SocketAddr>, Vec<SocketAddr>),
    first: usize,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<Answers> {
    let mut replicas = Vec::new();
    for (service, gateway) in services.into_iter().zip(gateways) {
        replicas.push(Replica {
            parties: PartyServiceClient::new(connection(service)?),
            agreements: AgreementServiceClient::new(connection(service)?),
            gateway: PartnershipServiceClient::new(connection(gateway)?),
        });
    }
    let mut answers = Answers::new();
    while !stop.load(Ordering::Relaxed) {
        let mut instants = vec![
            replicas[first].legal_basis("GetLegalBasis", None, &mut answers).await,
            replicas[first].list("ListParties", None, &mut answers).await,
        ];
        let brief = replicas[first].brief("GetBrief", None, &mut answers).await;
        instants.push(brief);
        for instant in instants.into_iter().flatten() {
            for replica in &mut replicas {
                replica.ask(instant, &mut answers).await;
            }
        }
        sleep(PAUSE).await;
    }
    Ok(answers)
}

impl Replica {
    async fn ask(&mut self, instant: Timestamp, answers: &mut Answers) {
        self.legal_basis("GetLegalBasis at an instant", Some(instant), answers).await;
        self.list("ListParties at an instant", Some(instant), answers).await;
        self.brief("GetBrief at an instant", Some(instant), answers).await;
        let request =
            GetPartyRequest { name: STATE.to_owned(), read_time: Some(instant), known_by: None };
        let answer = self.parties.get_party(request).await.map(|_| ());
        note("GetParty at an instant", &answer, answers);
    }

    async fn legal_basis(
        &mut self,
        method: &'static str,
        read_time: Option<Timestamp>,
        answers: &mut Answers,
    ) -> Option<Timestamp> {
        let request =
            GetLegalBasisRequest { party: STATE.to_owned(), read_time, ..Default::default() };
        let answer = self.agreements.get_legal_basis(request).await;
        note(method, &answer, answers);
        answer.ok()?.into_inner().read_time
    }

    async fn list(
        &mut self,
        method: &'static str,
        read_time: Option<Timestamp>,
        answers: &mut Answers,
    ) -> Option<Timestamp> {
        let request = ListPartiesRequest { page_size: 1, read_time, ..Default::default() };
        let answer = self.parties.list_parties(request).await;
        note(method, &answer, answers);
        answer.ok()?.into_inner().read_time
    }

    async fn brief(
        &mut self,
        method: &'static str,
        read_time: Option<Timestamp>,
        answers: &mut Answers,
    ) -> Option<Timestamp> {
        let request = GetBriefRequest { party: STATE.to_owned(), read_time, ..Default::default() };
        let answer = self.gateway.get_brief(request).await;
        note(method, &answer, answers);
        let brief = answer.ok()?.into_inner();
        let (law, money) = (brief.law?.status?, brief.money?.status?);
        for status in [&law, &money] {
            if status.completeness() == Completeness::Missing {
                let asked = answers.entry(method).or_default();
                asked.refuse(&format!("part missing: {}", status.reason));
            }
        }
        law.read_time
    }
}

fn note<T>(method: &'static str, answer: &Result<T, Status>, answers: &mut Answers) {
    let asked = answers.entry(method).or_default();
    asked.calls += 1;
    let Err(status) = answer else { return };
    let details = status.get_error_details();
    let field = details.bad_request().and_then(|bad| bad.field_violations.first());
    let reason = match (details.error_info(), field) {
        (_, Some(field)) => format!("{}: {}", field.field, field.description),
        (Some(info), None) => info.reason.clone(),
        (None, None) => status.message().to_owned(),
    };
    asked.refuse(&format!("{:?} {reason}", status.code()));
}
