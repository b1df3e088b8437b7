//! The system under test: `registan serve agreements`, once or as several replicas, with its database.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use api::registan::agreements::v1::ListPartiesRequest;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use chassis::client::Connection;
use tempfile::TempDir;
use testkit::Engine;
use tokio::time::{sleep, timeout};
use tonic::Request;

use super::postgres::Cluster;
use crate::process::{Process, program};

/// How long the system may take to answer again before the storm is given up.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long one question after a restart may take, and how long to wait before the next. Short: a question that came while
/// the database was away waits in the service's pool, which looks for the database less and less often.
const QUESTION: Duration = Duration::from_millis(250);
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(5);

/// The data folder of every service here, with the key by which tokens are signed; the databases are elsewhere.
static KEYS: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder can be made"));

/// Connects a client to a service: the one place where writers, readers and probes get what they need to be let in.
pub fn connection(address: SocketAddr) -> anyhow::Result<Connection> {
    Connection::to(&format!("http://{address}"))?.with_token(&testkit::token(KEYS.path()))
}

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    /// One replica of the service, by its place.
    Service(usize),
    /// PostgreSQL: the postmaster and all its children.
    Database,
    /// All replicas and all of PostgreSQL.
    Everything,
    /// One child of the postmaster; PostgreSQL starts again by itself.
    Backend,
}

/// A service and its database; killed when dropped.
pub struct System {
    /// The engine of its database.
    pub engine: Engine,
    /// Where the replicas answer; the same after a restart.
    pub addresses: Vec<SocketAddr>,
    /// The address of the database.
    pub url: String,
    /// How often a process that had ended by itself was started again.
    pub revived: usize,
    program: PathBuf,
    services: Vec<Option<Process>>,
    cluster: Option<Cluster>,
    /// Everything it keeps; the last field, for it must outlive the processes.
    pub folder: TempDir,
}

impl System {
    /// Makes a database, migrates it and serves it. Nothing where PostgreSQL or the program is not there.
    pub async fn start(engine: Engine, replicas: usize) -> anyhow::Result<Option<Self>> {
        ensure!(replicas > 0, "a system has at least one replica");
        let Some(program) = program("registan") else { return Ok(None) };
        let folder = tempfile::tempdir()?;
        open_for_all(&folder)?;
        let file = folder.path().join("agreements.db");
        let mut system = Self {
            engine,
            addresses: (0..replicas).map(|_| address()).collect::<anyhow::Result<_>>()?,
            url: format!("sqlite:{}?mode=rwc", file.display()),
            folder,
            revived: 0,
            program,
            services: (0..replicas).map(|_| None).collect(),
            cluster: None,
        };
        if engine == Engine::Postgres {
            let Some(cluster) = Cluster::make(&system.folder.path().join("postgres"))? else {
                return Ok(None);
            };
            system.url = cluster.url();
            system.cluster = Some(cluster);
            system.start_again(Victim::Database);
        }
        system.migrate().await?;
        for place in 0..replicas {
            system.start_again(Victim::Service(place));
        }
        system.wait_until_it_answers(Victim::Everything).await?;
        Ok(Some(system))
    }

    /// Every victim there is.
    pub fn victims(&self) -> Vec<Victim> {
        let mut victims: Vec<Victim> = (0..self.services.len()).map(Victim::Service).collect();
        if self.cluster.is_some() {
            victims.extend([Victim::Database, Victim::Everything, Victim::Backend]);
        }
        victims
    }

    /// Ends a victim with SIGKILL.
    pub fn kill(&mut self, victim: Victim, random: &mut fastrand::Rng) -> anyhow::Result<()> {
        let (services, cluster) = (&mut self.services, &mut self.cluster);
        if let (Victim::Backend, Some(cluster)) = (victim, cluster.as_mut()) {
            cluster.kill_one(random);
        }
        for (place, service) in services.iter_mut().enumerate() {
            if victim == Victim::Service(place) || victim == Victim::Everything {
                // Killed when dropped.
                drop(service.take());
            }
        }
        match (victim, cluster) {
            (Victim::Database | Victim::Everything, Some(cluster)) => cluster.kill(),
            _ => Ok(()),
        }
    }

    /// Starts again what was killed, and waits for nothing.
    pub fn start_again(&mut self, victim: Victim) {
        if let (Victim::Database | Victim::Everything, Some(cluster)) = (victim, &mut self.cluster)
        {
            cluster.start();
        }
        for place in 0..self.services.len() {
            if victim == Victim::Service(place) || victim == Victim::Everything {
                self.services[place] = Some(self.serve(place));
            }
        }
    }

    /// Ends when PostgreSQL, if it was killed and started again, has recovered.
    pub fn recovered(&self, victim: Victim) -> Option<impl Future<Output = ()> + Send + use<>> {
        let killed = matches!(victim, Victim::Database | Victim::Everything);
        self.cluster.as_ref().filter(|_| killed).map(Cluster::recovered)
    }

    /// Waits for a good answer of the replica that was killed, of all if it was not one of them, and starts again whatever
    /// has ended by itself, as a supervisor does.
    pub async fn wait_until_it_answers(&mut self, victim: Victim) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        for place in 0..self.services.len() {
            if matches!(victim, Victim::Service(other) if other != place) {
                continue;
            }
            let mut client = PartyServiceClient::new(connection(self.addresses[place])?);
            let mut last = String::new();
            loop {
                let mut question =
                    Request::new(ListPartiesRequest { page_size: 1, ..Default::default() });
                question.set_timeout(QUESTION);
                match timeout(QUESTION, client.list_parties(question)).await {
                    Ok(Ok(_)) => break,
                    Ok(Err(status)) => last = status.to_string(),
                    Err(_) => "no answer in time".clone_into(&mut last),
                }
                if Instant::now() > until {
                    bail!("the service does not answer again: {last}\n{}", self.logged(place));
                }
                self.revive();
                sleep(BETWEEN_QUESTIONS).await;
            }
        }
        Ok(())
    }

    /// Asks every replica to stop, and waits until it has; the database runs on.
    pub fn stop_services(&mut self) {
        for service in &mut self.services {
            if let Some(mut process) = service.take() {
                process.stop();
            }
        }
    }

    fn revive(&mut self) {
        if let Some(cluster) = &mut self.cluster
            && !cluster.runs()
        {
            cluster.start();
            self.revived += 1;
        }
        for place in 0..self.services.len() {
            if self.services[place].as_mut().is_some_and(|process| !process.runs()) {
                self.services[place] = Some(self.serve(place));
                self.revived += 1;
            }
        }
    }

    async fn migrate(&mut self) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let output = Command::new(&self.program)
                .args(["migrate", "agreements"])
                .env("REGISTAN_DATABASE_URL", &self.url)
                .output()?;
            if output.status.success() {
                return Ok(());
            }
            // PostgreSQL may still be starting.
            let complaint = String::from_utf8_lossy(&output.stderr);
            let server = self.cluster.as_ref().map(Cluster::logged).unwrap_or_default();
            ensure!(Instant::now() < until, "the database is not migrated: {complaint}\n{server}");
            sleep(BETWEEN_QUESTIONS).await;
        }
    }

    fn serve(&self, place: usize) -> Process {
        let mut command = Command::new(&self.program);
        command.args(["serve", "agreements", "--listen", &self.addresses[place].to_string()]);
        command.env("REGISTAN_DATABASE_URL", &self.url).env("REGISTAN_DATA_DIR", KEYS.path());
        Process::start(&mut command, &self.folder.path().join(format!("service-{place}.log")))
    }

    fn logged(&self, place: usize) -> String {
        let service = self.services[place].as_ref().map(Process::logged).unwrap_or_default();
        let database = self.cluster.as_ref().map(Cluster::logged).unwrap_or_default();
        format!("service:\n{service}\ndatabase:\n{database}")
    }
}

/// The user that PostgreSQL runs as must reach its folder below this one.
fn open_for_all(folder: &TempDir) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions(folder.path(), permissions).context("the folder cannot be opened")
}

/// An address on loopback below the ports that the machine gives to outgoing connections: while the service is down, a
/// client that connects from such a port to the same port would meet itself and keep the service from coming back.
fn address() -> anyhow::Result<SocketAddr> {
    let free = (0..1000).map(|_| SocketAddr::from(([127, 0, 0, 1], fastrand::u16(15_000..30_000))));
    let mut free = free.filter(|address| TcpListener::bind(address).is_ok());
    free.next().context("no port is free")
}
