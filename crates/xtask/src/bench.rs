//! `cargo xtask bench`.

use anyhow::Result;

use crate::postgres::Cluster;
use crate::shell::{self, cargo, step};
use crate::tools::{self, POSTGRES};

/// Builds the programs for release and runs the measurements beside a cluster of their own.
pub fn run() -> Result<()> {
    tools::ensure(&[POSTGRES])?;
    step("programs", || shell::run(&mut cargo(&["build", "--release", "--workspace", "--bins"])))?;
    let cluster = Cluster::start()?;
    let mut bench = cargo(&["run", "--release", "--quiet", "--package", "bench"]);
    bench.env("TESTKIT_POSTGRES", &cluster.url);
    step("bench", || shell::run(&mut bench))
}
