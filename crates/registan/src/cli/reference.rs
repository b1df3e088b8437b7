//! The arguments of `registan import reference`.

use std::path::PathBuf;

use clap::Args;

use crate::reach::Reach;

pub const EXAMPLES: &str = "\
Examples:
  registan import reference                     seed the running suite with the reference record
  registan import reference --check             check the reference record of this program
  registan import reference --check my-record   check files of the same form, without a suite
  registan import reference my-record           seed the running suite with them";

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
