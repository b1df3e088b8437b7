//! `registan load`: a closed-loop load generator with a mix of reads.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    GetAgreementRequest, GetLegalBasisRequest, ListAgreementsRequest, ListPartiesRequest,
};
use chassis::client::Connection;
use chassis::process::block_on;
use serde_json::json;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::cli::Load;
use crate::refused::refused;

/// Callers that share one connection: HTTP/2 carries many calls, one task drives each connection.
const CALLERS_A_CONNECTION: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Get,
    List,
    Law,
}

/// The most parties whose law is asked.
const MAX_PARTIES: usize = 50;
/// More than there are states.
const ALL: i32 = 1000;

const KINDS: [(Kind, &str); 3] = [(Kind::Get, "get"), (Kind::List, "list"), (Kind::Law, "law")];

/// The calls of a caller: the microseconds of each call that was answered, and those that were not.
#[derive(Default)]
struct Tally {
    micros: [Vec<u32>; 3],
    failures: BTreeMap<(&'static str, i32), Failures>,
}

/// The calls of a kind that failed with one code: how many, and the first error.
struct Failures {
    count: u64,
    first: Status,
}

impl Tally {
    fn failed(&mut self, kind: &'static str, count: u64, first: Status) {
        let failures = self.failures.entry((kind, first.code().into()));
        failures.or_insert(Failures { count: 0, first }).count += count;
    }

    fn add(&mut self, other: Self) {
        for (all, own) in self.micros.iter_mut().zip(other.micros) {
            all.extend(own);
        }
        for ((kind, _), Failures { count, first }) in other.failures {
            self.failed(kind, count, first);
        }
    }

    fn failures(&self) -> u64 {
        self.failures.values().map(|it| it.count).sum()
    }
}

pub fn run(arguments: &Load) -> anyhow::Result<()> {
    let mix = parse(&arguments.mix)?;
    let (tally, seconds) = block_on(measure(arguments, &mix))?;
    report(&mut std::io::stdout().lock(), arguments, tally, seconds)
}

/// `get=80,list=15,law=5` → one entry a part.
fn parse(mix: &str) -> anyhow::Result<Vec<Kind>> {
    let mut calls = Vec::new();
    for part in mix.split(',') {
        let wanted = part.split_once('=').and_then(|(word, share)| {
            let kind = KINDS.iter().find(|(_, known)| *known == word)?.0;
            Some((kind, share.parse::<usize>().ok().filter(|share| *share <= 1000)?))
        });
        let Some((kind, share)) = wanted else {
            anyhow::bail!("--mix: `{part}` is not like get=80; known are get, list and law");
        };
        calls.extend(std::iter::repeat_n(kind, share));
    }
    anyhow::ensure!(!calls.is_empty(), "--mix: there is nothing to call");
    Ok(calls)
}

/// Runs all callers for the time given.
async fn measure(arguments: &Load, mix: &[Kind]) -> anyhow::Result<(Tally, f64)> {
    let connection = arguments.reach.reader()?;
    let list = ListAgreementsRequest { page_size: 1000, ..ListAgreementsRequest::default() };
    let page = AgreementServiceClient::new(connection.clone()).list_agreements(list).await;
    let page = page.map_err(|status| refused(&status, &arguments.reach.gateway))?.into_inner();
    let names: Vec<String> = page.agreements.into_iter().map(|agreement| agreement.name).collect();
    anyhow::ensure!(
        !names.is_empty(),
        "the suite at {} holds no agreements to read",
        arguments.reach.gateway
    );
    let parties = if mix.contains(&Kind::Law) {
        let parties = states(connection).await;
        parties.map_err(|status| refused(&status, &arguments.reach.gateway))?
    } else {
        Vec::new()
    };
    anyhow::ensure!(
        !parties.is_empty() || !mix.contains(&Kind::Law),
        "the suite at {} serves the law of no state: leave it out, as --mix get=80,list=20",
        arguments.reach.gateway
    );

    let started = Instant::now();
    let until = started + Duration::from_secs(arguments.seconds);
    let mut callers = JoinSet::new();
    let mut connection = arguments.reach.reader()?;
    for number in 0..usize::from(arguments.callers) {
        if number % CALLERS_A_CONNECTION == 0 {
            connection = arguments.reach.reader()?;
        }
        let (client, mix) = (AgreementServiceClient::new(connection.clone()), mix.to_vec());
        callers.spawn(caller(client, mix, names.clone(), parties.clone(), number, until));
    }
    let mut total = Tally::default();
    for tally in callers.join_all().await {
        total.add(tally);
    }
    Ok((total, started.elapsed().as_secs_f64()))
}

/// The names of the states whose law is served. A member of the Union has none of its own.
async fn states(connection: Connection) -> Result<Vec<String>, Status> {
    let (filter, page_size) = ("kind = STATE".to_owned(), ALL);
    let request = ListPartiesRequest { filter, page_size, ..ListPartiesRequest::default() };
    let mut parties = PartyServiceClient::new(connection.clone());
    let page = parties.list_parties(request).await?.into_inner();
    let mut client = AgreementServiceClient::new(connection);
    let mut served = Vec::new();
    for party in page.parties.into_iter().map(|party| party.name) {
        let request = GetLegalBasisRequest { party: party.clone(), ..Default::default() };
        match client.get_legal_basis(request).await {
            Ok(_) => served.push(party),
            Err(status) if status.code() == Code::InvalidArgument => {}
            Err(status) => return Err(status),
        }
        if served.len() == MAX_PARTIES {
            break;
        }
    }
    Ok(served)
}

/// One call at a time until the time is over.
async fn caller(
    mut client: AgreementServiceClient<Connection>,
    mix: Vec<Kind>,
    names: Vec<String>,
    parties: Vec<String>,
    number: usize,
    until: Instant,
) -> Tally {
    let mut tally = Tally::default();
    // A step that has no divisor in common with common mixes visits all their parts.
    let mut turn = number * 7919;
    while Instant::now() < until {
        turn += 7919;
        let kind = mix[turn % mix.len()];
        let called = Instant::now();
        let answered = match kind {
            Kind::Get => {
                let name = names[turn % names.len()].clone();
                let request = GetAgreementRequest { name, ..Default::default() };
                client.get_agreement(request).await.map(drop)
            }
            Kind::List => client.list_agreements(ListAgreementsRequest::default()).await.map(drop),
            Kind::Law => {
                let party = parties.get(turn % parties.len().max(1)).cloned().unwrap_or_default();
                let request = GetLegalBasisRequest { party, ..Default::default() };
                client.get_legal_basis(request).await.map(drop)
            }
        };
        let micros = u32::try_from(called.elapsed().as_micros()).unwrap_or(u32::MAX);
        let place = KINDS.iter().position(|(known, _)| *known == kind).unwrap_or(0);
        match answered {
            Ok(()) => tally.micros[place].push(micros),
            Err(status) => tally.failed(KINDS[place].1, 1, status),
        }
    }
    tally
}

/// Prints the result; an error where calls failed.
fn report(
    out: &mut impl Write,
    arguments: &Load,
    tally: Tally,
    seconds: f64,
) -> anyhow::Result<()> {
    let failed = tally.failures();
    print(out, arguments, tally, seconds)?;
    anyhow::ensure!(
        failed == 0,
        "{failed} calls failed: the first error of each kind is printed with the result"
    );
    Ok(())
}

fn print(
    out: &mut impl Write,
    arguments: &Load,
    mut tally: Tally,
    seconds: f64,
) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut all: Vec<u32> = tally.micros.iter().flatten().copied().collect();
    rows.push(row("all", &mut all, seconds));
    for ((_, word), micros) in KINDS.iter().zip(&mut tally.micros) {
        if !micros.is_empty() {
            rows.push(row(word, micros, seconds));
        }
    }
    let gateway = &arguments.reach.gateway;
    let failures: Vec<_> = tally
        .failures
        .iter()
        .map(|((call, _), it)| (call, it.count, refused(&it.first, gateway).to_string()))
        .collect();
    if arguments.json {
        let failed = tally.failures();
        let mut all = json!({ "seconds": seconds, "failed": failed, "calls": rows });
        let failures = failures
            .iter()
            .map(|(call, count, first)| json!({ "call": call, "failed": count, "first": first }));
        all["failures"] = failures.collect();
        writeln!(out, "{all}")?;
        return Ok(());
    }
    writeln!(
        out,
        "{:>6} {:>10} {:>12} {:>10} {:>10}",
        "call", "answered", "a second", "p50 µs", "p99 µs"
    )?;
    for row in rows {
        let (call, rate) =
            (row["call"].as_str().unwrap_or_default(), row["rps"].as_f64().unwrap_or_default());
        writeln!(
            out,
            "{call:>6} {:>10} {rate:>12.0} {:>10} {:>10}",
            row["answered"], row["p50_us"], row["p99_us"]
        )?;
    }
    for (call, count, first) in &failures {
        writeln!(out, "{count} calls of {call} failed, the first with {first}")?;
    }
    let failed = tally.failures();
    writeln!(out, "{failed} calls failed, {} callers, {seconds:.1} s", arguments.callers)?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a count of calls is far below 2^52")]
fn row(call: &str, micros: &mut [u32], seconds: f64) -> serde_json::Value {
    micros.sort_unstable();
    let at = |percent: usize| {
        micros.get(micros.len() * percent / 100).or(micros.last()).copied().unwrap_or(0)
    };
    let rps = (micros.len() as f64 / seconds).round();
    json!({ "call": call, "answered": micros.len(), "rps": rps, "p50_us": at(50), "p99_us": at(99) })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn reported(typed: &[&str], tally: Tally) -> (String, anyhow::Result<()>) {
        let typed = ["registan", "load"].iter().chain(typed);
        let Command::Load(arguments) = Cli::parse_from(typed).command else { panic!("a load") };
        let mut out = Vec::new();
        let reported = report(&mut out, &arguments, tally, 1.0);
        (String::from_utf8(out).unwrap(), reported)
    }

    fn tally() -> Tally {
        let mut tally = Tally::default();
        tally.micros[0].push(7);
        tally
    }

    #[test]
    fn calls_that_failed_fail_the_command_with_the_first_error_of_each_kind() {
        let mut tally = tally();
        tally.failed("law", 1, Status::invalid_argument("one"));
        tally.failed("law", 1, Status::invalid_argument("two"));
        let mut other = Tally::default();
        other.failed("law", 3, Status::invalid_argument("three"));
        other.failed("law", 1, Status::internal("four"));
        tally.add(other);

        let (text, reported) = reported(&[], tally);

        assert!(text.contains("5 calls of law failed, the first with InvalidArgument: one\n"));
        assert!(text.contains("1 calls of law failed, the first with Internal: four\n"), "{text}");
        assert!(reported.unwrap_err().to_string().starts_with("6 calls failed: "));
    }

    #[test]
    fn a_load_without_failures_succeeds() {
        let (text, reported) = reported(&["--json"], tally());

        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&value["failed"], &value["calls"][1]["answered"]), (&json!(0), &json!(1)));
        assert!(reported.is_ok());
    }
}
