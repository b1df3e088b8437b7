//! A whole suite: one process on SQLite, or four on PostgreSQL.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use testkit::{Database, Engine, database, free_address};

use crate::ask::{Refusal, grpcurl};
use crate::process::{Process, program};

/// A running suite; its processes end and its data goes with it.
pub struct Suite {
    /// Where the gateway answers.
    pub address: SocketAddr,
    /// Where the services answer, by name, where they are processes of their own.
    pub services: Vec<(&'static str, SocketAddr)>,
    /// Its processes, the gateway last.
    pub processes: Vec<Process>,
    /// Its data.
    pub folder: TempDir,
}

impl Suite {
    /// One process on SQLite, with the reference record.
    ///
    /// # Panics
    /// If it does not start.
    pub fn embedded() -> Option<Self> {
        Self::embedded_in(tempfile::tempdir().expect("a temporary folder can be made"), &[])
    }

    /// One process on the SQLite files of a folder, with more arguments.
    ///
    /// # Panics
    /// If it does not start.
    pub fn embedded_in(folder: TempDir, more: &[&str]) -> Option<Self> {
        let registan = program("registan")?;
        let address = free_address();
        let mut command = Command::new(registan);
        command.args(["serve", "--listen", &address.to_string()]).args(more);
        command.arg("--data-dir").arg(folder.path().join("data"));
        let mut process = Process::start(&mut command, &folder.path().join("log"));
        process.wait_for(address);
        Some(Self { address, services: Vec::new(), processes: vec![process], folder })
    }

    /// A gateway whose services are not there.
    ///
    /// # Panics
    /// If it does not start.
    pub fn of_gateway_alone() -> Option<Self> {
        let address = free_address();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new(program("gateway")?);
        command.args(["--listen", &address.to_string(), "--log-format", "json"]);
        for name in ["agreements", "projects", "rights-reporting"] {
            command.args([&format!("--{name}-url"), &format!("http://{}", free_address())]);
        }
        command.arg("--data-dir").arg(folder.path().join("data"));
        let mut process = Process::start(&mut command, &folder.path().join("log"));
        process.wait_for(address);
        Some(Self { address, services: Vec::new(), processes: vec![process], folder })
    }

    /// Four processes, each service in a database of its own, with the reference record seeded
    /// through the gateway. The databases go when they are dropped: keep them as long as the suite.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn distributed(engine: Engine) -> Option<(Self, Vec<Database>)> {
        Self::distributed_of(program, engine).await
    }

    /// The same, of programs that stand elsewhere: those of another revision.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn distributed_of(
        program: impl Fn(&str) -> Option<PathBuf>,
        engine: Engine,
    ) -> Option<(Self, Vec<Database>)> {
        let registan = program("registan")?;
        let (suite, databases) = Self::of_desks(program, engine, None).await?;
        suite.seed(&registan);
        Some((suite, databases))
    }

    /// Four processes for a partnership by the file of its desks, without the reference record.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn of_partnership(engine: Engine, desks: &Path) -> Option<(Self, Vec<Database>)> {
        Self::of_desks(program, engine, Some(desks)).await
    }

    async fn of_desks(
        program: impl Fn(&str) -> Option<PathBuf>,
        engine: Engine,
        desks: Option<&Path>,
    ) -> Option<(Self, Vec<Database>)> {
        let mut databases = Vec::new();
        for _ in 0..3 {
            databases.push(database(engine).await?);
        }
        let urls = [&*databases[0].url, &databases[1].url, &databases[2].url];
        let suite = Self::in_databases(program, urls, desks)?;
        Some((suite, databases))
    }

    fn in_databases(
        program: impl Fn(&str) -> Option<PathBuf>,
        databases: [&str; 3],
        desks: Option<&Path>,
    ) -> Option<Self> {
        let registan = program("registan")?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let names = ["agreements", "projects", "rights-reporting"];
        let addresses: Vec<SocketAddr> = (0..4).map(|_| free_address()).collect();
        let urls: Vec<String> =
            addresses.iter().map(|address| format!("http://{address}")).collect();
        let mut processes = Vec::new();
        for (place, name) in names.into_iter().chain(["gateway"]).enumerate() {
            let mut command = Command::new(program(name)?);
            command.env("REGISTAN_DATA_DIR", folder.path().join("data"));
            command.env("REGISTAN_LISTEN", addresses[place].to_string());
            command.env("REGISTAN_AGREEMENTS_URL", &urls[0]).env("REGISTAN_PROJECTS_URL", &urls[1]);
            command.env("REGISTAN_RIGHTS_REPORTING_URL", &urls[2]);
            command.envs(desks.map(|desks| ("REGISTAN_DESKS", desks)));
            if let Some(database) = databases.get(place) {
                let migrated = Command::new(&registan)
                    .args(["migrate", name, "--database-url", database])
                    .envs(desks.map(|desks| ("REGISTAN_DESKS", desks)))
                    .status();
                assert!(migrated.expect("it starts").success(), "{name} is migrated");
                command.env("REGISTAN_DATABASE_URL", database);
            }
            let mut process =
                Process::start(&mut command, &folder.path().join(format!("{name}.log")));
            process.wait_for(addresses[place]);
            processes.push(process);
        }
        Some(Self {
            address: addresses[3],
            services: names.into_iter().zip(addresses).collect(),
            processes,
            folder,
        })
    }

    /// Seeds the reference record.
    fn seed(&self, registan: &Path) {
        let mut seed = Command::new(registan);
        seed.args(["import", "reference", "--gateway", &format!("http://{}", self.address)]);
        let seeded = seed.env("REGISTAN_TOKEN", self.token()).status();
        assert!(seeded.expect("it starts").success(), "the reference record is seeded");
    }

    /// A token of somebody who may write everything.
    ///
    /// # Panics
    /// If it cannot be signed.
    pub fn token(&self) -> String {
        testkit::token(&self.folder.path().join("data"))
    }

    /// Asks the gateway, without a token; an answer is JSON.
    pub fn ask(&self, method: &str, request: &str) -> Result<Value, Refusal> {
        grpcurl(self.address, None, method, request)
    }

    /// Asks the gateway as somebody who may write everything.
    pub fn ask_as_writer(&self, method: &str, request: &str) -> Result<Value, Refusal> {
        grpcurl(self.address, Some(&self.token()), method, request)
    }

    /// The log of a process, by its place.
    pub fn logged(&self, place: usize) -> String {
        self.processes[place].logged()
    }
}
