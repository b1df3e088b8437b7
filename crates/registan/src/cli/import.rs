//! The arguments of `registan import`.

use std::path::PathBuf;

use api::registan::r#type::v1::PartialDate;
use clap::Args;

use crate::reach::Reach;
use crate::values;

pub const IATI_EXAMPLES: &str = "\
Examples:
  registan import iati FILE.xml --dry-run      what it would do, and what there is no place for
  registan import iati ONE.xml TWO.xml         one after the other, and one report

Exit codes: 0 every file was read to its end; 1 a file, or the rest of one, could not be read (a
critical finding) or was refused, and the last line says so; 2 for a mistyped command.";

pub const RATIFICATION_EXAMPLES: &str = "\
The first line of a file tells which of two forms it has:
  iso2,state party,year ratification or accession,signatory,no action,status,note
      the status table of one convention
  agreement,party,kind,date,stated,source,citation,confidence,note
      a list; party and kind are needed, kind is one of PARTY, SIGNED, RATIFIED, ACCEDED,
      SUCCEEDED, WITHDRAWN, NOT_PARTY; dates are like 1998, 1998-08 or 1998-08-26

Examples:
  registan import ratification hr_status_cat.csv --stated 2022-08 --dry-run
  registan import ratification list.csv --source sources/un-treaty-collection-iv

Exit codes: 0 every file was read to its end; 1 a file, or the rest of one, could not be read (a
critical finding) or was refused, and the last line says so; 2 for a mistyped command.";

pub const REFERENCE_EXAMPLES: &str = "\
Examples:
  registan import reference                     seed the running suite with the reference record
  registan import reference --check             check the reference record of this program
  registan import reference --check my-record   check files of the same form, without a suite
  registan import reference my-record           seed the running suite with them

Exit codes: 0 all is recorded, or as it must be; 1 there is a problem, or it was refused, and the
last line says so; 2 for a mistyped command.";

#[derive(Args)]
pub struct Iati {
    /// The files, in this order.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub reach: Reach,
    /// Prints one JSON object instead of sentences.
    #[arg(long)]
    pub json: bool,
    /// Reads and checks everything, records nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Participations {
    /// The files, in this order.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The agreement of rows that do not name theirs, for example agreements/cat; without it that
    /// of the file's name (`hr_status_cat.csv`).
    #[arg(long, value_name = "NAME", default_value = "")]
    pub agreement: String,
    /// The recorded source of rows that do not name theirs.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub source: String,
    /// As of when the files say so, for example 2022-08.
    #[arg(long, value_name = "DATE", value_parser = values::partial_date)]
    pub stated: Option<PartialDate>,
    #[command(flatten)]
    pub reach: Reach,
    /// Prints one JSON object instead of sentences.
    #[arg(long)]
    pub json: bool,
    /// Reads and checks everything, records nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Reference {
    /// A folder with files of the form of crates/reference/data; without it the reference record.
    pub folder: Option<PathBuf>,
    /// Checks the files, without a suite: what the contract and the rules of the services say of
    /// each field, names that lead nowhere, dates that cannot be.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub reach: Reach,
}
