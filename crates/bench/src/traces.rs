//! The cost of being seen: `GetAgreement` through the gateway of a suite whose metrics are read
//! each second and whose traces go to a collector, beside one without both.

mod collector;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use e2e::pages::page;
use e2e::{Suite, Variables, free_address, program};
use testkit::{Database, Engine};
use tokio::time::sleep;

use crate::reads::{Server, answered, suite};
use crate::row;
use crate::turns::{in_turns, print};

/// In percent: what a deployment has if nothing is said, and all calls.
const SAMPLED: [&str; 2] = ["1", "100"];
/// Of a turn: spans are sent each second, so a short one would end before most of its own are.
const SECONDS: u32 = 4;
/// The spans of the last second are sent before the other suite has its turn.
const SETTLE: Duration = Duration::from_millis(1200);
const SCRAPE_INTERVAL: Duration = Duration::from_secs(1);

/// A suite that is seen.
struct Seen {
    suite: Suite,
    _databases: Vec<Database>,
    /// The admin port of each process.
    pages: Vec<SocketAddr>,
}

/// On each engine.
pub async fn measure() -> anyhow::Result<()> {
    let collector = collector::start();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (off, _databases) = suite(engine, program).await?;
        let unseen = Server::at(off.address).with_token(off.token());
        for percent in SAMPLED {
            let on = Seen::start(engine, collector, percent).await?;
            let server = Server::at(on.suite.address).with_token(on.suite.token());
            let rates = in_turns(async |which| {
                let calls = |server: &Server| answered(&mut server.load("get=100", SECONDS)?);
                let [_, rate] =
                    if which == 0 { on.scraped(|| calls(&server))? } else { calls(&unseen)? };
                sleep(SETTLE).await;
                Ok(rate)
            });
            let what =
                format!("{engine:?}: GetAgreement with metrics and {percent} % traces to off");
            print(&what, &rates.await?, "/s", "0.95");
            on.print_spans(engine, percent)?;
        }
    }
    Ok(())
}

impl Seen {
    async fn start(
        engine: Engine,
        collector: SocketAddr,
        percent: &'static str,
    ) -> anyhow::Result<Self> {
        let places = e2e::secured::NAMES.map(|name| (name, free_address()));
        let variables = |name: &str| -> Variables {
            let place = places.iter().find(|(of, _)| *of == name);
            let place = place.map(|(_, at)| ("REGISTAN_PROBE_ADDRESS", at.to_string().into()));
            let told = [
                ("REGISTAN_OTLP_URL", format!("http://{collector}").into()),
                ("REGISTAN_TRACE_PERCENT", percent.into()),
            ];
            place.into_iter().chain(told).collect()
        };
        let suite = Suite::distributed_with(engine, false, variables).await;
        let (suite, databases) = suite.context("no program or no database")?;
        let pages = places.map(|(_, address)| address).into();
        Ok(Self { suite, _databases: databases, pages })
    }

    /// Does something while all metrics are read each second.
    fn scraped<T>(&self, work: impl FnOnce() -> T) -> T {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let scraper = scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    for address in &self.pages {
                        page(*address, "/metrics");
                    }
                    thread::park_timeout(SCRAPE_INTERVAL);
                }
            });
            let done = work();
            is_over.store(true, Ordering::Relaxed);
            scraper.thread().unpark();
            done
        })
    }

    /// Prints how many spans the collector took: more than wait for it are dropped.
    fn print_spans(&self, engine: Engine, percent: &str) -> anyhow::Result<()> {
        let pages: Vec<String> =
            self.pages.iter().map(|address| page(*address, "/metrics").1).collect();
        let [sent, dropped] = ["sent", "dropped"].map(|what| {
            let name = format!("registan_trace_spans_{what}_total ");
            let lines = pages.iter().flat_map(|page| page.lines());
            lines.filter_map(|line| line.strip_prefix(&name)?.parse::<f64>().ok()).sum::<f64>()
        });
        anyhow::ensure!(sent > 0.0, "the collector was sent nothing");
        row(
            &format!("{engine:?}: spans of {percent} % that were sent, and dropped"),
            &format!("{sent:.0}, {dropped:.0}"),
            "-",
        );
        Ok(())
    }
}
