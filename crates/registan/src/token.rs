//! `registan token`: prints an access token of the development issuer.

use std::io::Write;

use chassis::auth::development;
use chassis::clock::{Clock, SystemClock};
use policy::Desks;

use crate::cli::Token;

pub fn run(arguments: &Token) -> anyhow::Result<()> {
    let token = development::Token {
        subject: arguments.subject.clone(),
        roles: arguments.roles.clone(),
        desks: arguments.desks.iter().copied().fold(Desks::NONE, Desks::and),
        tier: arguments.tier,
        hours: arguments.hours,
    };
    let signed = token.sign(&arguments.data_dir, SystemClock.now())?;
    writeln!(std::io::stdout(), "{signed}")?;
    Ok(())
}
