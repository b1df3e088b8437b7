//! The settings of a process: flags before environment before file before defaults.
//!
//! One flat set for all services, so that they can share a file or a config map. What is not known
//! or does not parse is an error that names the key and where it came from; a misspelt key is never
//! ignored.

mod addresses;
mod bounds;
mod found;
mod keys;
mod networks;
mod otel;
mod sources;
mod unused;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use policy::Partnership;

pub use keys::Flags;
pub use networks::Networks;
pub use otel::{Push, Spans};
pub use unused::{Given, Serves};

use crate::tls::Tls;

/// The settings of a process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the process takes calls.
    pub listen: SocketAddr,
    /// Where those who look after the process ask for metrics and health; without it health is told
    /// only where it takes calls.
    pub probe_address: Option<SocketAddr>,
    /// The service's own database; without it a SQLite file in `data_dir`.
    pub database_url: Option<Secret>,
    /// The desks of the partnership; without it those that are built in.
    pub desks: Option<Partnership>,
    /// By how much the clocks of this machine, of the database and of the last change may differ:
    /// beyond it nothing is written.
    pub clock_tolerance_seconds: u64,
    /// Where SQLite files lie.
    pub data_dir: PathBuf,
    pub agreements_url: Option<String>,
    pub projects_url: Option<String>,
    pub rights_reporting_url: Option<String>,
    /// The issuer whose access tokens are accepted; without it none, but on loopback the
    /// development issuer.
    pub oidc: Option<Oidc>,
    /// Accepts tokens of the key in `data_dir`. Not said: on loopback without `oidc`. Said yes
    /// elsewhere, the process does not start.
    pub development_issuer: Option<bool>,
    /// The certificate of this process, and the authorities that vouch for others.
    pub tls: Option<Tls>,
    /// The certificate of the port of the gateway, where its callers trust other authorities.
    pub public_tls: Option<Tls>,
    /// True if calls may be taken and made in plain text where others can read them.
    pub plaintext: bool,
    /// A `tracing` filter.
    pub log: String,
    pub log_format: LogFormat,
    /// How long calls are taken after a stop signal, while health says that it does not serve.
    pub linger_seconds: u64,
    /// How long requests under way may go on after that.
    pub drain_seconds: u64,
    pub max_connections: usize,
    /// After this time a connection is asked to close, so that callers spread over new replicas.
    pub max_connection_age_seconds: u64,
    /// How many calls a second one caller may make, 0 for any number; without it what the service
    /// thinks fit.
    pub calls_per_second: Option<u32>,
    /// How many calls one caller may have under way, 0 for any number; without it what the service
    /// thinks fit.
    pub calls_per_caller: Option<u32>,
    /// How many streams one caller may have open, 0 for any number; without it what the service
    /// thinks fit.
    pub streams_per_caller: Option<u32>,
    /// How many connections one address may have open, 0 for any number; without it what the
    /// service thinks fit.
    pub connections_per_address: Option<u32>,
    /// The collector that spans of sampled traces are sent to; without it none are made.
    pub otlp_url: Option<String>,
    /// How that collector is reached.
    pub spans: Spans,
    /// Where metrics are pushed; without it they are shown on the admin port alone.
    pub push: Option<Push>,
    /// How many of a hundred calls are sampled, where no service and no trusted proxy says by its
    /// trace whether one is.
    pub trace_percent: f64,
    /// The proxies in front of the process: who sends no token is counted by the address that they
    /// forward for.
    pub trusted_proxies: Networks,
    /// True if reflection is served.
    pub reflection: bool,
    /// The settings that were given, and where each comes from.
    pub given: Given,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            probe_address: None,
            database_url: None,
            desks: None,
            clock_tolerance_seconds: 30,
            data_dir: PathBuf::from("registan-data"),
            agreements_url: None,
            projects_url: None,
            rights_reporting_url: None,
            oidc: None,
            development_issuer: None,
            tls: None,
            public_tls: None,
            plaintext: false,
            log: "info".to_owned(),
            log_format: LogFormat::Auto,
            linger_seconds: 0,
            drain_seconds: 20,
            max_connections: 1024,
            max_connection_age_seconds: 30 * 60,
            calls_per_second: None,
            calls_per_caller: None,
            streams_per_caller: None,
            connections_per_address: None,
            otlp_url: None,
            spans: Spans::default(),
            push: None,
            trace_percent: 1.0,
            trusted_proxies: Networks::default(),
            reflection: true,
            given: Given::default(),
        }
    }
}

impl Settings {
    /// Reads all sources, and makes the desks in them those of this process. `flags` are those of
    /// the command line.
    pub fn load(flags: Flags) -> anyhow::Result<Self> {
        Self::load_over(Self::default(), flags)
    }

    /// As [`Settings::load`], with other defaults.
    pub fn load_over(defaults: Self, flags: Flags) -> anyhow::Result<Self> {
        let environment = std::env::vars_os();
        let environment: Vec<_> = environment
            .filter_map(|(key, value)| key.into_string().ok().map(|key| (key, value)))
            .collect();
        let given = sources::Values::collect(flags, environment.clone())?;
        let mut settings = given.over(defaults)?;
        settings.spans = Spans::read(&environment, settings.otlp_url.as_deref())?;
        settings.push = Push::read(&environment, settings.otlp_url.as_deref())?;
        if let Some(desks) = &settings.desks {
            desks.clone().install()?;
        }
        Ok(settings)
    }

    /// Where the service `name` answers. An error that says how to set it, if that is not known.
    pub fn url_of(&self, name: &str) -> anyhow::Result<&str> {
        let url = match name {
            "agreements" => &self.agreements_url,
            "projects" => &self.projects_url,
            _ => &self.rights_reporting_url,
        };
        url.as_deref().with_context(|| {
            let variable = name.replace('-', "_").to_uppercase();
            format!(
                "does not know where {name} answers: set --{name}-url or REGISTAN_{variable}_URL"
            )
        })
    }
}

/// Reads the address of the database again, where it stands in a file; gives it if it is another.
/// A file that cannot be read, or that a password was not written into yet, gives nothing.
pub fn renewed_database_url(known: &Secret) -> Option<Secret> {
    let file = known.file()?;
    let url = sources::read_database_url(file).ok()?;
    (url != known.expose()).then(|| Secret::kept_in(url, file.to_owned()))
}

/// Reads a file of desks.
pub fn read_desks(path: &Path) -> anyhow::Result<Partnership> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    Partnership::parse(&text).with_context(|| shown.to_string())
}

/// An OpenID Connect issuer of access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oidc {
    /// Its URL, byte for byte as its tokens and its discovery document name it.
    pub issuer: String,
    /// Whom its tokens must be for.
    pub audience: String,
    /// True if tokens of the type `JWT`, or of none, are accepted beside `at+jwt` (RFC 9068).
    pub untyped: bool,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    #[default]
    Auto,
    Pretty,
    Json,
}

/// A value that is used but never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    value: String,
    /// The file that it was read from.
    file: Option<PathBuf>,
}

impl Secret {
    /// A value that is not shown in logs.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), file: None }
    }

    /// The same, kept in a file, which may hold another value later.
    fn kept_in(value: String, file: PathBuf) -> Self {
        Self { value, file: Some(file) }
    }

    /// The value, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// The file that it was read from.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
