//! Measures the suite beside a bare server, in one run, and prints ratios: `cargo xtask bench`
//! builds and runs it.
//!
//! Everything runs on the same cores, the load generator too, in turns of a few seconds; each
//! figure is the median of the turns. Compare figures of one run only.

mod before;
mod gateway;
mod import;
mod law;
mod lineage;
mod memory;
mod past;
mod reads;
mod record;
mod searches;
mod start;
mod tls;
mod traces;
mod turns;
mod watchers;
mod writes;

use anyhow::Context;

/// Prints one line of the result, with the figure to reach.
fn row(what: &str, measured: &str, to_reach: &str) {
    println!("{what:<58} {measured:>26}   to reach: {to_reach}");
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let cores = std::thread::available_parallelism().context("the cores are counted")?;
    println!("{build} build, {cores} cores");
    // `bench writes past` measures only these.
    let only: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |part: &str| only.is_empty() || only.iter().any(|one| one == part);
    if wanted("start") {
        start::measure()?;
    }
    if wanted("reads") {
        reads::measure().await?;
    }
    if wanted("import") {
        import::measure()?;
    }
    if wanted("before") {
        before::measure().await?;
    }
    if wanted("writes") {
        writes::measure().await?;
    }
    if wanted("past") {
        past::measure().await?;
    }
    if wanted("searches") {
        searches::measure().await?;
    }
    if wanted("law") {
        law::measure().await?;
    }
    if wanted("lineage") {
        lineage::measure().await?;
    }
    if wanted("watchers") {
        watchers::measure().await?;
    }
    if wanted("gateway") {
        gateway::measure().await?;
    }
    if wanted("tls") {
        tls::measure().await?;
    }
    if wanted("traces") {
        traces::measure().await?;
    }
    if wanted("memory") {
        memory::measure().await?;
    }
    Ok(())
}
