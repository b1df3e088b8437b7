//! The arguments of `registan edit`.

use std::path::PathBuf;

use clap::Args;

use crate::reach::Reach;

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Edit {
    /// The resource: agreements/eu-kz-epca-2015, parties/kz.
    pub name: String,
    /// Sends the text in a file instead of opening an editor, as it was kept when it was refused;
    /// `-` is what is piped in.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub reach: Reach,
}

const EXAMPLES: &str = "\
Examples:
  registan edit agreements/eu-kz-epca-2015                 in the editor that EDITOR names
  EDITOR=nano registan edit parties/kz                     in another one
  registan edit parties/kz --file kz.json                  what is in a file
  registan ask GetParty '{\"name\": \"parties/kz\"}' | sed 's/old/new/' | registan edit parties/kz --file -

The text holds what may be changed. What was changed in it is sent, with the etag that was read: where somebody else wrote meanwhile, it is
refused and kept in a file.";
