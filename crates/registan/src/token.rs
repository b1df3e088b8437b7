//! `registan token`: prints an access token of the development issuer.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use chassis::auth::development::{self, KEY_FILE};
use chassis::clock::{Clock, SystemClock};
use chassis::private;
use policy::{Desks, Partnership};

use crate::cli::Token;

pub fn run(arguments: &Token) -> anyhow::Result<()> {
    anyhow::ensure!(
        arguments.new_key || is_of_a_suite(&arguments.data_dir),
        "{} is not the data folder of a suite, so no suite takes a token of its key: name the right one with --data-dir, or \
         make the folder and a key with --new-key",
        private::absolute(&arguments.data_dir)
    );
    let token = development::Token {
        subject: arguments.subject.clone(),
        roles: arguments.roles.clone(),
        desks: desks(arguments)?,
        tier: arguments.tier,
        hours: arguments.hours,
    };
    let signed = token.sign(&arguments.data_dir, SystemClock.now())?;
    writeln!(std::io::stdout(), "{signed}")?;
    Ok(())
}

/// Returns the desks that were named.
fn desks(arguments: &Token) -> anyhow::Result<Desks> {
    if let Some(file) = &arguments.desks {
        chassis::config::read_desks(file).context("--desks")?.install()?;
    }
    let mut all = Desks::NONE;
    for word in &arguments.given {
        let Some(desk) = Desks::parse(word) else {
            let known = Partnership::current().all().words().join(", ");
            anyhow::bail!("--desk: `{word}` is not known; known are {known} and all");
        };
        all = all.and(desk);
    }
    Ok(all)
}

/// True for a folder in which a suite or a service keeps its record, or has its key.
fn is_of_a_suite(folder: &Path) -> bool {
    let databases = [agreements::NAME, projects::NAME, rights_reporting::NAME];
    let mut files = databases.iter().map(|name| format!("{name}.db"));
    files.any(|file| folder.join(file).exists()) || folder.join(KEY_FILE).exists()
}
