//! `GetAgreement`: the suite beside the bare server, and through the gateway beside direct.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::Context;
use e2e::{Process, Suite, free_address, program};
use serde_json::Value;
use testkit::{Engine, database};

use crate::row;

const ROUNDS: usize = 5;
const SECONDS: &str = "2";

/// Calls a second of one turn of `GetAgreement`.
fn turn(address: SocketAddr) -> anyhow::Result<f64> {
    let registan = program("registan").context("registan is not built")?;
    let output = Command::new(registan)
        .args([
            "load",
            "--json",
            "--mix",
            "get=100",
            "--seconds",
            SECONDS,
            "--gateway",
            &format!("http://{address}"),
        ])
        .output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout)?;
    anyhow::ensure!(result["failed"] == 0, "calls failed: {result}");
    result["calls"][0]["rps"].as_f64().context("it printed a rate")
}

/// The median rates of several servers, measured in turns.
fn rates(addresses: &[SocketAddr]) -> anyhow::Result<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = vec![Vec::new(); addresses.len()];
    for _ in 0..ROUNDS {
        for (rates, address) in all.iter_mut().zip(addresses) {
            rates.push(turn(*address)?);
        }
    }
    Ok(all.into_iter().map(median).collect())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// On each engine: bare, direct, through the gateway.
pub async fn measure() -> anyhow::Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut databases = Vec::new();
        for _ in 0..4 {
            databases.push(database(engine).await.context("no database: run `cargo xtask bench`")?);
        }
        let suite = Suite::distributed([&databases[0].url, &databases[1].url, &databases[2].url])
            .context("not built")?;
        let address = free_address();
        let mut command = Command::new(program("bare").context("bare is not built")?);
        command.args([
            &address.to_string(),
            &databases[3].url,
            &format!("http://{}", suite.services[0].1),
        ]);
        let mut bare = Process::start(&mut command, &suite.folder.path().join("bare.log"));
        bare.wait_for(address);

        let rates = rates(&[address, suite.services[0].1, suite.address])?;

        let (direct, gateway) = (rates[1] / rates[0], rates[2] / rates[1]);
        let figure = |ratio: f64, a: f64, b: f64| format!("{ratio:.2} ({a:.0}/s to {b:.0}/s)");
        row(
            &format!("{engine:?}: GetAgreement, direct to bare"),
            &figure(direct, rates[1], rates[0]),
            "0.7",
        );
        row(
            &format!("{engine:?}: GetAgreement, gateway to direct"),
            &figure(gateway, rates[2], rates[1]),
            "0.5",
        );
    }
    Ok(())
}
