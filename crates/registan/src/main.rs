//! The command `registan`: serves the suite, or one service of it; asks it; migrates; imports;
//! exports; verifies; backs up and restores; examines; loads; makes tokens and certificates.

mod about;
mod appoint;
mod ask;
mod backup;
mod calendar;
mod certificates;
mod cli;
mod doctor;
mod dynamic;
mod edit;
mod export;
mod import;
mod lineage;
mod load;
mod log;
mod migrate;
mod output;
mod reach;
mod record;
mod refused;
mod restore;
mod search;
mod serve;
mod token;
mod values;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command, What};

fn main() -> ExitCode {
    let command = Cli::parse_from(cli::with_default(std::env::args_os())).command;
    chassis::process::exit("registan", run(command))
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Migrate(arguments) => migrate::run(arguments),
        Command::Brief(arguments) => about::brief(&arguments),
        Command::Law(arguments) => about::law(&arguments),
        Command::Lineage(arguments) => lineage::run(&arguments),
        Command::Ask(arguments) => ask::run(&arguments),
        Command::Edit(arguments) => edit::run(&arguments),
        Command::Search(arguments) => search::run(&arguments),
        Command::Calendar(arguments) => calendar::run(&arguments),
        Command::Import(What::Iati(arguments)) => import::iati(&arguments),
        Command::Import(What::Ratification(arguments)) => import::participations::run(&arguments),
        Command::Import(What::Reference(arguments)) => import::reference::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::Appoint(arguments) => appoint::run(arguments),
        Command::Certificates(arguments) => certificates::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Backup(arguments) => backup::run(arguments),
        Command::Restore(arguments) => restore::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Log(arguments) => log::run(arguments),
    }
}
