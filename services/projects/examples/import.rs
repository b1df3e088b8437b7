//! Imports a file, repeated with new identifiers, into a fresh SQLite record; prints speed and
//! memory, for both the first and a second import, and how long the slowest reading took that had
//! to be recorded meanwhile.
//!
//! `cargo run --release -p projects --example import -- FILE [TIMES]`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use chassis::caller::{RequestContext, scope};
use chassis::client::Connection;
use chassis::clock::SystemClock;
use chronicle::{At, Call, Document, Reader};
use policy::{Caller, Desks, Grant, Role, Rule, Tier};
use projects::App;
use projects::domain::Project;
use projects::ops::import_iati::{Options, import_iati};
use projects::store::Migrator;
use sea_orm_migration::MigratorTrait;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let source = arguments.next().context("give an IATI activity file")?;
    let times = arguments.next().map_or(Ok(10), |times| times.parse())?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("repeated.xml");
    repeat(Path::new(&source), times, &file)?;
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("projects.db").display());
    let db = chronicle::database::open(&url).await?;
    Migrator::up(&db, None).await?;
    let nobody = Connection::to("http://127.0.0.1:9")?;
    let app = App::open(db, Arc::new(SystemClock), &nobody).await?;

    for round in ["first", "second"] {
        let idle = memory("VmRSS:")?;
        let readings = tokio::spawn(readings(app.clone()));
        let started = Instant::now();
        let options = Options { file_name: "repeated.xml".to_owned(), validate_only: false };
        let report = scope(editor(), import_iati(&app, options, File::open(&file)?))
            .await
            .map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        let seconds = started.elapsed().as_secs_f64();
        let megabytes = f64::from(u32::try_from(report.totals.bytes)?) / 1e6;
        readings.abort();
        let slowest = SLOWEST.swap(0, Ordering::Relaxed);
        println!(
            "{round}: slowest audited reading {slowest} ms; {megabytes:.1} MB in {seconds:.2} s, {:.1} MB/s; {} kB idle, {} kB at most; {:?}",
            megabytes / seconds,
            idle,
            memory("VmHWM:")?,
            report.changes,
        );
    }
    Ok(())
}

/// Returns the context of an editor of every desk.
fn editor() -> Arc<RequestContext> {
    let grant = Grant {
        role: Role::Editor,
        desks: Desks::ALL,
        tier: Tier::Confidential,
        resource: None,
        expires: None,
    };
    let caller = Caller { subject: "somebody".to_owned(), grants: vec![grant], strong: true };
    let rule = Rule { roles: vec![Role::Editor], ..Rule::default() };
    let clearance = caller.clearance(0);
    Arc::new(RequestContext { caller, rule: Arc::new(rule), clearance, token: None })
}

/// Milliseconds of the slowest reading.
static SLOWEST: AtomicU64 = AtomicU64::new(0);

/// Reads what is CONFIDENTIAL again and again: each reading is recorded before it is answered.
async fn readings(app: App) -> anyhow::Result<()> {
    let chronicle = &app.records.chronicle;
    let value = Project::from_document(CONFIDENTIAL.as_bytes()).map_err(anyhow::Error::msg)?;
    // It stands already in the second round.
    let _created = chronicle.create(&Call::default(), value).await;
    let clearance = editor().clearance.clone();
    let reader =
        Reader { clearance, caller: "somebody".to_owned(), action: "projects.read".to_owned() };
    loop {
        let started = Instant::now();
        chronicle.get::<Project>("projects/told", At::Now, &reader).await?;
        let took = u64::try_from(started.elapsed().as_millis())?;
        SLOWEST.fetch_max(took, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const CONFIDENTIAL: &str = r#"{"name":"projects/told","tier":"CONFIDENTIAL","kind":"PROJECT","title":"Told","titles":[],
"descriptions":[],"status":null,"iati_identifier":"","dates":[],"participants":[],"recipients":[],"sectors":[],
"default_currency":"","amounts":[],"agreements":[],"frameworks":[],"relations":[],"external_ids":[],"note":"",
"source":{"citation":"nowhere"},"confidence":null}"#;

/// The activities of a file, several times, each time under other identifiers.
fn repeat(source: &Path, times: u32, target: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(source)?;
    let begin = text.find("<iati-activity ").context("no activity")?;
    let end = text.rfind("</iati-activities>").context("no end")?;
    let mut file = BufWriter::new(File::create(target)?);
    file.write_all(&text.as_bytes()[..begin])?;
    for time in 0..times {
        let identifier = format!("<iati-identifier>{time}-");
        file.write_all(text[begin..end].replace("<iati-identifier>", &identifier).as_bytes())?;
    }
    file.write_all(&text.as_bytes()[end..])?;
    file.flush()?;
    Ok(())
}

/// A number of kB that Linux keeps about this process.
fn memory(key: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).context("no such key")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
