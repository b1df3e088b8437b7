//! The restore drill: a backup is made while clients write, the database is destroyed, the backup
//! is restored, and everything is compared with what was acknowledged and what was noted.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;
use testkit::Engine;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;
use tonic::Code;
use tonic_types::StatusExt;

use super::databases::{NAME, administer};
use super::parties::{Parties, Titles};
use super::system::{System, Victim};
use crate::process::program;

/// The plan of the drill.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The engine of the database.
    pub engine: Engine,
    /// Clients that write at the same time.
    pub writers: usize,
    /// How long they write before the backup begins, and after it has ended.
    pub pause: Duration,
}

/// The report of the drill.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    /// Writes acknowledged before the backup began, while it was made, and after it.
    acknowledged: [usize; 3],
    /// Writes of before that the restored record does not have.
    missing: usize,
    /// Resources of the restored record that nobody wrote, or one that is not its own state.
    invented: usize,
    /// Acknowledged writes that are lost.
    lost: usize,
    /// The number that `registan verify --expect` names.
    named: usize,
    /// Tokens of before the backup that do not hold, and of after it that do.
    tokens: Vec<String>,
    backup: Duration,
    restore: Duration,
}

/// The writes that were acknowledged, in their order.
type Acknowledged = Arc<Mutex<Vec<String>>>;

/// The checkpoint that a check printed: its number of changes, and its text.
pub struct Noted(pub usize, pub String);

/// Runs a drill. Nothing where PostgreSQL or the program is not there.
pub async fn run(plan: Plan) -> anyhow::Result<Option<Report>> {
    let Some(mut system) = System::start(plan.engine, 1).await? else { return Ok(None) };
    let backup = system.folder.path().join("backup");
    let (acknowledged, stop) = (Acknowledged::default(), Arc::new(AtomicBool::new(false)));
    let mut writers = JoinSet::new();
    for place in 0..plan.writers {
        let (acknowledged, stop) = (Arc::clone(&acknowledged), Arc::clone(&stop));
        writers.spawn(write(system.addresses[0], place, acknowledged, stop));
    }
    sleep(plan.pause).await;
    let mut parties = Parties::at(system.addresses[0])?;
    let before = Given::by(&mut parties).await?;
    let first = names(&acknowledged);
    let made = timed(command(&system, &["backup"])?, &backup).await?;
    let during = names(&acknowledged).len() - first.len();
    sleep(plan.pause).await;
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    let later = verified(&system, None)?;
    let after = Given::by(&mut parties).await?;

    destroy(&mut system).await?;
    let restored = timed(command(&system, &["restore"])?, &backup).await?;
    let at_backup = manifest(&backup)?;
    let found = verified(&system, Some(&at_backup.1))?;
    ensure!(found.1 == at_backup.1, "the record ends elsewhere than the backup says");
    let named = named_loss(&system, &later)?;
    system.start_again(Victim::Service(0));
    system.wait_until_it_answers(Victim::Service(0)).await?;

    let mut parties = Parties::at(system.addresses[0])?;
    let titles = parties.rest(String::new(), None).await?;
    let all = names(&acknowledged);
    let lost: Vec<_> = all.iter().filter(|name| !titles.contains_key(*name)).collect();
    let known: BTreeSet<_> = all.iter().collect();
    // Each change of this record is a new party: the backup has neither more nor less of them.
    let invented = titles.keys().filter(|name| !known.contains(name)).count()
        + titles.len().abs_diff(at_backup.0);
    let tokens = tokens(&mut parties, before, after, lost.first().copied()).await?;
    system.verify()?;
    Ok(Some(Report {
        plan,
        acknowledged: [first.len(), during, all.len() - during - first.len()],
        missing: first.iter().filter(|name| !titles.contains_key(*name)).count(),
        invented,
        lost: lost.len(),
        named,
        tokens,
        backup: made,
        restore: restored,
    }))
}

fn names(acknowledged: &Acknowledged) -> Vec<String> {
    acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Creates parties until it is told to stop.
async fn write(
    address: SocketAddr,
    place: usize,
    acknowledged: Acknowledged,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let mut parties = Parties::at(address)?;
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let party = parties.create_once(&format!("w{place}-{number}"), "written").await?;
        acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(party.name);
    }
    Ok(())
}

/// A command of an operator, to be run on the database of a system.
fn command(system: &System, arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(program("registan").context("it was built")?);
    command.args(arguments).env("REGISTAN_DATABASE_URL", &system.url);
    Ok(command)
}

/// Runs a command on a backup of the service; returns how long that took.
async fn timed(mut command: Command, backup: &Path) -> anyhow::Result<Duration> {
    command.arg(backup).arg("agreements");
    let begin = Instant::now();
    let output = spawn_blocking(move || command.output()).await??;
    let said = [output.stdout, output.stderr].concat();
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&said).trim());
    Ok(begin.elapsed())
}

/// Verifies the record, against a checkpoint if there is one.
pub fn verified(system: &System, expect: Option<&str>) -> anyhow::Result<Noted> {
    let mut command = command(system, &["verify", "agreements"])?;
    command.args(expect.iter().flat_map(|checkpoint| ["--expect", checkpoint]));
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "verify: {said}");
    let text = said.trim().rsplit_once("checkpoint ").context("no checkpoint was printed")?.1;
    noted(text)
}

fn noted(text: &str) -> anyhow::Result<Noted> {
    let seq = text.split(':').next().unwrap_or_default().parse()?;
    Ok(Noted(seq, text.to_owned()))
}

/// The checkpoint that the backup holds.
fn manifest(backup: &Path) -> anyhow::Result<Noted> {
    let manifest: Value = serde_json::from_slice(&fs::read(backup.join("manifest.json"))?)?;
    noted(manifest["parts"][0]["checkpoint"].as_str().unwrap_or_default())
}

/// The number of changes that a check names as lost, against a checkpoint that was noted after the
/// backup.
pub fn named_loss(system: &System, later: &Noted) -> anyhow::Result<usize> {
    let output = command(system, &["verify", "agreements", "--expect", &later.1])?.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(1), "a loss is not named: {said}");
    let (before, _) = said.split_once(" changes are lost").context(said.clone())?;
    Ok(before.rsplit(' ').next().unwrap_or_default().parse()?)
}

/// Leaves nothing of the database, and for PostgreSQL an empty one in its place.
async fn destroy(system: &mut System) -> anyhow::Result<()> {
    system.kill(Victim::Service(0), &mut fastrand::Rng::new())?;
    match system.engine {
        Engine::Sqlite => Ok(fs::remove_dir_all(system.folder.path().join("data"))
            .and_then(|()| fs::create_dir(system.folder.path().join("data")))?),
        Engine::Postgres => {
            let drop = format!("DROP DATABASE {NAME} WITH (FORCE)");
            administer(&system.url, &[&drop, &format!("CREATE DATABASE {NAME}")]).await
        }
    }
}

/// The tokens of a list, and the answer that they were given with.
struct Given {
    resume: String,
    page: String,
    known: Titles,
}

impl Given {
    async fn by(parties: &mut Parties) -> anyhow::Result<Self> {
        let page = parties.page(1, "", None).await?;
        let known = parties.rest(String::new(), page.read_time).await?;
        Ok(Self { resume: page.resume_token, page: page.next, known })
    }
}

/// In words, which tokens do not what they should. A write that was lost is made again.
async fn tokens(
    parties: &mut Parties,
    before: Given,
    after: Given,
    lost: Option<&String>,
) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let page = parties.page(1, &after.page, None).await.map(drop);
    for (what, answer) in
        [("page", page), ("watch", parties.resume(&after.resume, &after.known).await)]
    {
        let error = answer.err();
        let reason = error.as_ref().and_then(StatusExt::get_details_error_info);
        let is_right = reason.is_some_and(|info| info.reason == "RECORD_WENT_BACK");
        if !is_right || error.as_ref().is_none_or(|status| status.code() != Code::OutOfRange) {
            wrong.push(format!("a lost {what} token: {error:?}"));
        }
    }
    if let Some(name) = lost {
        let id = name.trim_start_matches("parties/");
        if let Err(status) = parties.create(id, "written again").await {
            wrong.push(format!("a lost write is not made again: {status}"));
        }
    }
    let end = parties.create("last", "the last one").await?.name;
    let Given { mut resume, mut known, page } = before;
    if let Err(status) = parties.page(1, &page, None).await {
        wrong.push(format!("a page token of before: {status}"));
    }
    match parties.follow(&mut resume, &mut known, &end).await {
        Ok(()) if known == parties.rest(String::new(), None).await? => {}
        Ok(()) => wrong.push("a watch of before knows other than is listed".to_owned()),
        Err(status) => wrong.push(format!("a watch of before: {status}")),
    }
    Ok(wrong)
}

impl Report {
    /// Returns whether nothing of before the backup is lost, nothing is there that was not written,
    /// the loss is named as it is, and tokens do what they should.
    pub fn is_good(&self) -> bool {
        let wrote = self.acknowledged.iter().all(|count| *count > 0);
        let whole = self.missing == 0 && self.invented == 0 && self.tokens.is_empty();
        wrote && whole && self.lost > 0 && self.named == self.lost
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { engine, writers, .. } = self.plan;
        let [before, during, after] = self.acknowledged;
        writeln!(
            f,
            "{engine:?}, {writers} writers: {before} writes acknowledged before the backup, {during} while it was made \
             ({:.1} s), {after} after it",
            self.backup.as_secs_f64()
        )?;
        writeln!(
            f,
            "  restored and verified in {:.1} s: {} of those before missing, {} resources that were not written",
            self.restore.as_secs_f64(),
            self.missing,
            self.invented
        )?;
        writeln!(f, "  {} acknowledged writes lost, {} named by verify", self.lost, self.named)?;
        self.tokens.iter().try_for_each(|token| writeln!(f, "  {token}"))
    }
}
