//! A whole suite: one process on SQLite, or four on PostgreSQL. The reference record is seeded once
//! for all tests of a program, and each suite begins with a copy.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use testkit::{Database, Engine, copy, database, free_address};
use tokio::sync::OnceCell;

use crate::ask::{Refusal, grpcurl};
use crate::process::{Process, program};
use crate::secured::certify;

/// Variables of the environment of a process.
pub type Variables = Vec<(&'static str, OsString)>;

/// The settings of the processes of a suite, besides where each is.
struct Plan<'a> {
    /// They call each other by TLS.
    is_encrypted: bool,
    /// More variables of a process, by its name.
    variables: &'a dyn Fn(&str) -> Variables,
}

impl Default for Plan<'_> {
    fn default() -> Self {
        Self { is_encrypted: false, variables: &|_| Variables::new() }
    }
}

const fn scheme(is_encrypted: bool) -> &'static str {
    if is_encrypted { "https" } else { "http" }
}

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
    /// The certificates of its processes, if they have any.
    certificates: Option<TempDir>,
    /// The program that signs its tokens, where it is of another revision.
    signer: Option<PathBuf>,
}

impl Suite {
    /// One process on SQLite, with the reference record.
    ///
    /// # Panics
    /// If it does not start.
    pub fn embedded() -> Option<Self> {
        Self::embedded_in(seeded_folder()?, &[])
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
        Some(Self::of_one(command, address, folder))
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
        Some(Self::of_one(command, address, folder))
    }

    /// Starts the one process that answers at an address.
    fn of_one(mut command: Command, address: SocketAddr, folder: TempDir) -> Self {
        command.arg("--data-dir").arg(folder.path().join("data"));
        let mut process = Process::start(&mut command, &folder.path().join("log"));
        process.wait_for(address);
        let (services, processes) = (Vec::new(), vec![process]);
        Self { address, services, processes, folder, certificates: None, signer: None }
    }

    /// Four processes, each service in a database of its own, with the reference record. The
    /// databases go when they are dropped: keep them as long as the suite.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn distributed(engine: Engine) -> Option<(Self, Vec<Database>)> {
        Self::distributed_with(engine, false, |_| Variables::new()).await
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
        let (mut suite, databases) = Self::of_plan(program, engine, &Plan::default()).await?;
        suite.signer = Some(registan.clone());
        suite.seed(&registan);
        Some((suite, databases))
    }

    /// The same with more variables for each process, by its name. If they call each other by TLS,
    /// the variables say where the certificates are.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn distributed_with(
        engine: Engine,
        is_encrypted: bool,
        variables: impl Fn(&str) -> Variables,
    ) -> Option<(Self, Vec<Database>)> {
        let plan = Plan { is_encrypted, variables: &variables };
        let databases = seeded_databases(engine).await?;
        let suite = Self::in_databases(program, &databases, &plan)?;
        Some((suite, databases))
    }

    /// Four processes with TLS at every port. They are called at a plain port before the gateway;
    /// the services answer each other alone.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn distributed_within_tls(engine: Engine) -> Option<(Self, Vec<Database>)> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let authority = certify(folder.path()).expect("each has a certificate");
        let variables = |name: &str| vec![("REGISTAN_TLS_DIR", folder.path().join(name).into())];
        let (mut suite, databases) = Self::distributed_with(engine, true, variables).await?;
        suite.address = testkit::sheath(suite.address, authority.certificate()).await;
        suite.certificates = Some(folder);
        Some((suite, databases))
    }

    /// Four processes, without TLS on SQLite and within it on PostgreSQL.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn distributed_both_ways(engine: Engine) -> Option<(Self, Vec<Database>)> {
        match engine {
            Engine::Sqlite => Self::distributed(engine).await,
            Engine::Postgres => Self::distributed_within_tls(engine).await,
        }
    }

    /// Four processes for a partnership by the file of its desks, without the reference record.
    ///
    /// # Panics
    /// If they do not start.
    pub async fn of_partnership(engine: Engine, desks: &Path) -> Option<(Self, Vec<Database>)> {
        let variables = |_: &str| vec![("REGISTAN_DESKS", desks.into())];
        let plan = Plan { is_encrypted: false, variables: &variables };
        Self::of_plan(program, engine, &plan).await
    }

    async fn of_plan(
        program: impl Fn(&str) -> Option<PathBuf>,
        engine: Engine,
        plan: &Plan<'_>,
    ) -> Option<(Self, Vec<Database>)> {
        let mut databases = Vec::new();
        for _ in 0..3 {
            databases.push(database(engine).await?);
        }
        let suite = Self::in_databases(program, &databases, plan)?;
        Some((suite, databases))
    }

    fn in_databases(
        program: impl Fn(&str) -> Option<PathBuf>,
        databases: &[Database],
        plan: &Plan<'_>,
    ) -> Option<Self> {
        let registan = program("registan")?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let names = ["agreements", "projects", "rights-reporting"];
        let addresses: Vec<SocketAddr> = (0..4).map(|_| free_address()).collect();
        let scheme = scheme(plan.is_encrypted);
        let urls: Vec<String> =
            addresses.iter().map(|address| format!("{scheme}://{address}")).collect();
        let mut processes = Vec::new();
        for (place, name) in names.into_iter().chain(["gateway"]).enumerate() {
            let variables = (plan.variables)(name);
            let mut command = Command::new(program(name)?);
            command.env("REGISTAN_DATA_DIR", folder.path().join("data"));
            command.env("REGISTAN_LISTEN", addresses[place].to_string());
            command.env("REGISTAN_AGREEMENTS_URL", &urls[0]).env("REGISTAN_PROJECTS_URL", &urls[1]);
            command.env("REGISTAN_RIGHTS_REPORTING_URL", &urls[2]).envs(variables.clone());
            if let Some(database) = databases.get(place) {
                let migrated = Command::new(&registan)
                    .args(["migrate", name, "--database-url", &database.url])
                    .envs(variables)
                    .status();
                assert!(migrated.expect("it starts").success(), "{name} is migrated");
                command.env("REGISTAN_DATABASE_URL", &database.url);
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
            certificates: None,
            signer: None,
        })
    }

    /// Seeds the reference record.
    fn seed(&self, registan: &Path) {
        let mut seed = Command::new(registan);
        let gateway = format!("http://{}", self.address);
        seed.args(["import", "reference", "--gateway", &gateway]);
        let seeded = seed.env("REGISTAN_TOKEN", self.token()).status();
        assert!(seeded.expect("it starts").success(), "the reference record is seeded");
    }

    /// A token of somebody who may write everything.
    ///
    /// # Panics
    /// If it cannot be signed.
    pub fn token(&self) -> String {
        let data = self.folder.path().join("data");
        let Some(registan) = &self.signer else { return testkit::token(&data) };
        let all = ["--role", "editor", "--role", "monitor", "--desk", "all"];
        let mut sign = Command::new(registan);
        sign.arg("token")
            .args(all)
            .args(["--tier", "confidential", "--new-key", "--data-dir"])
            .arg(&data);
        let signed = sign.output().expect("it starts");
        assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
        String::from_utf8_lossy(&signed.stdout).trim().to_owned()
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

/// A folder with the data of one process that has started, and stopped. Nothing where the program
/// is not there.
fn seeded_folder() -> Option<TempDir> {
    static SEEDED: OnceLock<Option<TempDir>> = OnceLock::new();
    let folder = || tempfile::tempdir().expect("a temporary folder can be made");
    let seeded = SEEDED.get_or_init(|| {
        let mut suite = Suite::embedded_in(folder(), &[])?;
        assert!(suite.processes[0].stop().success(), "it stops in good order");
        Some(suite.folder)
    });
    let (from, to) = (seeded.as_ref()?.path().join("data"), folder());
    let data = to.path().join("data");
    fs::create_dir(&data).expect("a folder can be made");
    for file in fs::read_dir(from).expect("it has data").flatten() {
        fs::copy(file.path(), data.join(file.file_name())).expect("a file can be copied");
    }
    Some(to)
}

/// The databases of three processes that have started, and stopped. Nothing where a program or
/// PostgreSQL is not there.
async fn seeded_databases(engine: Engine) -> Option<Vec<Database>> {
    static ON_SQLITE: OnceCell<Option<Vec<Database>>> = OnceCell::const_new();
    static ON_POSTGRES: OnceCell<Option<Vec<Database>>> = OnceCell::const_new();
    let cell = if engine == Engine::Sqlite { &ON_SQLITE } else { &ON_POSTGRES };
    let seeded = cell.get_or_init(|| async {
        let registan = program("registan")?;
        let (mut suite, databases) = Suite::of_plan(program, engine, &Plan::default()).await?;
        suite.seed(&registan);
        for process in suite.processes.iter_mut().rev() {
            assert!(process.stop().success(), "it stops in good order");
        }
        Some(databases)
    });
    let mut copies = Vec::new();
    for database in seeded.await.as_ref()? {
        copies.push(copy(&database.url).await);
    }
    Some(copies)
}
