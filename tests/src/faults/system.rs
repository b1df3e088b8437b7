//! The system under test: `registan serve SERVICE`, once or as several replicas, with its database.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use api::registan::agreements::v1::ListPartiesRequest;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::projects::v1::ListProjectsRequest;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use chassis::auth::development::Token;
use chassis::client::Connection;
use chassis::clock::{Clock as _, SystemClock};
use policy::{Desks, Role, Tier};
use tempfile::TempDir;
use testkit::{Engine, free_address};
use tokio::time::{sleep, timeout};
use tonic::{Request, Status};

use super::clock::Clock;
use super::databases::create_database;
use super::postgres::{Cluster, Room};
use super::space::{Means, Space};
use crate::process::{Process, program};

/// How long the system may take to answer again before the storm is given up.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long one question after a restart may take, and how long to wait before the next. Short: a
/// question that came while the database was away waits in the service's pool, which looks for the
/// database less and less often.
const QUESTION: Duration = Duration::from_millis(250);
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(5);

/// The data folder of every service here, with the key by which tokens are signed; the databases
/// are elsewhere.
static KEYS: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder can be made"));

/// Connects a client to a service: the one place where writers, readers and probes get what they
/// need to be let in.
pub fn connection(address: SocketAddr) -> anyhow::Result<Connection> {
    connection_as(address, "test", Desks::ALL, Tier::Confidential)
}

/// Connects somebody who may read and write what is of these desks, up to this tier.
pub fn connection_as(
    address: SocketAddr,
    subject: &str,
    desks: Desks,
    tier: Tier,
) -> anyhow::Result<Connection> {
    let roles = vec![Role::Editor, Role::Monitor, Role::Publisher];
    let token = Token { subject: subject.to_owned(), roles, desks, tier, hours: 24 };
    // Good for hours before and after: also where the clock of the service is wrong.
    let token = token.sign(KEYS.path(), SystemClock.now() - 12 * 3_600_000_000)?;
    anonymous(address)?.with_token(&token)
}

/// Connects somebody who does not say who they are.
pub fn anonymous(address: SocketAddr) -> anyhow::Result<Connection> {
    Connection::to(&format!("http://{address}"))
}

/// The setup to start.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The engine of the database.
    pub engine: Engine,
    /// Processes that serve it.
    pub replicas: usize,
    /// `agreements` or `projects`.
    pub service: &'static str,
    /// The means by which the room for the database is taken away.
    pub room: Room,
    /// True if the clock of each replica can be set.
    pub clocks: bool,
}

/// The victim of a kill.
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
    /// The clocks of the replicas, where they can be set.
    pub clocks: Vec<Clock>,
    service: &'static str,
    program: PathBuf,
    services: Vec<Option<Process>>,
    cluster: Option<Cluster>,
    /// Where the room for a SQLite file can be taken away.
    space: Option<Space>,
    /// Everything it keeps; the last field, for it must outlive the processes.
    pub folder: TempDir,
}

impl System {
    /// Makes a database, migrates it and serves agreements. Nothing where PostgreSQL or the program
    /// is not there.
    pub async fn start(engine: Engine, replicas: usize) -> anyhow::Result<Option<Self>> {
        let (service, room, clocks) = ("agreements", None, false);
        Self::start_with(Setup { engine, replicas, service, room, clocks }).await
    }

    /// Makes a database, migrates it and serves it. Nothing where PostgreSQL, the program or a
    /// library is not there.
    pub async fn start_with(setup: Setup) -> anyhow::Result<Option<Self>> {
        let Setup { engine, replicas, service, room, clocks } = setup;
        ensure!(replicas > 0, "a system has at least one replica");
        let Some(program) = program("registan") else { return Ok(None) };
        let folder = tempfile::tempdir()?;
        open_for_all(&folder)?;
        let data = folder.path().join("data");
        let mut system = Self {
            engine,
            addresses: (0..replicas).map(|_| free_address()).collect(),
            url: format!("sqlite:{}?mode=rwc", data.join("record.db").display()),
            clocks: Vec::new(),
            folder,
            revived: 0,
            service,
            program,
            services: (0..replicas).map(|_| None).collect(),
            cluster: None,
            space: None,
        };
        if clocks {
            let files =
                (0..replicas).map(|place| system.folder.path().join(format!("clock-{place}")));
            let made: Option<Vec<Clock>> =
                files.map(|file| Clock::make(&file)).collect::<anyhow::Result<_>>()?;
            let Some(made) = made else { return Ok(None) };
            system.clocks = made;
        }
        match (engine, room) {
            (Engine::Postgres, _) => {
                let Some(cluster) = Cluster::make(&system.folder.path().join("postgres"), room)?
                else {
                    return Ok(None);
                };
                system.url = cluster.url();
                system.cluster = Some(cluster);
                system.start_again(Victim::Database);
            }
            (Engine::Sqlite, Some(means)) => {
                system.space = Some(Space::make(&data, None, means)?);
            }
            (Engine::Sqlite, None) => std::fs::create_dir(&data)?,
        }
        if engine == Engine::Postgres {
            create_database(&system.url).await?;
        }
        system.migrate().await?;
        for place in 0..replicas {
            system.start_again(Victim::Service(place));
        }
        system.wait_until_it_answers(Victim::Everything).await?;
        Ok(Some(system))
    }

    /// By which means the room can be taken away.
    pub fn means(&self) -> anyhow::Result<Means> {
        self.space().map(Space::means).context("the room cannot be taken away")
    }

    /// Leaves room for so many bytes to the database.
    pub fn fill(&self, left: u64) -> anyhow::Result<()> {
        self.space().context("the room cannot be taken away")?.fill(left, &self.writing())
    }

    /// Gives the room back.
    pub fn free(&self) -> anyhow::Result<()> {
        self.space().context("the room cannot be taken away")?.free(&self.writing())
    }

    fn space(&self) -> Option<&Space> {
        self.cluster.as_ref().map_or(self.space.as_ref(), Cluster::space)
    }

    /// The processes that write the files of the database.
    fn writing(&self) -> Vec<u32> {
        match &self.cluster {
            Some(cluster) => cluster.processes(),
            None => self.services.iter().flatten().map(Process::id).collect(),
        }
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

    /// Waits for a good answer of the replica that was killed, of all if it was not one of them,
    /// and starts again whatever has ended by itself, as a supervisor does.
    pub async fn wait_until_it_answers(&mut self, victim: Victim) -> anyhow::Result<()> {
        let until = Instant::now() + TIMEOUT;
        for place in 0..self.services.len() {
            if matches!(victim, Victim::Service(other) if other != place) {
                continue;
            }
            let connection = connection(self.addresses[place])?;
            let mut last = String::new();
            loop {
                match timeout(QUESTION, self.ask(&connection)).await {
                    Ok(Ok(())) => break,
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

    async fn ask(&self, connection: &Connection) -> Result<(), Status> {
        fn question<T>(message: T) -> Request<T> {
            let mut question = Request::new(message);
            question.set_timeout(QUESTION);
            question
        }
        if self.service == "projects" {
            let request = question(ListProjectsRequest { page_size: 1, ..Default::default() });
            ProjectServiceClient::new(connection.clone()).list_projects(request).await.map(|_| ())
        } else {
            let request = question(ListPartiesRequest { page_size: 1, ..Default::default() });
            PartyServiceClient::new(connection.clone()).list_parties(request).await.map(|_| ())
        }
    }

    /// Asks every replica to stop, and waits until it has; the database runs on.
    pub fn stop_services(&mut self) {
        for service in &mut self.services {
            if let Some(mut process) = service.take() {
                process.stop();
            }
        }
    }

    /// The PostgreSQL of its own, if it has one.
    pub const fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// Checks the record as an operator does.
    pub fn verify(&self) -> anyhow::Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["verify", self.service]).env("REGISTAN_DATABASE_URL", &self.url);
        let output = command.output()?;
        let said = [output.stdout, output.stderr].concat();
        ensure!(output.status.success(), "verify: {}", String::from_utf8_lossy(&said).trim());
        Ok(())
    }

    /// Starts again whatever has ended by itself.
    pub fn revive(&mut self) {
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
        let until = Instant::now() + TIMEOUT;
        loop {
            let output = Command::new(&self.program)
                .args(["migrate", self.service])
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

    /// Serves another service beside, with the same keys.
    pub fn serve_other(
        &self,
        service: &str,
        address: SocketAddr,
        settings: &[(&str, String)],
        clock: Option<&Clock>,
    ) -> Process {
        let mut command = Command::new(&self.program);
        command.args(["serve", service, "--listen", &address.to_string()]);
        command.env("REGISTAN_DATA_DIR", KEYS.path()).envs(settings.iter().cloned());
        command.envs(clock.map(Clock::environment).unwrap_or_default());
        Process::start(&mut command, &self.folder.path().join(format!("{service}-{address}.log")))
    }

    fn serve(&self, place: usize) -> Process {
        let mut command = if self.space().is_some() {
            // Above the limit on the size of files a write fails then, and does not end the
            // process.
            let mut command = Command::new("sh");
            command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(&self.program);
            command
        } else {
            Command::new(&self.program)
        };
        command.args(["serve", self.service, "--listen", &self.addresses[place].to_string()]);
        command.env("REGISTAN_DATABASE_URL", &self.url).env("REGISTAN_DATA_DIR", KEYS.path());
        if let Some(clock) = self.clocks.get(place) {
            command.envs(clock.environment());
        }
        Process::start(&mut command, &self.folder.path().join(format!("service-{place}.log")))
    }

    fn logged(&self, place: usize) -> String {
        let service = self.services[place].as_ref().map(Process::logged).unwrap_or_default();
        let database = self.cluster.as_ref().map(Cluster::logged).unwrap_or_default();
        format!("service:\n{service}\ndatabase:\n{database}")
    }
}

/// The user that PostgreSQL runs as must reach its folder below this one.
pub(super) fn open_for_all(folder: &TempDir) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions(folder.path(), permissions).context("the folder cannot be opened")
}
