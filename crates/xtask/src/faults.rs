//! `cargo xtask faults`.

use anyhow::Result;

use crate::shell::{self, cargo, step};
use crate::tools::{self, FAKETIME, POSTGRES};

/// Builds the program and the storms, and runs the storm that `arguments` choose; the storm starts a PostgreSQL of its own.
pub fn run(arguments: &[String]) -> Result<()> {
    tools::ensure(&[POSTGRES, FAKETIME])?;
    step("programs", || {
        shell::run(&mut cargo(&["build", "--package", "registan", "--package", "e2e", "--bins"]))
    })?;
    let mut storm = cargo(&["run", "--quiet", "--package", "e2e", "--bin", "faults", "--"]);
    storm.args(arguments);
    step("faults", || shell::run(&mut storm))
}
