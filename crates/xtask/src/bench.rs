//! `cargo xtask bench`.

use std::path::PathBuf;

use anyhow::Result;

use crate::postgres::Cluster;
use crate::shell::{self, cargo, command, root, step};
use crate::tools::{self, HAPROXY, NGINX, POSTGRES};

/// Builds the programs for release and runs the measurements, all or those of `parts`, beside a
/// cluster of their own; with those of an earlier revision beside them, if one is given.
pub fn run(before: Option<&str>, parts: &[String]) -> Result<()> {
    tools::ensure(&[POSTGRES])?;
    if parts.is_empty() || parts.iter().any(|part| part == "gateway") {
        tools::ensure(&[HAPROXY, NGINX])?;
    }
    step("programs", || shell::run(&mut cargo(&["build", "--release", "--workspace", "--bins"])))?;
    let mut bench = cargo(&["run", "--release", "--quiet", "--package", "bench", "--"]);
    bench.args(parts);
    if let Some(revision) = before {
        bench.env("BENCH_BEFORE", step("programs before", || earlier(revision))?);
    }
    let cluster = Cluster::durable()?;
    bench.env("TESTKIT_POSTGRES", &cluster.url);
    step("bench", || shell::run(&mut bench))
}

/// Builds the programs of a revision in a working tree of their own below `target`; gives the
/// folder they are in.
fn earlier(revision: &str) -> Result<PathBuf> {
    let tree = root().join("target/before");
    if !tree.exists() {
        let add = ["worktree", "add", "--force", "--detach", "target/before", revision];
        shell::run(&mut command("git", &add))?;
    }
    let checkout = ["checkout", "--detach", revision];
    shell::run(command("git", &checkout).current_dir(&tree))?;
    let mut build = cargo(&["build", "--release", "--locked", "--bins"]);
    for program in ["registan", "agreements", "projects", "rights-reporting", "gateway"] {
        build.args(["--package", program]);
    }
    build.current_dir(&tree).env_remove("CARGO_TARGET_DIR");
    shell::run(&mut build)?;
    Ok(tree.join("target/release"))
}
