//! The command of the storm: `cargo xtask faults replicas --away 20`.

use std::path::PathBuf;

/// The long form of the storm, with what may differ.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How long what is lost is away, in seconds.
    #[arg(long, default_value_t = 20)]
    pub away: u64,
    /// How many briefs to ask while connections are closed in good order.
    #[arg(long, default_value_t = 10_000)]
    pub briefs: usize,
    /// A file for every call, a line each.
    #[arg(long)]
    pub log: Option<PathBuf>,
}
