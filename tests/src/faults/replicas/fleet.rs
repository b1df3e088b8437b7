//! Replicas of every service behind one name each, as processes, with a database of PostgreSQL a
//! service and one gateway.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use tempfile::TempDir;
use testkit::free_address;

use super::hole::Hole;
use super::names::Names;
use crate::faults::databases::{administer, create_database};
use crate::faults::postgres::Cluster;
use crate::faults::system::open_for_all;
use crate::process::{Process, program};

/// The services with a record.
pub const SERVICES: [&str; 3] = ["agreements", "projects", "rights-reporting"];
/// The variable by which every process is told where each answers.
const URLS: [&str; 3] =
    ["REGISTAN_AGREEMENTS_URL", "REGISTAN_PROJECTS_URL", "REGISTAN_RIGHTS_REPORTING_URL"];
/// The node whose way can be cut.
pub const CUTTABLE: usize = 0;
/// A line for each answer, by which the share of a replica is counted.
const LOG: &str = "info,chassis::server::answer=debug";

/// A replica of each service, which share an address.
#[derive(Default)]
struct Node {
    processes: [Option<Process>; 3],
    /// Its address is among those of the names.
    is_listed: bool,
}

/// All of it; ended when dropped.
pub struct Fleet {
    /// Where the gateway answers.
    pub gateway: SocketAddr,
    program: PathBuf,
    names: Names,
    /// The port of each service, the same on every node.
    ports: [u16; 3],
    /// How old a connection to a service gets, in seconds.
    age: u64,
    nodes: Vec<Node>,
    entrance: Option<Process>,
    holes: Vec<Hole>,
    cluster: Cluster,
    /// Everything it keeps; the last field, for it must outlive the processes.
    folder: TempDir,
}

impl Fleet {
    /// Makes the databases and starts the gateway and as many nodes of `nodes`. Nothing where
    /// PostgreSQL, the program or a library is not there.
    pub async fn start(nodes: usize, started: usize, age: u64) -> anyhow::Result<Option<Self>> {
        let Some(program) = program("registan") else { return Ok(None) };
        let folder = tempfile::tempdir()?;
        open_for_all(&folder)?;
        let Some(names) = Names::make(&folder.path().join("hosts"))? else { return Ok(None) };
        let Some(cluster) = Cluster::make(&folder.path().join("postgres"), None)? else {
            return Ok(None);
        };
        let ports = [(); 3].map(|()| free_address().port());
        let nodes = (0..nodes).map(|_| Node::default()).collect();
        let (gateway, holes) = (free_address(), Vec::new());
        let mut fleet = Self {
            gateway,
            program,
            names,
            ports,
            age,
            nodes,
            entrance: None,
            holes,
            cluster,
            folder,
        };
        fleet.cluster.start();
        create_database(&fleet.cluster.url()).await?;
        for service in SERVICES {
            let statement = format!("CREATE DATABASE \"{service}\"");
            administer(&fleet.cluster.url(), &[&statement]).await?;
            fleet.migrate(service)?;
        }
        for port in ports {
            let to = SocketAddr::from((inner(CUTTABLE), port));
            fleet.holes.push(Hole::open((outer(CUTTABLE), port).into(), to)?);
        }
        for node in 0..started {
            fleet.start_node(node);
            fleet.list(node, true)?;
        }
        fleet.start_gateway();
        Ok(Some(fleet))
    }

    /// A token of somebody who may write everything.
    pub fn token(&self) -> String {
        testkit::token(&self.data())
    }

    /// Starts the services of a node, and waits until they listen.
    pub fn start_node(&mut self, node: usize) {
        for (place, service) in SERVICES.into_iter().enumerate() {
            let mut command = self.serve(service);
            command.args(["--listen", &format!("{}:{}", inner(node), self.ports[place])]);
            command.env("REGISTAN_DATABASE_URL", self.url(service));
            command.env("REGISTAN_MAX_CONNECTION_AGE_SECONDS", self.age.to_string());
            let log = self.log(node, service);
            self.nodes[node].processes[place] = Some(Process::start(&mut command, &log));
        }
        for (place, port) in self.ports.into_iter().enumerate() {
            if let Some(process) = &mut self.nodes[node].processes[place] {
                process.wait_for((inner(node), port).into());
            }
        }
    }

    /// Ends the services of a node with SIGKILL.
    pub fn kill_node(&mut self, node: usize) {
        // Killed when dropped.
        self.nodes[node].processes = Default::default();
    }

    /// Asks the services of a node to stop, and waits until they have.
    pub fn stop_node(&mut self, node: usize) -> anyhow::Result<()> {
        self.signal_node(node, "TERM")?;
        for process in self.nodes[node].processes.iter_mut().flatten() {
            let status = process.wait();
            ensure!(status.success(), "a service ended with {status}: {}", process.logged());
        }
        self.nodes[node].processes = Default::default();
        Ok(())
    }

    /// Sends a signal to the services of a node.
    pub fn signal_node(&self, node: usize, signal: &str) -> anyhow::Result<()> {
        let ids = self.nodes[node].processes.iter().flatten().map(|it| it.id().to_string());
        let sent = Command::new("kill").arg(format!("-{signal}")).args(ids).status()?;
        ensure!(sent.success(), "the signal {signal} cannot be sent");
        Ok(())
    }

    /// Puts the address of a node among those of the names, or removes it.
    pub fn list(&mut self, node: usize, is_listed: bool) -> anyhow::Result<()> {
        self.nodes[node].is_listed = is_listed;
        let listed = (0..self.nodes.len()).filter(|node| self.nodes[*node].is_listed);
        let listed: Vec<IpAddr> = listed.map(outer).collect();
        let all = SERVICES.iter().flat_map(|service| {
            let name = host(service);
            listed.iter().map(move |address| (name.clone(), *address))
        });
        self.names.set(&all.collect::<Vec<_>>())
    }

    /// Cuts the way to the node that can be cut.
    pub async fn cut(&mut self) {
        for hole in &mut self.holes {
            hole.cut().await;
        }
    }

    /// Repairs it.
    pub fn repair(&mut self) {
        self.holes.iter_mut().for_each(Hole::repair);
    }

    /// Ends PostgreSQL as by a crash.
    pub fn kill_database(&mut self) -> anyhow::Result<()> {
        self.cluster.kill()
    }

    /// Starts it again; ends when it accepts connections.
    pub async fn start_database(&mut self) {
        self.cluster.start();
        self.cluster.recovered().await;
    }

    /// Returns the processes that have ended by themselves, with the end of their logs.
    pub fn ended(&mut self) -> Vec<String> {
        let mut ended = Vec::new();
        let services = self.nodes.iter_mut().flat_map(|node| &mut node.processes);
        for process in services.flatten().chain(&mut self.entrance) {
            if !process.runs() {
                let logged = process.logged();
                ended.push(logged.lines().last().unwrap_or("it logged nothing").to_owned());
            }
        }
        ended
    }

    /// How many calls each node has answered since its process was started, by service.
    pub fn answered(&self) -> Vec<[usize; 3]> {
        let count = |process: &Option<Process>| {
            let logged = process.as_ref().map(Process::logged).unwrap_or_default();
            let is_call =
                |line: &&str| line.contains("\"answered\"") && !line.contains("grpc.health");
            logged.lines().filter(is_call).count()
        };
        self.nodes.iter().map(|node| [0, 1, 2].map(|place| count(&node.processes[place]))).collect()
    }

    fn start_gateway(&mut self) {
        let mut command = self.serve("gateway");
        command.args(["--listen", &self.gateway.to_string()]);
        let mut process = Process::start(&mut command, &self.folder.path().join("gateway.log"));
        process.wait_for(self.gateway);
        self.entrance = Some(process);
    }

    fn migrate(&self, service: &str) -> anyhow::Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["migrate", service]).env("REGISTAN_DATABASE_URL", self.url(service));
        let output = command.output().context("registan cannot be started")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{service} is not migrated: {said}");
        Ok(())
    }

    fn serve(&self, service: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["serve", service]).env("REGISTAN_DATA_DIR", self.data());
        command.env("REGISTAN_LOG", LOG).envs(self.names.environment());
        // The names are not those of loopback, and the addresses are.
        command.env("REGISTAN_PLAINTEXT", "true");
        for (place, variable) in URLS.into_iter().enumerate() {
            command
                .env(variable, format!("http://{}:{}", host(SERVICES[place]), self.ports[place]));
        }
        command
    }

    fn url(&self, service: &str) -> String {
        self.cluster.url_of(service)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self, node: usize, service: &str) -> PathBuf {
        self.folder.path().join(format!("{service}-{node}.log"))
    }
}

/// The name of a service: reserved for tests (RFC 2606).
fn host(service: &str) -> String {
    format!("{service}.test")
}

/// The address at which the processes of a node listen.
fn inner(node: usize) -> IpAddr {
    Ipv4Addr::new(127, 0, 30, 1 + u8::try_from(node).unwrap_or(0)).into()
}

/// The address by which others reach them.
fn outer(node: usize) -> IpAddr {
    if node == CUTTABLE { Ipv4Addr::new(127, 0, 31, 1).into() } else { inner(node) }
}
