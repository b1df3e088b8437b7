//! The restore storm: the database goes back to an older copy, other writes are made, and then
//! everything is used that was given out in the future that was lost: etags, page tokens, resume
//! tokens, read times.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use prost_types::Timestamp;
use testkit::Engine;
use tonic::{Code, Status};

use super::copies::Copied;
use super::parties::{Parties, Titles, is_broken};
use super::system::System;

/// Parties of each round that are there before the copy is taken, and that only the lost future
/// has.
const PARTIES: usize = 12;
const LATER: usize = 4;
/// Items of a page whose token is kept: fewer than there are.
const PAGE: i32 = 5;
/// Tries to go on after the connection of a watch broke.
const TRIES: usize = 50;

/// The plan of the storm.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The engine of the database.
    pub engine: Engine,
    /// How often the database goes back.
    pub rounds: usize,
    /// Decides what is written, and whether the service runs meanwhile.
    pub seed: u64,
}

/// The count of what was used, and the faults of its answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Uses of what the lost future gave out.
    pub lost: usize,
    /// Uses of what was given out before the copy.
    pub past: usize,
    /// Writes with an etag of the lost future that were accepted.
    pub stale: Vec<String>,
    /// Tokens of the lost future that were accepted, or refused with another code or without a
    /// reason.
    pub tokens: Vec<String>,
    /// Answers to a read time of the lost future other than they were then.
    pub other_answers: Vec<String>,
    /// The tokens returned before the copy that no longer hold.
    pub refused: Vec<String>,
    /// Watches that went on and left their watcher with something else than is listed.
    pub differing: Vec<String>,
}

/// The report of the storm.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    running: usize,
    tally: Tally,
    duration: Duration,
}

/// The tokens returned up to an instant.
#[derive(Default)]
struct Given {
    etags: Vec<(String, String)>,
    page_tokens: Vec<(String, Titles)>,
    resume_tokens: Vec<(String, Titles)>,
    read_times: Vec<(Option<Timestamp>, Titles)>,
}

/// Runs a storm. Nothing where PostgreSQL or the program is not there.
pub async fn run(plan: Plan) -> anyhow::Result<Option<Report>> {
    let begin = Instant::now();
    let Some(mut system) = System::start(plan.engine, 1).await? else { return Ok(None) };
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let (mut tally, mut running) = (Tally::default(), 0);
    for number in 1..=plan.rounds {
        let runs = plan.engine == Engine::Postgres && random.bool();
        running += usize::from(runs);
        round(&mut system, number, runs, &mut random, &mut tally).await?;
        if number % 5 == 0 {
            eprintln!("{:?}: {number} of {} rounds", plan.engine, plan.rounds);
        }
    }
    system.verify()?;
    Ok(Some(Report { plan, running, tally, duration: begin.elapsed() }))
}

async fn round(
    system: &mut System,
    number: usize,
    running: bool,
    random: &mut fastrand::Rng,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let mut parties = Parties::at(system.addresses[0])?;
    let mut names = Vec::new();
    for place in 0..PARTIES {
        let id = format!("r{number}-{place}");
        names.push(parties.create(&id, "before").await?.name);
    }
    let past = given(&mut parties, Vec::new()).await?;
    let copied = Copied::take(system, &format!("copy_{number}")).await?;

    let mut etags = Vec::new();
    let mut lost = Given::default();
    for step in 0..random.usize(1..4) {
        etags.extend(write(&mut parties, number, &names, &format!("lost {step}")).await?);
        let more = given(&mut parties, Vec::new()).await?;
        lost.page_tokens.extend(more.page_tokens);
        lost.resume_tokens.extend(more.resume_tokens);
        lost.read_times.extend(more.read_times);
    }
    lost.etags = etags;
    // Somebody watches while the database goes back.
    let (mut token, mut known) = lost.resume_tokens.last().cloned().context("a list was made")?;
    // On a connection of its own: what it finds while the service is away must not be told to the
    // others.
    let (end, mut watching) =
        (format!("parties/r{number}-last"), Parties::at(system.addresses[0])?);
    let watch = tokio::spawn(async move {
        let mut ended = Ok(());
        for _ in 0..TRIES {
            ended = watching.follow(&mut token, &mut known, &end).await;
            match &ended {
                Err(status) if is_broken(status) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                _ => break,
            }
        }
        (ended, known)
    });
    copied.put_back(system, running).await?;
    let mut parties = Parties::at(system.addresses[0])?;

    use_lost(&mut parties, &lost, tally).await;
    let steps = random.usize(1..4);
    for step in 0..steps {
        write(&mut parties, number, &names, &format!("other {step}")).await?;
    }
    use_lost(&mut parties, &lost, tally).await;
    parties.create(&format!("r{number}-last"), "the last one").await?;
    use_past(&mut parties, &past, number, tally).await?;
    let (ended, known) = watch.await?;
    let listed = parties.rest(String::new(), None).await?;
    judge_watch("a watch that was open", &ended, &known, &listed, tally);
    Ok(())
}

/// Changes, creates and deletes; returns the etags that this gave out, by name. What goes back
/// makes the same once more, with another title: the second versions before and after have one
/// number.
async fn write(
    parties: &mut Parties,
    round: usize,
    names: &[String],
    title: &str,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut etags = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let written = match place % 4 {
            0 => continue,
            _ => parties.update(name, title, "").await?,
        };
        etags.push((written.name, written.etag));
    }
    for place in 0..LATER {
        let id = format!("r{round}-later-{place}");
        let written = match parties.create(&id, title).await {
            Err(status) if status.code() == Code::AlreadyExists => {
                parties.update(&format!("parties/{id}"), title, "").await?
            }
            other => other?,
        };
        etags.push((written.name, written.etag));
    }
    Ok(etags)
}

async fn given(parties: &mut Parties, etags: Vec<(String, String)>) -> anyhow::Result<Given> {
    let whole = parties.rest(String::new(), None).await?;
    let page = parties.page(PAGE, "", None).await?;
    ensure!(!page.next.is_empty(), "the list has one page");
    let rest = parties.rest(page.next.clone(), None).await?;
    Ok(Given {
        etags,
        page_tokens: vec![(page.next, rest)],
        resume_tokens: vec![(page.resume_token, whole.clone())],
        read_times: vec![(page.read_time, whole)],
    })
}

async fn use_lost(parties: &mut Parties, lost: &Given, tally: &mut Tally) {
    for (name, etag) in &lost.etags {
        tally.lost += 1;
        judge_write(name, &parties.update(name, "stale", etag).await.map(|_| ()), tally);
    }
    for (token, _) in &lost.page_tokens {
        tally.lost += 1;
        let answer = parties.page(PAGE, token, None).await.map(|_| ());
        judge_token("a page token", &answer, tally);
    }
    for (token, known) in &lost.resume_tokens {
        tally.lost += 1;
        judge_token("a resume token", &parties.resume(token, known).await, tally);
    }
    for (read_time, then) in &lost.read_times {
        tally.lost += 1;
        judge_reading(then, &parties.rest(String::new(), *read_time).await, tally);
    }
}

async fn use_past(
    parties: &mut Parties,
    past: &Given,
    round: usize,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    for (token, then) in &past.page_tokens {
        tally.past += 1;
        judge_past("a page token", then, &parties.rest(token.clone(), None).await, tally);
    }
    for (read_time, then) in &past.read_times {
        tally.past += 1;
        judge_past("a read time", then, &parties.rest(String::new(), *read_time).await, tally);
    }
    for (token, then) in &past.resume_tokens {
        tally.past += 1;
        let (mut token, mut known) = (token.clone(), then.clone());
        let last = format!("parties/r{round}-last");
        match parties.follow(&mut token, &mut known, &last).await {
            Err(status) => tally.refused.push(format!("a resume token: {status}")),
            ended => {
                let listed = parties.rest(String::new(), None).await?;
                judge_watch("a watch from before", &ended, &known, &listed, tally);
            }
        }
    }
    Ok(())
}

/// A write with an etag of the lost future.
fn judge_write(name: &str, answer: &Result<(), Status>, tally: &mut Tally) {
    match answer.as_ref().map_err(Status::code) {
        // What only the lost future had is not found.
        Err(Code::Aborted | Code::NotFound) => {}
        Ok(()) => tally.stale.push(format!("{name}: accepted")),
        Err(code) => tally.stale.push(format!("{name}: {code:?}")),
    }
}

/// A token of the lost future.
fn judge_token(what: &str, answer: &Result<(), Status>, tally: &mut Tally) {
    use tonic_types::StatusExt;
    match answer {
        Ok(()) => tally.tokens.push(format!("{what}: accepted")),
        Err(status) => {
            let details = status.get_error_details();
            let has_reason = details.error_info().is_some() || details.bad_request().is_some();
            let is_right = matches!(status.code(), Code::OutOfRange | Code::InvalidArgument);
            if !is_right || !has_reason {
                tally.tokens.push(format!("{what}: {status}"));
            }
        }
    }
}

/// A read time of the lost future: the answer that was given then, or none.
fn judge_reading(then: &Titles, answer: &Result<Titles, Status>, tally: &mut Tally) {
    if let Ok(now) = answer
        && now != then
    {
        let differ = then.iter().filter(|(name, title)| now.get(*name) != Some(title)).count();
        tally.other_answers.push(format!("{differ} of {} parties differ", then.len()));
    }
}

/// Checks that what was returned before the copy holds for ever.
fn judge_past(what: &str, then: &Titles, answer: &Result<Titles, Status>, tally: &mut Tally) {
    match answer {
        Ok(now) if now == then => {}
        Ok(_) => tally.refused.push(format!("{what}: another answer")),
        Err(status) => tally.refused.push(format!("{what}: {status}")),
    }
}

/// A watch ends with `OUT_OF_RANGE`, or leaves its watcher with what is listed.
fn judge_watch(
    what: &str,
    ended: &Result<(), Status>,
    known: &Titles,
    listed: &Titles,
    tally: &mut Tally,
) {
    match ended {
        Ok(()) if known == listed => {}
        Ok(()) => tally.differing.push(format!("{what}: other than listed")),
        Err(status) if status.code() == Code::OutOfRange => {}
        Err(status) => tally.differing.push(format!("{what}: {status}")),
    }
}

impl Report {
    /// Returns whether nothing stale was accepted, and nothing lost was taken for what is.
    pub fn is_good(&self) -> bool {
        let Tally { stale, tokens, refused, differing, .. } = &self.tally;
        [stale, tokens, refused, differing].iter().all(|found| found.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { engine, rounds, seed } = self.plan;
        let Tally { lost, past, stale, tokens, other_answers, refused, differing } = &self.tally;
        let seconds = self.duration.as_secs_f64();
        writeln!(
            f,
            "{engine:?}: the database went back {rounds} times, {} of them under a running service, seed {seed}, {seconds:.0} s",
            self.running
        )?;
        writeln!(
            f,
            "  {lost} uses of what the lost future gave out, {past} of what was there before"
        )?;
        writeln!(
            f,
            "  {} stale writes accepted, {} tokens of the lost future accepted, {} of before refused, {} watches other than listed",
            stale.len(),
            tokens.len(),
            refused.len(),
            differing.len()
        )?;
        writeln!(f, "  {} other answers to a read time of the lost future", other_answers.len())?;
        for found in [stale, tokens, refused, differing, other_answers] {
            for one in found.iter().take(3) {
                writeln!(f, "  {one}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    fn with_reason(code: Code) -> Status {
        let details = ErrorDetails::with_error_info("GONE", "registan", HashMap::new());
        Status::with_error_details(code, "gone", details)
    }

    fn counts(tally: &Tally) -> [usize; 5] {
        let Tally { stale, tokens, other_answers, refused, differing, .. } = tally;
        [stale, tokens, other_answers, refused, differing].map(Vec::len)
    }

    #[test]
    fn what_is_refused_well_is_not_complained_of() {
        let (mut tally, titles) = (Tally::default(), Titles::new());

        judge_write("a", &Err(with_reason(Code::Aborted)), &mut tally);
        judge_token("a", &Err(with_reason(Code::OutOfRange)), &mut tally);
        judge_reading(&titles, &Err(with_reason(Code::OutOfRange)), &mut tally);
        judge_reading(&titles, &Ok(titles.clone()), &mut tally);
        judge_past("a", &titles, &Ok(titles.clone()), &mut tally);
        judge_watch("a", &Err(with_reason(Code::OutOfRange)), &titles, &titles, &mut tally);

        assert_eq!(counts(&tally), [0; 5]);
    }

    #[test]
    fn every_wrong_answer_is_found() {
        let (mut tally, titles) = (Tally::default(), Titles::new());
        let other: Titles = [("a".to_owned(), "b".to_owned())].into();

        judge_write("a", &Ok(()), &mut tally);
        judge_write("a", &Err(with_reason(Code::Internal)), &mut tally);
        judge_token("a", &Ok(()), &mut tally);
        judge_token("a", &Err(with_reason(Code::Internal)), &mut tally);
        judge_token("a", &Err(Status::out_of_range("without a reason")), &mut tally);
        judge_reading(&titles, &Ok(other.clone()), &mut tally);
        judge_past("a", &titles, &Ok(other.clone()), &mut tally);
        judge_past("a", &titles, &Err(with_reason(Code::OutOfRange)), &mut tally);
        judge_watch("a", &Ok(()), &titles, &other, &mut tally);

        assert_eq!(counts(&tally), [2, 3, 1, 2, 1]);
    }
}
