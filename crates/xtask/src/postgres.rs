//! A PostgreSQL cluster for the tests alone: in a temporary folder, with a private socket, gone
//! afterwards.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::shell::{command, output};
use crate::tools::POSTGRES;

/// Long enough for a cold and busy machine.
const START: Duration = Duration::from_mins(1);

/// Lines of the log that say what the server does.
const LAST_LINES: usize = 50;

/// Keeps the server until its input ends, which happens however the process that started it ends;
/// then it stops the server and removes the folder.
const KEEPER: &str = r#"
folder=$1; shift
"$@" & server=$!
read -r _
kill -INT "$server"
wait "$server"
cd / && rm -rf "$folder"
"#;

/// Waits for no disk.
const NO_SYNC: [&str; 6] =
    ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"];
/// A file system in memory, on most machines.
const MEMORY: &str = "/dev/shm";
/// The least free space there, in MB: containers often have 64.
const ENOUGH: u64 = 4096;

/// A running cluster; stopped and removed when dropped.
pub struct Cluster {
    /// The address of its database `postgres`.
    pub url: String,
    folder: PathBuf,
    keeper: Child,
}

/// The user and the group that the server runs as.
type Owner = Option<(u32, u32)>;

impl Cluster {
    /// Makes a cluster that keeps what it acknowledged, and waits until it answers.
    pub fn durable() -> Result<Self> {
        Self::start(&env::temp_dir(), &[])
    }

    /// The same, for what nobody reads after the machine stopped: it is in memory where there is
    /// room. To make a database is to make 300 files, and each test makes one. The tests of what
    /// survives a crash have clusters of their own (`tests/src/faults/postgres.rs`).
    pub fn fleeting() -> Result<Self> {
        let has_room = free(MEMORY).is_some_and(|free| free >= ENOUGH);
        let within = if has_room { MEMORY.into() } else { env::temp_dir() };
        Self::start(&within, &NO_SYNC)
    }

    fn start(within: &Path, options: &[&str]) -> Result<Self> {
        let begin = Instant::now();
        let server = POSTGRES.path()?;
        let owner = owner()?;
        let folder = within.join(format!("registan-postgres-{}", std::process::id()));
        make_folder(&folder, owner)?;

        output(&mut initdb(&server, &folder, owner))?;
        let cluster = Self {
            url: format!("postgres://postgres@localhost/postgres?host={}", folder.display()),
            keeper: keeper(&server, &folder, owner, options)?,
            folder,
        };
        cluster.wait_until_ready(begin + START)?;
        let seconds = begin.elapsed().as_secs_f64();
        println!("postgres: cluster in {} up in {seconds:.1} s", cluster.folder.display());
        Ok(cluster)
    }

    /// Returns what the server does: its processes, where each of them waits, and the end of its
    /// log. For when tests do not end.
    pub fn state(&self) -> String {
        let columns = "pid,ppid,stat,wchan:24,etime,time,args";
        let processes = output(&mut command("ps", &["-ww", "-eo", columns])).unwrap_or_default();
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let skipped = log.lines().count().saturating_sub(LAST_LINES);
        let lines = processes.lines().filter(|line| line.contains("postgres"));
        let lines: Vec<_> = lines.chain(log.lines().skip(skipped)).collect();
        format!("postgres: its processes, and the end of its log\n{}\n", lines.join("\n"))
    }

    /// The server writes its state into a file, as the last of its lines.
    fn wait_until_ready(&self, deadline: Instant) -> Result<()> {
        let state = self.folder.join("data/postmaster.pid");
        while !fs::read_to_string(&state).unwrap_or_default().trim_end().ends_with("ready") {
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("the PostgreSQL of the tests does not start:\n{log}");
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        match self.keeper.wait() {
            Ok(_) => println!("postgres: stopped and removed"),
            Err(error) => println!("postgres: {} may be left: {error}", self.folder.display()),
        }
    }
}

/// The free space of a file system, in MB; nothing where there is none.
fn free(folder: &str) -> Option<u64> {
    let lines = output(&mut command("df", &["--output=avail", "--block-size=1M", folder])).ok()?;
    lines.lines().last()?.trim().parse().ok()
}

/// PostgreSQL refuses to run as root, so root gives the work to a user without rights.
fn owner() -> Result<Owner> {
    if output(&mut command("id", &["-u"]))? != "0" {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map_while(|number| number.parse().ok());
        Some((numbers.next()?, numbers.next()?))
    };
    let owner = ids("postgres").or_else(|| ids("nobody"));
    owner
        .map(Some)
        .context("root needs a user `postgres` or `nobody` for the PostgreSQL of the tests")
}

fn make_folder(folder: &Path, owner: Owner) -> Result<()> {
    let made = DirBuilder::new().mode(0o700).create(folder);
    made.with_context(|| format!("{} cannot be made", folder.display()))?;
    if let Some((user, group)) = owner {
        chown(folder, Some(user), Some(group)).context("the folder cannot be given away")?;
    }
    Ok(())
}

fn initdb(server: &Path, folder: &Path, owner: Owner) -> Command {
    let mut initdb = Command::new(server.with_file_name("initdb"));
    initdb
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
        .args(["--no-sync", "--pgdata"])
        .arg(folder.join("data"));
    within(&mut initdb, folder, owner);
    initdb
}

fn keeper(server: &Path, folder: &Path, owner: Owner, options: &[&str]) -> Result<Child> {
    let log = File::create(folder.join("log")).context("the log cannot be made")?;
    let mut keeper = Command::new("sh");
    keeper
        .args(["-c", KEEPER, "keeper"])
        .arg(folder)
        .arg(server)
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-c", "listen_addresses=", "-c", "max_connections=400"])
        .args(options)
        .arg("-k")
        .arg(folder)
        // A group of its own: Ctrl-C must reach the tests, and the server only after them.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().context("the log cannot be shared")?)
        .stderr(log);
    within(&mut keeper, folder, owner);
    keeper.spawn().context("the PostgreSQL of the tests does not start")
}

fn within(command: &mut Command, folder: &Path, owner: Owner) {
    command.current_dir(folder);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
}

#[cfg(test)]
mod tests {
    use super::Cluster;
    use crate::tools::POSTGRES;

    #[test]
    fn a_cluster_leaves_nothing_behind() {
        if let Err(missing) = POSTGRES.path() {
            eprintln!("skipped: {missing}");
            return;
        }
        let cluster = Cluster::fleeting().unwrap();
        let folder = cluster.folder.clone();
        assert!(folder.join(".s.PGSQL.5432").exists());
        assert!(cluster.state().contains("database system is ready to accept connections"));

        drop(cluster);

        assert!(!folder.exists());
    }
}
