//! `registan load`: a closed-loop load generator with a mix of reads.

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

const KINDS: [(Kind, &str); 3] = [(Kind::Get, "get"), (Kind::List, "list"), (Kind::Law, "law")];

/// The calls of a caller: the microseconds of each call that was answered, and how many were not.
#[derive(Default)]
struct Tally {
    micros: [Vec<u32>; 3],
    failed: u64,
}

pub fn run(arguments: &Load) -> anyhow::Result<()> {
    let mix = parse(&arguments.mix)?;
    let (tally, seconds) = block_on(measure(arguments, &mix))?;
    print(arguments, tally, seconds)
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
    let parties = if mix.contains(&Kind::Law) { states(connection).await? } else { Vec::new() };

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
        total.failed += tally.failed;
        for (all, own) in total.micros.iter_mut().zip(tally.micros) {
            all.extend(own);
        }
    }
    Ok((total, started.elapsed().as_secs_f64()))
}

/// The names of the states there are.
async fn states(connection: Connection) -> anyhow::Result<Vec<String>> {
    let request =
        ListPartiesRequest { filter: "kind = STATE".to_owned(), ..ListPartiesRequest::default() };
    let page = PartyServiceClient::new(connection).list_parties(request).await?.into_inner();
    Ok(page.parties.into_iter().map(|party| party.name).collect())
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
                client
                    .get_agreement(GetAgreementRequest { name, ..Default::default() })
                    .await
                    .is_ok()
            }
            Kind::List => client.list_agreements(ListAgreementsRequest::default()).await.is_ok(),
            Kind::Law => {
                let party = parties.get(turn % parties.len().max(1)).cloned().unwrap_or_default();
                client
                    .get_legal_basis(GetLegalBasisRequest { party, ..Default::default() })
                    .await
                    .is_ok()
            }
        };
        let micros = u32::try_from(called.elapsed().as_micros()).unwrap_or(u32::MAX);
        let place = KINDS.iter().position(|(known, _)| *known == kind).unwrap_or(0);
        if answered {
            tally.micros[place].push(micros);
        } else {
            tally.failed += 1;
        }
    }
    tally
}

fn print(arguments: &Load, mut tally: Tally, seconds: f64) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut all: Vec<u32> = tally.micros.iter().flatten().copied().collect();
    rows.push(row("all", &mut all, seconds));
    for ((_, word), micros) in KINDS.iter().zip(&mut tally.micros) {
        if !micros.is_empty() {
            rows.push(row(word, micros, seconds));
        }
    }
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", json!({ "seconds": seconds, "failed": tally.failed, "calls": rows }))?;
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
    writeln!(out, "{} calls failed, {} callers, {seconds:.1} s", tally.failed, arguments.callers)?;
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
