//! `GetAgreement` and a `ListAgreements` of 50: the suite beside the bare server; `GetAgreement`
//! with a token beside without, through the gateway beside direct, and beside the programs of an
//! earlier revision, which `cargo xtask bench --before REVISION` builds.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use e2e::{Process, Suite, free_address, program};
use sea_orm::ConnectionTrait;
use serde_json::Value;
use testkit::{Database, Engine, database};

use crate::row;

const ROUNDS: usize = 7;
const SECONDS: &str = "2";

/// A server to ask, and by whom.
pub struct Server {
    pub address: SocketAddr,
    pub token: Option<String>,
}

/// Calls a second of one turn of a mix of calls, such as `get=100`.
pub fn turn(server: &Server, mix: &str) -> anyhow::Result<f64> {
    let registan = program("registan").context("registan is not built")?;
    let mut load = Command::new(registan);
    load.args(["load", "--json", "--mix", mix, "--seconds", SECONDS, "--gateway"]);
    load.arg(format!("http://{}", server.address));
    if let Some(token) = &server.token {
        load.env("REGISTAN_TOKEN", token);
    }
    let output = load.output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout)?;
    anyhow::ensure!(result["failed"] == 0, "calls failed: {result}");
    result["calls"][0]["rps"].as_f64().context("it printed a rate")
}

/// Of several servers, measured in turns by a mix of calls: the rates, the median turn of each.
fn rates(servers: &[Server], mix: &str) -> anyhow::Result<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = vec![Vec::new(); servers.len()];
    for _ in 0..ROUNDS {
        for (rates, server) in all.iter_mut().zip(servers) {
            rates.push(turn(server, mix)?);
        }
    }
    Ok(all.into_iter().map(median).collect())
}

/// The median of some rates.
pub fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// A suite in processes of their own, by the programs found so, and its databases, which go after
/// it.
pub async fn suite(
    engine: Engine,
    program: impl Fn(&str) -> Option<PathBuf>,
) -> anyhow::Result<(Suite, Vec<Database>)> {
    let suite = Suite::distributed_of(program, engine).await;
    suite.context("no program or no database: run `cargo xtask bench`")
}

/// Lets PostgreSQL count what was written, as it does of itself within a minute: without, it plans
/// each call anew.
async fn analyze(engine: Engine, url: &str) -> anyhow::Result<()> {
    if engine == Engine::Postgres {
        let db = sea_orm::Database::connect(url).await?;
        db.execute_unprepared("ANALYZE").await?;
        db.close().await?;
    }
    Ok(())
}

/// On each engine: bare, direct, with a token, through the gateway, and before.
pub async fn measure() -> anyhow::Result<()> {
    let earlier = std::env::var_os("BENCH_BEFORE").map(PathBuf::from);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (suite, databases) = suite(engine, program).await?;
        let baseline = database(engine).await.context("no database")?;
        let address = free_address();
        let direct = suite.services[0].1;
        let mut command = Command::new(program("bare").context("bare is not built")?);
        command.args([&address.to_string(), &baseline.url, &format!("http://{direct}")]);
        let mut bare = Process::start(&mut command, &suite.folder.path().join("bare.log"));
        bare.wait_for(address);
        for database in databases.iter().chain([&baseline]) {
            analyze(engine, &database.url).await?;
        }
        let before = match &earlier {
            Some(folder) => Some(self::suite(engine, |name| Some(folder.join(name))).await?),
            None => None,
        };
        let token = Some(suite.token());
        let mut servers = vec![
            Server { address, token: None },
            Server { address: direct, token: None },
            Server { address: direct, token: token.clone() },
            Server { address: suite.address, token },
        ];
        let before = before.as_ref().map(|(suite, _)| suite.services[0].1);
        servers.extend(before.map(|address| Server { address, token: None }));

        let gets = rates(&servers, "get=100")?;
        let lists = rates(&servers[..2], "list=100")?;

        let compare = |what: &str, one: f64, other: f64, target: &str| {
            let measured = format!("{:.2} ({one:.0}/s to {other:.0}/s)", one / other);
            row(&format!("{engine:?}: {what}"), &measured, target);
        };
        compare("GetAgreement, direct to bare", gets[1], gets[0], "0.8");
        compare("ListAgreements of 50, direct to bare", lists[1], lists[0], "0.9");
        compare("GetAgreement, with a token to without", gets[2], gets[1], "-");
        compare("GetAgreement, gateway to direct, with a token", gets[3], gets[2], "0.5");
        if before.is_some() {
            let what = "GetAgreement, with a token and rules to before";
            compare(what, gets[2], gets[4], "0.8");
        }
    }
    Ok(())
}
