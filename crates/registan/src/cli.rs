//! The command line.

mod ask;
mod backup;
mod doctor;
mod edit;
mod import;
mod lineage;
mod token;

use std::ffi::OsString;
use std::path::PathBuf;

use chassis::config::Flags;
use chronicle::verify::Checkpoint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use prost_reflect::MethodDescriptor;

use crate::reach::Reach;
use crate::values;

pub use self::ask::{About, Ask, Calendar, Search};
pub use self::backup::{Backup, Restore};
pub use self::doctor::Doctor;
pub use self::edit::Edit;
pub use self::import::{Iati, Participations, Reference};
pub use self::lineage::{Format, Lineage};
pub use self::token::Token;

/// Partnership data between the European Union and Central Asia: law, money and rights, linked, on
/// any date, with sources.
#[derive(Parser)]
#[command(name = "registan", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  registan                                  serve everything on 127.0.0.1:8080, data in ./registan-data
  registan serve --listen 127.0.0.1:9000    the same on another port
  registan serve agreements                 serve one service alone
  registan brief kz                         law, money and rights of Kazakhstan, from the running suite
  registan law kz --on 2024-01-17           the law with Kazakhstan on a day
  registan lineage eu-kz-epca-2015          what an agreement comes from, and what came of it
  registan search kirghiz                   what has a word, in any spelling, in all services
  registan ask                              everything that can be asked
  registan edit agreements/eu-kz-epca-2015  change an agreement in an editor
  registan calendar --party kz              what is due of Kazakhstan, for a calendar program
  registan import iati FILE.xml             import an IATI file into the running suite
  registan import ratification FILE.csv     import who takes part in which convention
  registan load --seconds 10                measure the running suite
  registan token --role editor --desk kz    print an access token for a suite on this machine
  registan certificates certificates        make certificates, so that calls are encrypted
  registan export agreements                every agreement of the running suite, one JSON object a line
  registan verify                           check that the record in ./registan-data was not altered
  registan backup backups/monday            copy the record in ./registan-data while it is served
  registan restore backups/monday --data-dir trial
                                            put it into another folder, and verify it
  registan doctor                           what is wrong with a suite, and what to do
  registan log agreements                   who wrote or read what, and when

Any gRPC client can ask it too:
  grpcurl -plaintext 127.0.0.1:8080 list";

#[derive(Subcommand)]
pub enum Command {
    /// Serves the suite in one process, or one service alone. This is what happens without a
    /// command.
    Serve(Serve),
    /// Brings databases to the schema of this program. Services never change a database that was
    /// named to them.
    Migrate(Migrate),
    /// Prints the brief of a party: law, money, recommendations and what followed.
    #[command(after_help = ask::BRIEF_EXAMPLES)]
    Brief(About),
    /// Prints the law between the European Union and a party on a day.
    #[command(after_help = ask::LAW_EXAMPLES)]
    Law(About),
    /// Prints what an agreement or act comes from and what came of it: as text, or as a picture in
    /// Mermaid or DOT.
    #[command(after_help = lineage::EXAMPLES)]
    Lineage(Lineage),
    /// Finds what has all of some words, in titles, names, identifiers and texts.
    Search(Search),
    /// Calls any method of a running suite, and explains what there is to call.
    Ask(Ask),
    /// Changes a resource in an editor: what was changed is sent, unless somebody else wrote
    /// meanwhile.
    Edit(Edit),
    /// Prints what is due as a calendar (RFC 5545) that calendar programs read.
    #[command(after_help = ask::CALENDAR_EXAMPLES)]
    Calendar(Calendar),
    /// Imports data into a running suite, through its gateway.
    #[command(subcommand)]
    Import(What),
    /// Loads a running suite with reads and prints calls a second, median and 99th percentile.
    Load(Load),
    /// Prints an access token for a suite on this machine: signed with a key in its data folder,
    /// accepted on loopback only.
    Token(Token),
    /// Grants the first operator their role, by the database of agreements: whoever reaches that
    /// may. Run again it changes nothing.
    Appoint(Appoint),
    /// Makes certificates for a suite, for trials and for a few machines of your own: an authority
    /// whose key is not kept, and a certificate for each process.
    Certificates(Certificates),
    /// Prints all resources of one kind that match, as JSON lines, for one instant of the record.
    Export(Export),
    /// Checks that databases still say what their change log committed to, and names the first
    /// record that does not fit.
    Verify(Verify),
    /// Copies databases while they are served, checks each copy, and notes their checkpoints.
    #[command(after_help = backup::BACKUP_EXAMPLES)]
    Backup(Backup),
    /// Puts a backup into an empty data folder or database, and verifies it.
    #[command(after_help = backup::RESTORE_EXAMPLES)]
    Restore(Restore),
    /// Looks at configuration, databases, keys, clocks and ports, and says what to do.
    #[command(after_help = doctor::DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Prints the change log of a service: who wrote or read what, when, by which method; no
    /// contents.
    Log(Log),
}

#[derive(Args)]
pub struct Serve {
    /// The one service to serve; without it all four, in one process.
    pub service: Option<ServiceName>,
    /// Starts without the reference record.
    #[arg(long)]
    pub empty: bool,
    #[command(flatten)]
    pub settings: Flags,
}

#[derive(Args)]
pub struct Certificates {
    /// Where they go: a folder for each process, as --tls-dir takes it.
    pub folder: PathBuf,
    /// More names of the gateway, for example registan.example.org or 192.0.2.7.
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
    /// How long they are valid.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
}

#[derive(Args)]
pub struct Migrate {
    /// The service whose database it is; without it all three, each in its SQLite file in the data
    /// folder.
    #[arg(value_parser = keeper())]
    pub service: Option<ServiceName>,
    #[command(flatten)]
    pub settings: Flags,
}

#[derive(Args)]
pub struct Appoint {
    /// Issuer and subject of their tokens, for example `https://login.example.org#ainura`
    #[arg(value_name = "ISSUER#SUBJECT")]
    pub subject: String,
    /// How long they are an operator, in days.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=400))]
    pub days: u32,
    /// Appoint them although their role was revoked.
    #[arg(long)]
    pub again: bool,
    #[command(flatten)]
    pub settings: Flags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ServiceName {
    Agreements,
    Projects,
    RightsReporting,
    Gateway,
}

/// For clap: a service that keeps a record.
fn keeper() -> impl TypedValueParser<Value = ServiceName> {
    let all = ServiceName::value_variants().iter();
    let keepers = all.filter(|name| !matches!(name, ServiceName::Gateway));
    let keepers = PossibleValuesParser::new(keepers.filter_map(ValueEnum::to_possible_value));
    keepers.try_map(|typed| ServiceName::from_str(&typed, false))
}

#[derive(Subcommand)]
pub enum What {
    /// Imports IATI 2.01 to 2.03 activity files. Importing a file again changes nothing.
    #[command(after_help = import::IATI_EXAMPLES)]
    Iati(Iati),
    /// Imports CSV files that say which states take part in which conventions. Importing a file
    /// again changes nothing.
    #[command(visible_alias = "participations", after_help = import::RATIFICATION_EXAMPLES)]
    Ratification(Participations),
    /// Seeds the reference record, or files of the same form; what is recorded already is left
    /// alone. With --check nothing is sent: every problem is printed with its file and line.
    #[command(after_help = import::REFERENCE_EXAMPLES)]
    Reference(Reference),
}

#[derive(Args)]
pub struct Load {
    /// The calls can also go to the agreements service itself.
    #[command(flatten)]
    pub reach: Reach,
    /// How long.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
    /// How many callers, each with one call under way at any time.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub callers: u16,
    /// The shares of the calls: get (one agreement), list (a page of 50), law (the legal basis of a
    /// party).
    #[arg(long, default_value = "get=80,list=15,law=5", value_name = "MIX")]
    pub mix: String,
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Export {
    #[arg(value_name = "RESOURCE", value_parser = values::method, help = values::help())]
    pub method: MethodDescriptor,
    /// Which of them, for example 'parties:"parties/kz"'; without it all.
    #[arg(long, default_value = "")]
    pub filter: String,
    /// In which order, for example 'title desc'.
    #[arg(long, default_value = "", value_name = "FIELDS")]
    pub order_by: String,
    /// As the record stood at this instant, for example 2026-11-24T12:00:00Z; without it now.
    #[arg(long, value_name = "RFC3339", value_parser = values::instant)]
    pub read_time: Option<String>,
    /// Deleted ones too.
    #[arg(long)]
    pub deleted: bool,
    /// For agreements: the day for which their status is computed, for example 2024-01-17; without
    /// it today.
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<String>,
    /// For agreements: prints who takes part in them, as CSV in the form that `registan import
    /// ratification` reads.
    #[arg(long)]
    pub participations: bool,
    /// Only what was known on this day, for example 2024-01-12: what rests on sources that had been
    /// published by then.
    #[arg(long, value_name = "DAY")]
    pub known_by: Option<String>,
    /// For what lies within something: in which one, for example projects/x; without it in all.
    #[arg(long, value_name = "NAME")]
    pub parent: Option<String>,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Args)]
pub struct Verify {
    /// The service whose record it is; without it all three, each in its SQLite file in the data
    /// folder.
    #[arg(value_parser = keeper())]
    pub service: Option<ServiceName>,
    /// A checkpoint that an earlier check printed: its change must still be there, with the same
    /// hash.
    #[arg(long, value_name = "SEQ:HASH", value_parser = values::checkpoint, requires = "service")]
    pub expect: Option<Checkpoint>,
    #[command(flatten)]
    pub settings: Flags,
}

#[derive(Args)]
pub struct Log {
    /// The service whose record it is.
    #[arg(value_parser = keeper())]
    pub service: ServiceName,
    /// Only what this caller did.
    #[arg(long, value_name = "WHO")]
    pub caller: Option<String>,
    /// Only what was done to this resource, for example agreements/eu-kz-epca-2015.
    #[arg(long, value_name = "NAME")]
    pub resource: Option<String>,
    /// Only from this instant on, for example 2026-11-24T12:00:00Z.
    #[arg(long, value_name = "RFC3339", value_parser = values::since)]
    pub since: Option<i64>,
    /// Only this.
    #[arg(long, value_parser = ["read", "create", "update", "delete", "undelete"])]
    pub operation: Option<String>,
    /// Prints JSON lines instead of sentences.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: Flags,
}

/// Without a command it is `serve`.
pub fn with_default(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let first = arguments.get(1).and_then(|argument| argument.to_str()).unwrap_or("--serve");
    if first.starts_with('-') && !matches!(first, "-h" | "--help" | "-V" | "--version") {
        arguments.insert(1, "serve".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        let typed = |words: &[&str]| {
            with_default(words.iter().map(OsString::from)).join(&OsString::from(" "))
        };

        assert_eq!(typed(&["registan"]), "registan serve");
        assert_eq!(typed(&["registan", "--listen", "x"]), "registan serve --listen x");
        assert_eq!(typed(&["registan", "--help"]), "registan --help");
        assert_eq!(typed(&["registan", "load"]), "registan load");
    }

    #[test]
    fn a_record_is_of_a_service_that_keeps_one() {
        for (command, before) in [
            ("log", &[][..]),
            ("verify", &[]),
            ("migrate", &[]),
            ("backup", &["to"]),
            ("restore", &["from"]),
        ] {
            let read = |service| {
                let typed = ["registan", command].into_iter().chain(before.iter().copied());
                Cli::try_parse_from(typed.chain([service]))
            };

            assert!(read("rights-reporting").is_ok(), "{command}");
            let said = read("gateway").err().map(|error| error.to_string()).unwrap_or_default();
            let known = "[possible values: agreements, projects, rights-reporting]";
            assert!(said.contains(known), "{command}: {said}");
        }
    }
}
