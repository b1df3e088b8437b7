//! The fault storms by hand, in any length: `cargo xtask faults kill --cycles 100`,
//! `cargo xtask faults watch`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use e2e::faults::space::Means;
use e2e::faults::{disk, drill, greedy, kill, parents, replicas, restore, skew, watch};

/// Ends the program, or those who watch it, at random moments while it is used, and then compares
/// everything.
#[derive(Parser)]
#[command(name = "cargo xtask faults", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    storm: Storm,
}

#[derive(Subcommand)]
enum Storm {
    /// Kills the service and its database under writers: no acknowledged write may be lost, doubled
    /// or half there.
    Kill(Kill),
    /// Takes the room for the database away under writers and gives it back: the same, and every
    /// refusal asks to try again.
    Disk(Disk),
    /// Puts an older copy in the place of the database: nothing that the lost future gave out may
    /// be taken for what is.
    Restore(Restore),
    /// Backs up under writers, destroys the database and restores it: nothing of before the backup
    /// may be missing, and what came after it must be named.
    Drill(Drill),
    /// Puts clocks forwards, backwards and apart: nothing may be lost, missed, recorded in the
    /// future or refused for long.
    Clock(Clock),
    /// Cuts watchers off while others write: nothing may be missed, invented, told twice or out of
    /// order.
    Watch(Watch),
    /// Hides and shows projects and their transactions under watchers of several clearances:
    /// nothing may be shown or missed.
    Parents(Parents),
    /// Lets greedy callers ask for as much as they can: honest ones beside them must not notice,
    /// and memory must not grow.
    Greedy(Greedy),
    /// Loses replicas of every service in all the ways in which they are lost, on PostgreSQL: what
    /// may be called twice must not fail, no write may be lost and no event missed.
    Replicas(replicas::Arguments),
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

#[derive(Args)]
struct Disk {
    /// How often the room runs out, on each engine.
    #[arg(long, default_value_t = 50)]
    cycles: usize,
    /// One engine alone.
    #[arg(long)]
    engine: Option<Engine>,
    /// Clients that write at the same time.
    #[arg(long, default_value_t = 8)]
    writers: usize,
    /// The longest time that the writers are left alone before a kill, in milliseconds.
    #[arg(long, default_value_t = 600)]
    pause: u64,
    /// How the room is taken away; without it a small file system where the machine allows a mount.
    #[arg(long)]
    by: Option<By>,
    /// Repeats the choices of another storm.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    FileSystem,
    FileSize,
}

#[derive(Args)]
struct Restore {
    /// How often the database goes back, on each engine.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// One engine alone.
    #[arg(long)]
    engine: Option<Engine>,
    /// Repeats the choices of another storm.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
struct Drill {
    /// One engine alone.
    #[arg(long)]
    engine: Option<Engine>,
    /// Clients that write at the same time.
    #[arg(long, default_value_t = 8)]
    writers: usize,
    /// How long they write before the backup and after it, in milliseconds.
    #[arg(long, default_value_t = 5000)]
    pause: u64,
}

#[derive(Args)]
struct Clock {
    /// How often the clocks are put apart, on each engine.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// One engine alone.
    #[arg(long)]
    engine: Option<Engine>,
    /// Processes that serve the same database, on PostgreSQL.
    #[arg(long, default_value_t = 2)]
    replicas: usize,
    /// Repeats the choices of another storm.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
struct Watch {
    /// How many changes to make, on each engine.
    #[arg(long, default_value_t = 100_000)]
    changes: usize,
    /// One engine alone.
    #[arg(long)]
    engine: Option<Engine>,
    /// Clients that write at the same time.
    #[arg(long, default_value_t = 16)]
    writers: usize,
    /// Clients that watch at the same time.
    #[arg(long, default_value_t = 8)]
    watchers: usize,
    /// Processes that serve the same database, on PostgreSQL.
    #[arg(long, default_value_t = 2)]
    replicas: usize,
    /// Repeats what is written and when watchers are cut off in another storm.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
struct Parents {
    /// How many changes to make, on each engine.
    #[arg(long, default_value_t = 100_000)]
    changes: usize,
    /// One engine alone.
    #[arg(long)]
    engine: Option<Engine>,
    /// Clients that write at the same time.
    #[arg(long, default_value_t = 16)]
    writers: usize,
    /// Clients of each clearance that watch at the same time.
    #[arg(long, default_value_t = 2)]
    watchers: usize,
    /// Processes that serve the same database, on PostgreSQL.
    #[arg(long, default_value_t = 2)]
    replicas: usize,
    /// Repeats what is written and when watchers are cut off in another storm.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
struct Greedy {
    /// How long the greedy callers go on, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many of everything, in percent of what must be borne.
    #[arg(long, default_value_t = 100)]
    percent: usize,
    /// TLS at every port.
    #[arg(long)]
    tls: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> ExitCode {
    let good = match Arguments::parse().storm {
        Storm::Kill(arguments) => kill(&arguments).await,
        Storm::Disk(arguments) => disk(&arguments).await,
        Storm::Restore(arguments) => restore(&arguments).await,
        Storm::Drill(arguments) => drill(&arguments).await,
        Storm::Clock(arguments) => clock(&arguments).await,
        Storm::Watch(arguments) => watch(&arguments).await,
        Storm::Parents(arguments) => parents(&arguments).await,
        Storm::Greedy(arguments) => greedy(&arguments).await,
        Storm::Replicas(arguments) => arguments.run().await,
    };
    match good {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether all was kept.
async fn kill(arguments: &Kill) -> anyhow::Result<bool> {
    let mut good = true;
    for engine in engines(arguments.engine) {
        let seed = seed(engine, arguments.seed);
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

/// Returns whether all was kept, and refused well.
async fn disk(arguments: &Disk) -> anyhow::Result<bool> {
    let mut good = true;
    for engine in engines(arguments.engine) {
        let plan = disk::Plan {
            engine,
            cycles: arguments.cycles,
            writers: arguments.writers,
            longest_pause: Duration::from_millis(arguments.pause),
            means: arguments.by.map(|by| match by {
                By::FileSystem => Means::FileSystem,
                By::FileSize => Means::FileSize,
            }),
            seed: seed(engine, arguments.seed),
        };
        let report = disk::run(plan).await?;
        let Some(report) = report else { anyhow::bail!("{engine:?}: the storm cannot begin") };
        println!("{report}");
        good &= report.is_good();
    }
    Ok(good)
}

/// Returns whether nothing stale was accepted.
async fn restore(arguments: &Restore) -> anyhow::Result<bool> {
    let mut good = true;
    for engine in engines(arguments.engine) {
        let seed = seed(engine, arguments.seed);
        let plan = restore::Plan { engine, rounds: arguments.rounds, seed };
        let report = restore::run(plan).await?;
        let Some(report) = report else { anyhow::bail!("{engine:?}: the storm cannot begin") };
        println!("{report}");
        good &= report.is_good();
    }
    Ok(good)
}

/// Returns whether nothing was lost but what was named.
async fn drill(arguments: &Drill) -> anyhow::Result<bool> {
    let mut good = true;
    for engine in engines(arguments.engine) {
        let pause = Duration::from_millis(arguments.pause);
        let plan = drill::Plan { engine, writers: arguments.writers, pause };
        let report = drill::run(plan).await?;
        let Some(report) = report else { anyhow::bail!("{engine:?}: the drill cannot begin") };
        println!("{report}");
        good &= report.is_good();
    }
    Ok(good)
}

/// Returns whether no clock did harm.
async fn clock(arguments: &Clock) -> anyhow::Result<bool> {
    let mut good = true;
    for engine in engines(arguments.engine) {
        let replicas = if engine == testkit::Engine::Postgres { arguments.replicas } else { 1 };
        let seed = seed(engine, arguments.seed);
        let plan = skew::Plan { engine, rounds: arguments.rounds, replicas, seed };
        let report = skew::run(plan).await?;
        let Some(report) = report else { anyhow::bail!("{engine:?}: the storm cannot begin") };
        println!("{report}");
        good &= report.is_good();
    }
    Ok(good)
}

/// Returns whether nothing was missed.
async fn watch(arguments: &Watch) -> anyhow::Result<bool> {
    let mut good = true;
    for engine in engines(arguments.engine) {
        let plan = watch::Plan {
            engine,
            changes: arguments.changes,
            writers: arguments.writers,
            watchers: arguments.watchers,
            replicas: if engine == testkit::Engine::Postgres { arguments.replicas } else { 1 },
            seed: seed(engine, arguments.seed),
        };
        let report = watch::run(plan).await?;
        let Some(report) = report else { anyhow::bail!("{engine:?}: the storm cannot begin") };
        println!("{report}");
        good &= report.is_good();
    }
    Ok(good)
}

/// Returns whether nothing was shown or missed.
async fn parents(arguments: &Parents) -> anyhow::Result<bool> {
    let mut good = true;
    for engine in engines(arguments.engine) {
        let plan = parents::Plan {
            engine,
            changes: arguments.changes,
            writers: arguments.writers,
            watchers: arguments.watchers,
            replicas: if engine == testkit::Engine::Postgres { arguments.replicas } else { 1 },
            seed: seed(engine, arguments.seed),
        };
        let report = parents::run(plan).await?;
        let Some(report) = report else { anyhow::bail!("{engine:?}: the storm cannot begin") };
        println!("{report}");
        good &= report.is_good();
    }
    Ok(good)
}

/// Returns whether honest callers noticed nothing.
async fn greedy(arguments: &Greedy) -> anyhow::Result<bool> {
    let whole = greedy::Plan::WHOLE;
    let part = |all: usize| all * arguments.percent / 100;
    let plan = greedy::Plan {
        disturbed: Duration::from_secs(arguments.seconds),
        watches: part(whole.watches),
        idle: part(whole.idle),
        imports: part(whole.imports).max(1),
        large: part(whole.large),
        within_tls: arguments.tls,
        ..whole
    };
    let report = greedy::run(plan).await?;
    let Some(report) = report else { anyhow::bail!("the storm cannot begin") };
    println!("{report}");
    Ok(report.is_good() && report.is_quick())
}

/// The one that was chosen, or both.
fn engines(chosen: Option<Engine>) -> Vec<testkit::Engine> {
    match chosen {
        Some(Engine::Sqlite) => vec![testkit::Engine::Sqlite],
        Some(Engine::Postgres) => vec![testkit::Engine::Postgres],
        None => vec![testkit::Engine::Sqlite, testkit::Engine::Postgres],
    }
}

/// The one that was chosen, or any; said before the storm, which may not come to its end.
fn seed(engine: testkit::Engine, chosen: Option<u64>) -> u64 {
    let seed = chosen.unwrap_or_else(|| fastrand::u64(..1_000_000_000));
    eprintln!("{engine:?}: seed {seed}");
    seed
}
