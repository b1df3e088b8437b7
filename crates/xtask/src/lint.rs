//! `cargo xtask lint`.

use std::fs;

use anyhow::{Result, bail};

use crate::proto::{self, Mode, WIRE};
use crate::shell::{self, cargo, command, on_path, output, root, step};
use crate::tools::{self, BUF};

type Check = fn() -> Result<()>;

/// Runs every check, the cheap ones first, and fails at the end if one failed.
pub fn run() -> Result<()> {
    tools::ensure(&[BUF])?;
    let checks: [(&str, Check); 7] = [
        ("fmt", || shell::run(&mut cargo(&["fmt", "--all", "--check"]))),
        ("proto", || proto::run(Mode::Check)),
        ("buf lint", || shell::run(&mut command(BUF.path()?, &["lint", "proto"]))),
        ("buf breaking", breaking),
        ("cargo-deny", deny),
        ("clippy", || {
            shell::run(&mut cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ]))
        }),
        ("doc", || {
            shell::run(
                cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
            )
        }),
    ];

    let mut failed = Vec::new();
    for (name, check) in checks {
        if let Err(error) = step(name, check) {
            println!("{name}: {error:#}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Compares the contract with the one whose wire was pinned last: buf knows rules besides those of
/// the pin.
fn breaking() -> Result<()> {
    let Ok(pinned) = output(&mut command("git", &["log", "-1", "--format=%H", "--", WIRE])) else {
        println!("buf breaking: skipped: this is no git checkout");
        return Ok(());
    };
    let is_renewed = !output(&mut command("git", &["status", "--porcelain", WIRE]))?.is_empty();
    if pinned.is_empty() || is_renewed {
        println!("buf breaking: skipped: the pin of the wire is not committed yet");
        return Ok(());
    }

    let folder = root().join(".tools");
    fs::create_dir_all(&folder)?;
    let archive = folder.join("proto-before.tar");
    let archive = archive.to_string_lossy();
    shell::run(&mut command("git", &["archive", "--output", &archive, &pinned, "proto"]))?;
    let against = format!("{archive}#subdir=proto");
    shell::run(&mut command(BUF.path()?, &["breaking", "proto", "--against", &against]))
}

/// Licences, bans and sources; advisories would need the network. Never built here, for that takes
/// minutes.
fn deny() -> Result<()> {
    if on_path("cargo-deny").is_none() {
        println!("cargo-deny: skipped: cargo-deny is not installed (`cargo install cargo-deny`)");
        return Ok(());
    }
    shell::run(&mut cargo(&["deny", "check", "licenses", "bans", "sources"]))
}
