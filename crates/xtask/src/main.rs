//! The developers' commands: `cargo xtask test`, `cargo xtask lint`, `cargo xtask proto`,
//! `cargo xtask new-resource`, `cargo xtask bench`, `cargo xtask faults`, `cargo xtask cluster`,
//! `cargo xtask tools`.

mod bench;
mod faults;
mod lint;
mod new_resource;
mod postgres;
mod proto;
mod shell;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use proto::Mode;

/// The commands of CI and of developers.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs every test, on SQLite and on a PostgreSQL of its own, with real clients.
    ///
    /// Two tests are run by hand before figures are renewed: `cost` of policy (prints figures) and
    /// `the_long_form` of `hostile` (takes minutes). Their commands stand in docs/figures.md.
    Test {
        /// Arguments of `cargo test` instead of --workspace, such as: -p chronicle -- pages
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        cargo: Vec<String>,
    },
    /// Checks the format, the contract, the dependencies, the code and its documentation; nothing
    /// is changed.
    Lint,
    /// Writes the standard methods and the system fields of every resource into `proto/`, from the
    /// options of its message.
    ///
    /// A message with the option `registan.options.v1.resource` gets the fields 1 to 8 that every
    /// resource has, and a proto service with the ten standard methods, their requests and answers,
    /// in `NOUN_service.proto` beside it; where that file is missing, it is made. They stand
    /// between markers (`// The standard methods, written by ...`). A field, method or message that
    /// is written by hand outside the markers takes the place of the one of its name between them.
    /// Run it after a change of the options, or of the templates in `crates/xtask/src/proto/`;
    /// `cargo xtask lint` fails where it was forgotten.
    ///
    /// It also pins the wire in `docs/wire.txt`, one line for each field, value and method. What
    /// breaks it is refused: a number, type or name that changes, something that goes without
    /// `reserved`.
    Proto {
        /// Change nothing, and fail if something would be changed.
        #[arg(long)]
        check: bool,
        /// Pin a wire that does not read what the pinned one wrote: allowed only for what was never
        /// released.
        #[arg(long, conflicts_with = "check")]
        accept_break: bool,
    },
    /// Begins a resource: writes its message, with the fields that almost every one has, and its
    /// proto service.
    ///
    /// docs/add-a-resource.md says how to continue.
    NewResource {
        /// The folder of the service that is to keep it: agreements.
        service: String,
        /// Its name: body.
        noun: String,
        /// The name of many: bodies.
        plural: String,
    },
    /// Measures the suite beside a bare server, in release builds, and prints ratios.
    Bench {
        /// Build the programs of this revision too, and measure reads, writes and imports beside
        /// them.
        #[arg(long, value_name = "REVISION")]
        before: Option<String>,
        /// Measure only these: start, reads, import, before, writes, past, searches, law, lineage,
        /// watchers, gateway (beside haproxy and nginx), tls, traces (and metrics), memory.
        parts: Vec<String>,
    },
    /// Kills the suite and its databases at random moments while it is used, and compares
    /// everything.
    Faults {
        /// Against release programs: what is measured is what is deployed, and a long storm ends
        /// sooner.
        #[arg(long)]
        release: bool,
        /// The storm and its options, such as: kill --cycles 100
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        storm: Vec<String>,
    },
    /// Loses pods, nodes and the database of a suite on a cluster under load: see
    /// tests/cluster/README.md.
    Cluster {
        /// The experiments and their options, such as: --gateway http://… --token-file token kill
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        experiments: Vec<String>,
    },
    /// Installs what the tests and the checks need and this machine lacks.
    Tools,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Test { cargo } => test::run(&cargo),
        Command::Lint => lint::run(),
        Command::Proto { check: true, .. } => proto::run(Mode::Check),
        Command::Proto { accept_break: true, .. } => proto::run(Mode::AcceptBreak),
        Command::Proto { .. } => proto::run(Mode::Write),
        Command::NewResource { service, noun, plural } => {
            new_resource::run(&service, &noun, &plural)
        }
        Command::Bench { before, parts } => bench::run(before.as_deref(), &parts),
        Command::Faults { release, storm } => faults::run(release, &storm),
        Command::Cluster { experiments } => faults::cluster(&experiments),
        Command::Tools => tools::ensure(&tools::ALL),
    };
    if let Err(error) = result {
        eprintln!("xtask: {error:#}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
