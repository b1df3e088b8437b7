//! `GetAgreement` passed on by the gateway, beside haproxy and nginx in front of the same service:
//! calls a second, and the CPU of a call.
//!
//! All are asked by the same callers with the same token. The gateway verifies it; haproxy and
//! nginx only pass it on. They have as many threads or workers as the gateway, HTTP/2 and open
//! connections at both sides, and no log. What is behind is the same for all, so one engine will
//! do: SQLite leaves most of the cores to what is measured.

mod balancers;

use anyhow::Context;
use e2e::{Process, program};
use testkit::Engine;

use self::balancers::Balancer;
use crate::reads::{Server, answered, suite};
use crate::row;
use crate::turns::{in_turns, print};

/// Callers on four connections, so that no worker is without one.
const CALLERS: &str = "64";
/// Of a turn.
const SECONDS: u32 = 2;
/// Of the clock in `/proc/PID/stat`.
const TICKS_A_SECOND: f64 = 100.0;

/// The gateway beside each of the two, in turns.
pub async fn measure() -> anyhow::Result<()> {
    let (suite, _databases) = suite(Engine::Sqlite, program).await?;
    let service = suite.services[0].1;
    let gateway = suite.processes.last().context("a suite has a gateway")?;
    let folder = suite.folder.path();
    for balancer in [Balancer::haproxy(folder, service)?, Balancer::nginx(folder, service)?] {
        let Balancer { name, address, process } = &balancer;
        let servers = [suite.address, *address].map(|at| Server::at(at).with_token(suite.token()));
        let mut used = [[0.0; 2]; 2];
        let rates = in_turns(async |which| {
            let before = cpu([gateway, process][which])?;
            let mut load = servers[which].load("get=100", SECONDS)?;
            let [calls, rate] = answered(load.args(["--callers", CALLERS]))?;
            used[which][0] += cpu([gateway, process][which])? - before;
            used[which][1] += calls;
            Ok(rate)
        });
        let rates = rates.await?;
        print(&format!("GetAgreement through the gateway to {name}"), &rates, "/s", "1.0");
        let [one, other] = used.map(|[seconds, calls]| 1e6 * seconds / calls);
        row(
            &format!("CPU of a call, the gateway to {name}"),
            &format!("{:.2} ({one:.0} to {other:.0} µs)", one / other),
            "-",
        );
    }
    Ok(())
}

/// The seconds of CPU that a process and its children have used.
fn cpu(process: &Process) -> anyhow::Result<f64> {
    let id = process.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
    let mut seconds = 0.0;
    for id in children.split_whitespace().chain([&*id.to_string()]) {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // After the name of the program, which may have anything in it.
        let (_, rest) = stat.rsplit_once(')').context("the system counts CPU")?;
        let ticks = rest.split_whitespace().skip(11).take(2);
        for ticks in ticks {
            seconds += ticks.parse::<f64>()? / TICKS_A_SECOND;
        }
    }
    Ok(seconds)
}
