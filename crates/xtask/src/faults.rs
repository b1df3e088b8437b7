//! `cargo xtask faults`, and `cargo xtask cluster`.

use anyhow::{Context, Result};

use crate::shell::{self, cargo, command, root, step};
use crate::tools::{self, FAKETIME, KUBECTL, NSS_WRAPPER, POSTGRES};

/// Builds the program and the storms, and runs the storm that `arguments` choose; the storm starts
/// a PostgreSQL of its own.
pub fn run(release: bool, arguments: &[String]) -> Result<()> {
    tools::ensure(&[POSTGRES, FAKETIME, NSS_WRAPPER])?;
    let storms = if release { "target/release/faults" } else { "target/debug/faults" };
    step("programs", || {
        if !release {
            let programs = ["build", "--workspace", "--bin", "registan", "--bin", "faults"];
            return shell::run(&mut cargo(&programs));
        }
        shell::run(&mut cargo(&["build", "--release", "--workspace", "--bin", "registan"]))?;
        shell::run(&mut cargo(&["build", "--workspace", "--bin", "faults"]))?;
        // A storm takes the program that lies beside it.
        let built = std::fs::copy(root().join("target/debug/faults"), root().join(storms));
        built.map(drop).context("the storms cannot be laid beside the program")
    })?;
    let mut storm = command(root().join(storms), &[]);
    storm.args(arguments);
    step("faults", || shell::run(&mut storm))
}

/// Builds the experiments on a cluster, and runs those that `arguments` choose.
pub fn cluster(arguments: &[String]) -> Result<()> {
    tools::ensure(&[KUBECTL])?;
    step("programs", || shell::run(&mut cargo(&["build", "--workspace", "--bin", "cluster"])))?;
    let mut experiments = command(root().join("target/debug/cluster"), &[]);
    experiments.args(arguments);
    step("cluster", || shell::run(&mut experiments))
}
