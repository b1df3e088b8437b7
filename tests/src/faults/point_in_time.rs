//! Point-in-time recovery with PostgreSQL: a base backup and an archive of its log bring the record
//! back to an instant just before a mistake, and `registan verify` says that it is that record. The
//! settings and commands are those of the document, with other folders and another instant.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use testkit::Engine;
use tokio::time::sleep;

use super::drill::{Noted, named_loss, verified};
use super::parties::Parties;
use super::postgres::Cluster;
use super::system::{System, Victim};
use crate::examples::blocks;

/// Parties written before the base backup, after it, and by mistake.
const WRITES: [usize; 3] = [20, 30, 10];
/// How long the archive and the recovery may take.
const TIMEOUT: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(50);
/// The section of the document, and what it says for the folders and the instant.
const SECTION: &str = "A point in time, with PostgreSQL";
const ARCHIVE: &str = "/archive/";
const BASE: &str = "/backups/monday";
const INSTANT: &str = "2026-11-29 01:02:03+00";

/// The report of a recovery.
#[derive(Debug)]
pub struct Report {
    /// Changes noted before the mistake, and found after the recovery.
    pub noted: usize,
    /// Changes of the recovered record.
    pub found: usize,
    /// Changes that `registan verify --expect` names as lost, against a checkpoint of after the
    /// mistake.
    pub named: usize,
    /// How long the recovery took, from the start of the server.
    pub recovery: Duration,
}

/// Makes a mistake and recovers. Nothing where PostgreSQL or the program is not there.
pub async fn run() -> anyhow::Result<Option<Report>> {
    let Some(mut system) = System::start(Engine::Postgres, 1).await? else { return Ok(None) };
    let folder = system.folder.path().to_owned();
    let (archive, base) = (folder.join("archive"), folder.join("recovered"));
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/backup.md");
    let all: [String; 3] = blocks(&document, SECTION)?
        .try_into()
        .map_err(|all| anyhow!("settings, a backup and a recovery were expected: {all:?}"))?;
    let data = base.join("data");
    let [settings, backup, recover] = all.map(|block| {
        let block = block.replace(ARCHIVE, &format!("{}/", archive.display()));
        block.replace(BASE, &data.display().to_string())
    });
    archived(&mut system, &archive, &settings).await?;
    let mut parties = Parties::at(system.addresses[0])?;
    write(&mut parties, "before", WRITES[0]).await?;
    let cluster = system.cluster().context("there is a cluster")?;
    fs::create_dir(&base)?;
    cluster.give(&base)?;
    cluster.shell(&backup)?;
    write(&mut parties, "kept", WRITES[1]).await?;
    let noted = verified(&system, None)?;
    let instant = scalar(&system.url, "SELECT clock_timestamp()::text").await?;
    write(&mut parties, "mistake", WRITES[2]).await?;
    let later = verified(&system, None)?;
    let segment = scalar(&system.url, "SELECT pg_walfile_name(pg_switch_wal())").await?;
    appears(&archive.join(segment)).await?;
    system.kill(Victim::Everything, &mut fastrand::Rng::new())?;

    let Some(mut cluster) = Cluster::over(&base)? else { return Ok(None) };
    ensure!(recover.contains(INSTANT), "the document names an instant");
    cluster.shell(&recover.replace(INSTANT, &instant))?;
    let begin = Instant::now();
    cluster.start();
    system.url = cluster.url();
    ends_recovery(&system.url, &cluster).await?;
    let recovery = begin.elapsed();
    let Noted(found, text) = verified(&system, Some(&noted.1))?;
    ensure!(text == noted.1, "the record ends with {text}, and {} was noted", noted.1);
    let named = named_loss(&system, &later)?;
    ensure!(named == later.0 - noted.0, "{named} changes are named");
    Ok(Some(Report { noted: noted.0, found, named, recovery }))
}

/// Lets the server keep every segment of its log in a folder, which takes a restart.
async fn archived(system: &mut System, archive: &Path, settings: &str) -> anyhow::Result<()> {
    let cluster = system.cluster().context("there is a cluster")?;
    fs::create_dir(archive)?;
    cluster.give(archive)?;
    let file = cluster.data().join("postgresql.conf");
    writeln!(OpenOptions::new().append(true).open(file)?, "\n{settings}")?;
    system.kill(Victim::Everything, &mut fastrand::Rng::new())?;
    system.start_again(Victim::Everything);
    system.wait_until_it_answers(Victim::Everything).await
}

async fn write(parties: &mut Parties, kind: &str, count: usize) -> anyhow::Result<()> {
    for number in 0..count {
        parties.create(&format!("{kind}-{number}"), kind).await?;
    }
    Ok(())
}

async fn scalar(url: &str, query: &str) -> anyhow::Result<String> {
    let db = Database::connect(url).await?;
    let found = first(&db, query).await?;
    db.close().await?;
    Ok(found)
}

async fn first(db: &DatabaseConnection, query: &str) -> anyhow::Result<String> {
    let statement = Statement::from_string(db.get_database_backend(), query);
    let row = db.query_one_raw(statement).await?.context("there is no row")?;
    Ok(row.try_get_by_index(0)?)
}

async fn appears(file: &Path) -> anyhow::Result<()> {
    let until = Instant::now() + TIMEOUT;
    while !file.exists() {
        ensure!(Instant::now() < until, "{} is not archived", file.display());
        sleep(PAUSE).await;
    }
    Ok(())
}

/// Waits until the server has recovered and takes writes.
async fn ends_recovery(url: &str, cluster: &Cluster) -> anyhow::Result<()> {
    let until = Instant::now() + TIMEOUT;
    loop {
        let state = scalar(url, "SELECT pg_is_in_recovery()::text").await;
        if state.as_ref().is_ok_and(|state| state == "false") {
            return Ok(());
        }
        ensure!(Instant::now() < until, "it does not recover: {}", cluster.logged());
        sleep(PAUSE).await;
    }
}
