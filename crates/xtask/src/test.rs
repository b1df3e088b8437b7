//! `cargo xtask test`.

mod programs;
mod side_by_side;

use anyhow::Result;

use crate::postgres::Cluster;
use crate::shell::{self, cargo, step};
use crate::tools::{
    self, FAKETIME, GRPCURL, HELM, KUBECTL, NSS_WRAPPER, POSTGRES, PROMTOOL, PYTHON,
};

/// The package whose tests start the built programs.
const JOURNEYS: &str = "e2e";

/// Runs the tests that `arguments` choose, all without any, where none may be skipped.
pub fn run(arguments: &[String]) -> Result<()> {
    let needed = [POSTGRES, GRPCURL, PYTHON, KUBECTL, HELM, FAKETIME, NSS_WRAPPER, PROMTOOL];
    tools::ensure(&needed)?;
    if arguments.is_empty() { all() } else { chosen(arguments) }
}

/// Builds once, then runs every test program, several at a time: half of their time they wait.
fn all() -> Result<()> {
    let programs = step("build", programs::build)?;
    let cluster = Cluster::fleeting()?;
    step("tests", || side_by_side::run(programs, &cluster))
}

/// Runs `cargo test` with these arguments.
fn chosen(arguments: &[String]) -> Result<()> {
    if arguments.iter().any(|word| word == JOURNEYS) {
        // With the tests, so that the libraries have the features that the tests below are built
        // with, and are compiled once.
        step("programs", || shell::run(&mut cargo(&programs::BUILD)))?;
    }
    let cluster = Cluster::fleeting()?;
    let mut tests = cargo(&["test", "--no-fail-fast"]);
    tests.args(arguments).env("TESTKIT_POSTGRES", &cluster.url).env("TESTKIT_REQUIRE", "1");
    side_by_side::without_settings(&mut tests);
    step("tests", || shell::run(&mut tests))
}
