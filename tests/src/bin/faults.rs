//! The fault storms by hand, in any length: `cargo xtask faults kill --cycles 100`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use e2e::faults::kill;

/// Ends the program at random moments while it is used, and then compares everything.
#[derive(Parser)]
#[command(name = "cargo xtask faults", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    storm: Storm,
}

#[derive(Subcommand)]
enum Storm {
    /// Kills the service and its database under writers: no acknowledged write may be lost, doubled or half there.
    Kill(Kill),
}

#[derive(Args)]
struct Kill {
    /// How often to kill, on each engine.
    #[arg(long, default_value_t = 100)]
    cycles: usize,
    /// One engine alone.
    #[arg(long)]
    engine: Option<Engine>,
    /// Clients that write at the same time.
    #[arg(long, default_value_t = 8)]
    writers: usize,
    /// Processes that serve the same database, on PostgreSQL.
    #[arg(long, default_value_t = 1)]
    replicas: usize,
    /// The longest time that the writers are left alone between two kills, in milliseconds.
    #[arg(long, default_value_t = 2000)]
    pause: u64,
    /// Repeats the order and the times of the kills of another storm.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Storm::Kill(arguments) = Arguments::parse().storm;
    match kill(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all was kept.
async fn kill(arguments: &Kill) -> anyhow::Result<bool> {
    let engines = match arguments.engine {
        Some(Engine::Sqlite) => vec![testkit::Engine::Sqlite],
        Some(Engine::Postgres) => vec![testkit::Engine::Postgres],
        None => vec![testkit::Engine::Sqlite, testkit::Engine::Postgres],
    };
    let mut good = true;
    for engine in engines {
        let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000_000));
        eprintln!("{engine:?}: seed {seed}");
        let plan = kill::Plan {
            engine,
            cycles: arguments.cycles,
            writers: arguments.writers,
            replicas: if engine == testkit::Engine::Postgres { arguments.replicas } else { 1 },
            longest_pause: Duration::from_millis(arguments.pause),
            seed,
        };
        let report = kill::run(plan).await?;
        let Some(report) = report else { anyhow::bail!("{engine:?}: the storm cannot begin") };
        println!("{report}");
        good &= report.is_good();
    }
    Ok(good)
}
