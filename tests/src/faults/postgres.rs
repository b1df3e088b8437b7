//! A PostgreSQL cluster that dies as in a crash: SIGKILL for the postmaster and every child,
//! nothing shut down or flushed.

use std::env;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::databases::NAME;
use super::space::{Means, Space};
use crate::process::Process;

/// How long killed processes may take to be gone.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A cluster with data of its own, on a private socket; killed when dropped.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    server: Option<Process>,
    /// Where the room for its data can be taken away; after the server, which ends first.
    space: Option<Space>,
}

/// The means by which the room for the data is taken away; nothing if it is not.
pub type Room = Option<Option<Means>>;

/// Small segments of the log, so that it needs new ones all the time.
const SMALL: [&str; 4] = ["-c", "min_wal_size=2MB", "-c", "max_wal_size=8MB"];

impl Cluster {
    /// Makes a cluster in a folder that is not there yet; it does not run. Nothing where PostgreSQL
    /// is not installed.
    pub fn make(folder: &Path, room: Room) -> anyhow::Result<Option<Self>> {
        let Some(programs) = programs() else {
            testkit::skip("PostgreSQL is not installed: initdb and postgres are not there");
            return Ok(None);
        };
        let owner = owner()?;
        fs::create_dir(folder)?;
        if let Some((user, group)) = owner {
            chown(folder, Some(user), Some(group)).context("the folder cannot be given away")?;
        }
        let space =
            room.map(|means| Space::make(&folder.join("data"), owner, means)).transpose()?;
        let cluster = Self { folder: folder.to_owned(), programs, owner, server: None, space };
        let segments: &[&str] = if room.is_some() { &["--wal-segsize=1"] } else { &[] };
        // Checksums: a torn page is found when it is read.
        let output = cluster
            .command("initdb")
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(segments)
            .args(["--no-sync", "--data-checksums", "--pgdata"])
            .arg(folder.join("data"))
            .output()?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        Ok(Some(cluster))
    }

    /// A cluster over the data that a base backup left in a folder; it does not run.
    pub fn over(folder: &Path) -> anyhow::Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let (folder, owner) = (folder.to_owned(), owner()?);
        Ok(Some(Self { folder, programs, owner, server: None, space: None }))
    }

    /// Runs commands of an operator in the folder of the cluster, as the user that it runs as.
    pub fn shell(&self, commands: &str) -> anyhow::Result<()> {
        // A folder of links may have few of the programs.
        let programs = fs::canonicalize(self.programs.join("postgres"))?;
        let programs = programs.parent().context("the program is in a folder")?.to_owned();
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([programs].into_iter().chain(env::split_paths(&path)))?;
        let mut shell = self.command("sh");
        shell.args(["-ec", commands]).env("PATH", path);
        shell.env("PGHOST", &self.folder).env("PGUSER", "postgres");
        let output = shell.output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{commands}: {said}");
        Ok(())
    }

    /// Gives a file or folder to the user that it runs as.
    pub fn give(&self, path: &Path) -> anyhow::Result<()> {
        let Some((user, group)) = self.owner else { return Ok(()) };
        chown(path, Some(user), Some(group)).context("it cannot be given away")
    }

    /// The address of the database of the service.
    pub fn url(&self) -> String {
        self.url_of(NAME)
    }

    /// The address of a database.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.display())
    }

    /// Starts it, with PostgreSQL's own settings for durability: fsync, synchronous commits and
    /// full pages are on. After a crash it flushes all files at once and not one by one, which
    /// costs seconds before it even begins to recover.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// The same, with more settings.
    pub fn start_with(&mut self, settings: &[&str]) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
        command.args(["-c", "listen_addresses=", "-c", "recovery_init_sync_method=syncfs"]);
        // Every replica may have some twenty.
        command.args(["-c", "max_connections=250"]);
        if self.space.is_some() {
            command.args(SMALL);
        }
        for setting in settings {
            command.args(["-c", setting]);
        }
        self.server = Some(Process::start(&mut command, &self.log()));
    }

    /// The folder of its data and its settings.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where the room for its data can be taken away.
    pub const fn space(&self) -> Option<&Space> {
        self.space.as_ref()
    }

    /// The postmaster and its children.
    pub fn processes(&self) -> Vec<u32> {
        let server = self.server.as_ref().map(Process::id);
        server.into_iter().flat_map(|id| [id].into_iter().chain(children(id))).collect()
    }

    /// Returns whether the postmaster runs.
    pub fn runs(&mut self) -> bool {
        self.server.as_mut().is_some_and(Process::runs)
    }

    /// Ends when the server that was started last accepts connections: it has recovered.
    pub fn recovered(&self) -> impl Future<Output = ()> + Send + use<> {
        let file = self.folder.join("data/postmaster.pid");
        let id = self.server.as_ref().map(|server| server.id().to_string()).unwrap_or_default();
        async move {
            loop {
                // The file of the server before says `ready` too, with another id.
                let text = fs::read_to_string(&file).unwrap_or_default();
                if text.lines().next() == Some(&*id) && text.trim_end().ends_with("ready") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    /// Kills the postmaster and all its children, and waits until they are gone. They never see it
    /// coming: the postmaster is halted first, so that it neither notices nor replaces what dies.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        let id = server.id();
        signal("STOP", &[id]);
        let until = Instant::now() + TIMEOUT;
        while Instant::now() < until && state(id).is_some_and(|state| !matches!(state, 'T' | 'Z')) {
            sleep(Duration::from_millis(1));
        }
        let children = children(id);
        server.kill();
        signal("KILL", &children);
        while children.iter().any(|child| state(*child).is_some_and(|state| state != 'Z')) {
            ensure!(Instant::now() < until, "PostgreSQL outlives SIGKILL");
            sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Kills one child, which one `random` says. PostgreSQL takes that for a crash: it ends the
    /// others and recovers.
    pub fn kill_one(&mut self, random: &mut fastrand::Rng) {
        let children = self.server.as_ref().map(|server| children(server.id())).unwrap_or_default();
        if let Some(child) = random.choice(children) {
            signal("KILL", &[child]);
        }
    }

    /// Returns what it wrote to its log since it was started.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn command(&self, program: &str) -> Command {
        // A folder of links may have the server alone; its clients are on the path then.
        let beside = self.programs.join(program);
        let mut command = Command::new(if beside.is_file() { beside } else { program.into() });
        command.current_dir(&self.folder);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            eprintln!("{error:#}");
        }
    }
}

/// The folder of `initdb` and `postgres`: on the path, or where Debian puts them.
fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = installed.map(|version| version.path().join("bin"));
    env::split_paths(&path)
        .chain(installed)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// PostgreSQL refuses to run as root, so root runs it as the user `postgres`.
fn owner() -> anyhow::Result<Option<(u32, u32)>> {
    let id = |arguments: &[&str]| -> anyhow::Result<u32> {
        let output = Command::new("id").args(arguments).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().context("root needs a user `postgres` to run PostgreSQL")
    };
    Ok(match id(&["-u"])? {
        0 => Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)),
        _ => None,
    })
}

fn signal(name: &str, processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    let processes = processes.iter().map(u32::to_string);
    let _ = Command::new("kill").arg(format!("-{name}")).args(processes).status();
}

/// The state letter of a process and its parent, from `/proc`; nothing if it is gone.
fn status(process: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program, in brackets, may hold anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn state(process: u32) -> Option<char> {
    status(process).map(|(state, _)| state)
}

fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process| status(*process).is_some_and(|(_, its_parent)| its_parent == parent))
        .collect()
}
