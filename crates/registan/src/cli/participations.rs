//! The arguments of `registan import ratification`.

use std::path::PathBuf;

use api::registan::r#type::v1::PartialDate;
use clap::Args;

use crate::reach::Reach;
use crate::values;

pub const EXAMPLES: &str = "\
The first line of a file tells which of two forms it has:
  iso2,state party,year ratification or accession,signatory,no action,status,note
      the status table of one convention
  agreement,party,kind,date,stated,source,confidence,note
      a list; party and kind are needed, kind is one of PARTY, SIGNED, RATIFIED, ACCEDED,
      SUCCEEDED, WITHDRAWN, NOT_PARTY; dates are like 1998, 1998-08 or 1998-08-26

Examples:
  registan import ratification hr_status_cat.csv --stated 2022-08 --dry-run
  registan import ratification list.csv --source sources/un-treaty-collection-iv";

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
