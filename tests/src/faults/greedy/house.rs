//! The gateway and the three services as processes of their own on SQLite, with the quotas of a
//! deployment.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use chassis::auth::development::Token;
use chassis::clock::{Clock as _, SystemClock};
use policy::{Desks, Role, Tier};
use tempfile::TempDir;
use testkit::free_address;
use tonic::metadata::{Ascii, MetadataValue};

use super::door::Door;
use crate::process::{Process, program};
use crate::secured::{NAMES, certify};

/// The quotas of the gateway in the base of the deployment.
const QUOTAS: [(&str, &str); 4] = [
    ("REGISTAN_CALLS_PER_SECOND", "100"),
    ("REGISTAN_CALLS_PER_CALLER", "8"),
    ("REGISTAN_STREAMS_PER_CALLER", "32"),
    ("REGISTAN_CONNECTIONS_PER_ADDRESS", "128"),
];
/// The setting of the allocator in `deploy/Containerfile`.
const ALLOCATOR: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "0");

/// Processes that answer until this is dropped.
pub struct House {
    /// The gateway.
    pub door: Door,
    processes: Vec<(&'static str, Process)>,
    addresses: Vec<SocketAddr>,
    within_tls: bool,
    folder: TempDir,
}

impl House {
    /// Starts all four, the gateway without quotas yet, with TLS at every port or at none. Nothing
    /// where the program is not built.
    pub fn start(within_tls: bool) -> anyhow::Result<Option<Self>> {
        let Some(registan) = program("registan") else { return Ok(None) };
        let addresses: Vec<SocketAddr> = NAMES.iter().map(|_| free_address()).collect();
        let folder = tempfile::tempdir()?;
        let ca = folder.path().join("gateway/ca.crt");
        if within_tls {
            certify(folder.path())?;
        }
        let door = if within_tls {
            Door::within_tls(addresses[3], &ca)?
        } else {
            Door::plain(addresses[3])
        };
        let mut house = Self { door, processes: Vec::new(), addresses, within_tls, folder };
        for place in 0..NAMES.len() {
            house.serve(&registan, place, &[]);
        }
        let mut seed = Command::new(&registan);
        seed.args(["import", "reference", "--gateway", &house.door.url()]);
        if within_tls {
            seed.arg("--ca").arg(ca);
        }
        let seeded = seed.env("REGISTAN_TOKEN", house.token("reference")?).output()?;
        ensure!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
        Ok(Some(house))
    }

    /// Starts the gateway again, with quotas.
    pub fn guard(&mut self) -> anyhow::Result<()> {
        let registan = program("registan").context("it was there")?;
        self.processes.pop();
        self.serve(&registan, 3, &QUOTAS);
        Ok(())
    }

    fn serve(&mut self, registan: &Path, place: usize, settings: &[(&str, &str)]) {
        let mut command = Command::new(registan);
        let scheme = if self.within_tls { "https" } else { "http" };
        let url = |place: usize| format!("{scheme}://{}", self.addresses[place]);
        if self.within_tls {
            command.env("REGISTAN_TLS_DIR", self.folder.path().join(NAMES[place]));
        }
        command
            .args(["serve", NAMES[place], "--listen", &self.addresses[place].to_string()])
            .env(ALLOCATOR.0, ALLOCATOR.1)
            .env("REGISTAN_DATA_DIR", self.folder.path().join("data"))
            .env("REGISTAN_AGREEMENTS_URL", url(0))
            .env("REGISTAN_PROJECTS_URL", url(1))
            .env("REGISTAN_RIGHTS_REPORTING_URL", url(2))
            .envs(settings.iter().copied());
        let log = self.folder.path().join(format!("{}.log", NAMES[place]));
        let mut process = Process::start(&mut command, &log);
        process.wait_for(self.addresses[place]);
        self.processes.push((NAMES[place], process));
    }

    /// A token of somebody who may write everything.
    pub fn token(&self, subject: &str) -> anyhow::Result<String> {
        let roles = vec![Role::Editor, Role::Monitor];
        let (subject, desks, tier) = (subject.to_owned(), Desks::ALL, Tier::Confidential);
        let token = Token { subject, roles, desks, tier, hours: 1 };
        token.sign(&self.folder.path().join("data"), SystemClock.now())
    }

    /// The most memory that each process ever held, in MB.
    pub fn memory(&self) -> Vec<(&'static str, u64)> {
        let peak = |process: &Process| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()));
            let status = status.unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
        };
        self.processes.iter().map(|(name, process)| (*name, peak(process) / 1024)).collect()
    }

    /// The last lines of each log.
    pub fn logged(&self) -> String {
        let last = |(name, process): &(&str, Process)| {
            let logged = process.logged();
            let lines: Vec<&str> = logged.lines().rev().take(5).collect();
            format!("{name}: {}\n", lines.join("\n  "))
        };
        self.processes.iter().map(last).collect()
    }
}

/// A token as metadata.
pub fn bearer(token: &str) -> anyhow::Result<MetadataValue<Ascii>> {
    Ok(format!("Bearer {token}").parse()?)
}
