//! The arguments of `registan doctor`.

use chassis::config::Flags;
use clap::Args;

use super::ServiceName;

#[derive(Args)]
pub struct Doctor {
    /// The one service to look at, with the settings it is served with; without it the suite in one
    /// process.
    pub service: Option<ServiceName>,
    #[command(flatten)]
    pub settings: Flags,
}

pub const DOCTOR_EXAMPLES: &str = "\
Examples:
  registan doctor                                           the suite with its data in ./registan-data
  registan doctor --config registan.toml                    the settings as `registan serve` takes them
  registan doctor agreements --database-url-file agreements.url

A line for each thing: ok, warning or problem, and what to do. Nothing is changed, and no secret is
printed. Whether the record was altered is for `registan verify` to say.

Exit codes: 0 there is no problem; 1 there is one; 2 for a mistyped command.";
