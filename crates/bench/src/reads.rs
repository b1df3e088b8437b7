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
const SECONDS: u32 = 2;

/// A server to ask, and by whom.
#[derive(Clone)]
pub struct Server {
    address: SocketAddr,
    token: Option<String>,
    /// The file of the authorities that vouch for it, if it is asked by TLS.
    authorities: Option<PathBuf>,
}

impl Server {
    /// One that is asked without a token.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, token: None, authorities: None }
    }

    /// The same, asked with a token.
    pub fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    /// The same, asked by TLS.
    pub fn trusting(self, authorities: PathBuf) -> Self {
        Self { authorities: Some(authorities), ..self }
    }

    /// A turn of `registan load` that asks it for a mix of calls, such as `get=100`.
    pub fn load(&self, mix: &str, seconds: u32) -> anyhow::Result<Command> {
        let registan = program("registan").context("registan is not built")?;
        let scheme = if self.authorities.is_some() { "https" } else { "http" };
        let mut load = Command::new(registan);
        load.args(["load", "--json", "--mix", mix, "--seconds", &seconds.to_string()]);
        load.args(["--gateway", &format!("{scheme}://{}", self.address)]);
        if let Some(file) = &self.authorities {
            load.arg("--ca").arg(file);
        }
        load.envs(self.token.as_ref().map(|token| ("REGISTAN_TOKEN", token)));
        Ok(load)
    }
}

/// The result of a load: how many calls were answered, and how many a second.
pub fn answered(load: &mut Command) -> anyhow::Result<[f64; 2]> {
    let output = load.output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout)?;
    anyhow::ensure!(result["failed"] == 0, "calls failed: {result}");
    let number = |key: &str| result["calls"][0][key].as_f64().context("it printed a number");
    Ok([number("answered")?, number("rps")?])
}

/// Calls a second of one turn of a mix of calls.
pub fn turn(server: &Server, mix: &str) -> anyhow::Result<f64> {
    answered(&mut server.load(mix, SECONDS)?).map(|[_, rate]| rate)
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
        let mut servers = vec![
            Server::at(address),
            Server::at(direct),
            Server::at(direct).with_token(suite.token()),
            Server::at(suite.address).with_token(suite.token()),
        ];
        let before = before.as_ref().map(|(suite, _)| suite.services[0].1);
        servers.extend(before.map(Server::at));

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
