//! `cargo xtask test`.

use anyhow::Result;

use crate::postgres::Cluster;
use crate::shell::{self, cargo, step};
use crate::tools::{self, FAKETIME, GRPCURL, KUBECTL, POSTGRES, PYTHON};

/// The package whose tests start the built programs.
const JOURNEYS: &str = "e2e";

/// Runs the tests that `arguments` choose, all without any, where none may be skipped.
pub fn run(arguments: &[String]) -> Result<()> {
    tools::ensure(&[POSTGRES, GRPCURL, PYTHON, KUBECTL, FAKETIME])?;
    if arguments.is_empty() || arguments.iter().any(|word| word == JOURNEYS) {
        // With the tests, so that the libraries have the features that the tests below are built with, and are compiled once.
        let programs = ["build", "--workspace", "--bins", "--tests"];
        step("programs", || shell::run(&mut cargo(&programs)))?;
    }

    let cluster = Cluster::start()?;
    let mut tests = cargo(&["test", "--no-fail-fast"]);
    if arguments.is_empty() {
        tests.arg("--workspace");
    }
    tests.args(arguments).env("TESTKIT_POSTGRES", &cluster.url).env("TESTKIT_REQUIRE", "1");
    step("tests", || shell::run(&mut tests))
}
