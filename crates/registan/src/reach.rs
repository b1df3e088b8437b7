//! How a command reaches a running suite, and in whose name.

use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chassis::auth::development::{self, Token};
use chassis::client::Connection;
use chassis::clock::{Clock, SystemClock};
use clap::Args;
use policy::{Desks, Role, Tier};
use tonic::Code;

use crate::refused::Refused;

/// Where the gateway of a suite is by default.
const GATEWAY: &str = "http://127.0.0.1:8080";
/// The data folder of a suite by default.
const DATA_DIR: &str = "registan-data";

/// Where the suite is, and in whose name it is asked.
#[derive(Args)]
pub struct Reach {
    /// Where the gateway answers.
    #[arg(long, env = "REGISTAN_GATEWAY", default_value = GATEWAY, value_name = "URL")]
    #[arg(value_parser = gateway)]
    pub gateway: String,
    /// A file of the authorities, one of which vouches for the gateway; without it those that this
    /// system trusts.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Ask in plain text although others can read it, where others encrypt it.
    #[arg(long, env = "REGISTAN_PLAINTEXT")]
    plaintext: bool,
    /// The access token to send. Others on this machine can read what is typed here: a file or the
    /// variable is better.
    #[arg(long, env = "REGISTAN_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
    /// A file that holds the access token; it comes before --token.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The data folder of a suite on this machine. A command that writes and is given no token
    /// signs one with the key there.
    #[arg(long, env = "REGISTAN_DATA_DIR", default_value = DATA_DIR, value_name = "FOLDER")]
    data_dir: PathBuf,
}

/// For clap: where the gateway answers. An empty variable counts as not set.
#[expect(clippy::unnecessary_wraps, reason = "clap takes a parser that may fail")]
fn gateway(typed: &str) -> Result<String, String> {
    Ok(if typed.is_empty() { GATEWAY.to_owned() } else { typed.to_owned() })
}

impl Reach {
    /// A connection for what only reads: with the token that was given, or anonymous.
    pub fn reader(&self) -> anyhow::Result<Connection> {
        let connection = self.connection()?;
        match self.given()? {
            Some(token) => connection.with_token(&token),
            None => Ok(connection),
        }
    }

    /// A connection for what writes: with the token that was given, or one of the development
    /// issuer where its key is.
    pub fn writer(&self) -> anyhow::Result<Connection> {
        if !self.could_sign()? {
            return self.reader();
        }
        self.connection()?.with_token(&own_token("registan", &self.data_dir)?)
    }

    /// Adds to the error of what does not exist how to ask with a token, where none was sent.
    pub fn or_with_token(&self, error: anyhow::Error) -> anyhow::Error {
        let refused = error.downcast_ref::<Refused>();
        if refused.is_none_or(|refused| refused.code != Code::NotFound) {
            return error;
        }
        match self.without_token() {
            Ok(Some(hint)) => anyhow::anyhow!("{error}; {hint}"),
            _ => error,
        }
    }

    /// Says on stderr how to ask with a token, where none was sent and nothing was found.
    pub fn say_nothing_found(&self) -> anyhow::Result<()> {
        if let Some(hint) = self.without_token()? {
            writeln!(std::io::stderr(), "Nothing was found: {hint}")?;
        }
        Ok(())
    }

    /// Returns what to add where a call without a token found nothing and one could be signed: what
    /// is not public is answered as what does not exist. It says so whatever the record has.
    fn without_token(&self) -> anyhow::Result<Option<String>> {
        if !self.could_sign()? {
            return Ok(None);
        }
        let folder = self.data_dir.display();
        let folder = if self.data_dir == Path::new(DATA_DIR) {
            String::new()
        } else {
            format!(" --data-dir '{folder}'")
        };
        Ok(Some(format!(
            "no token was sent, so that only what is public is shown; where the suite is your own, \
             ask again after `export REGISTAN_TOKEN=$(registan token --role analyst --desk \
             all{folder})`"
        )))
    }

    /// Returns whether no token was given, and the development issuer can sign one here.
    fn could_sign(&self) -> anyhow::Result<bool> {
        Ok(self.given()?.is_none() && self.is_here() && development::has_key(&self.data_dir))
    }

    fn connection(&self) -> anyhow::Result<Connection> {
        Connection::trusting(&self.gateway, self.ca.as_deref(), self.plaintext)
    }

    fn given(&self) -> anyhow::Result<Option<String>> {
        let Some(path) = &self.token_file else { return Ok(self.token.clone()) };
        let token = fs::read_to_string(path);
        let token =
            token.with_context(|| format!("--token-file: cannot read {}", path.display()))?;
        Ok(Some(token.trim().to_owned()))
    }

    /// Returns whether the gateway is on loopback.
    fn is_here(&self) -> bool {
        let authority = self.gateway.split_once("://").map_or(&*self.gateway, |(_, rest)| rest);
        let authority = authority.trim_end_matches('/');
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// A token that writes everything of every desk, for an hour.
pub fn own_token(subject: &str, data_dir: &Path) -> anyhow::Result<String> {
    let token = Token {
        subject: subject.to_owned(),
        roles: vec![Role::Editor, Role::Monitor],
        desks: Desks::ALL,
        tier: Tier::Restricted,
        hours: 1,
    };
    token.sign(data_dir, SystemClock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_names_no_gateway() {
        assert_eq!(gateway("").unwrap(), GATEWAY);
        assert_eq!(gateway("http://192.0.2.7:8080").unwrap(), "http://192.0.2.7:8080");
    }
}
