//! The keys there are: each is a flag, a variable and a line of the file.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command};

/// One key. `--drain-seconds`, `REGISTAN_DRAIN_SECONDS` and `drain_seconds = …` are the same.
pub(super) struct Key {
    pub flag: &'static str,
    placeholder: &'static str,
    help: &'static str,
}

impl Key {
    /// Its name in the file.
    pub fn name(&self) -> String {
        self.flag.replace('-', "_")
    }

    /// Its name in the environment.
    pub fn variable(&self) -> String {
        format!("REGISTAN_{}", self.name().to_uppercase())
    }
}

const fn key(flag: &'static str, placeholder: &'static str, help: &'static str) -> Key {
    Key { flag, placeholder, help }
}

/// The variables for the commands that call a running suite: a server started beside them must not
/// trip over one.
pub(super) const OF_COMMANDS: [&str; 2] = ["REGISTAN_TOKEN", "REGISTAN_GATEWAY"];

/// The one key that cannot stand in the file.
pub(super) const CONFIG: Key =
    key("config", "FILE", "A TOML file with these settings, for example registan.toml");

pub(super) const KEYS: [Key; 32] = [
    key("listen", "ADDRESS", "Where to take calls, for example 127.0.0.1:8080"),
    key(
        "probe-address",
        "ADDRESS",
        "Where those who look after the process ask: /metrics, /livez, /readyz and gRPC health, for example 127.0.0.1:50052",
    ),
    key(
        "database-url",
        "URL",
        "The database, for example sqlite:agreements.db or postgres://user@host/agreements",
    ),
    key(
        "database-url-file",
        "FILE",
        "A file that holds the database URL, for example /run/secrets/agreements",
    ),
    key(
        "data-dir",
        "FOLDER",
        "Where SQLite files lie when no database is named, for example registan-data",
    ),
    key(
        "desks",
        "FILE",
        "A JSON file with the desks of another partnership, for example desks.json; every process and command of a suite takes the same",
    ),
    key(
        "clock-tolerance-seconds",
        "SECONDS",
        "How far the clock may be from the database server's and behind the last change before writes are refused (CLOCK_WRONG), for example 30; raise it to write to a record whose last change lies in the future",
    ),
    key("agreements-url", "URL", "Where agreements answers, for example http://127.0.0.1:50051"),
    key("projects-url", "URL", "Where projects answers, for example http://127.0.0.1:50052"),
    key(
        "rights-reporting-url",
        "URL",
        "Where rights-reporting answers, for example http://127.0.0.1:50053",
    ),
    key(
        "oidc-issuer",
        "URL",
        "Whose access tokens to take, by OpenID Connect discovery, for example https://login.example.org/realms/registan",
    ),
    key("oidc-audience", "NAME", "Whom those tokens must be for, for example registan"),
    key(
        "oidc-untyped-tokens",
        "TRUE OR FALSE",
        "Whether to accept tokens of the type JWT, or of none, beside at+jwt (RFC 9068), for an issuer that cannot set it; give the audience to no client then, or its ID tokens are accepted too (default: false)",
    ),
    key(
        "development-issuer",
        "YES",
        "Whether to take the tokens of `registan token`: true or false; when not said, on loopback without an OIDC issuer",
    ),
    key(
        "tls-dir",
        "FOLDER",
        "The certificate of this process, its key and the authorities of the other services, as cert-manager or spiffe-helper writes them, for example /run/secrets/tls; renewed files are used within seconds",
    ),
    key(
        "tls-ca",
        "FILE",
        "The authorities of the other services, where they do not stand in that folder, for example /run/secrets/ca/bundle.pem",
    ),
    key(
        "public-tls-dir",
        "FOLDER",
        "The certificate of the port of the gateway, where its callers trust another authority, for example /run/secrets/public",
    ),
    key(
        "plaintext",
        "TRUE OR FALSE",
        "Whether calls may be taken and made in plain text where others can read them: true where others encrypt them (default: false, and on loopback it need not be said)",
    ),
    key("log", "FILTER", "What to log, for example info or chassis=debug,info"),
    key(
        "log-format",
        "FORMAT",
        "How: auto (for people on a terminal, JSON elsewhere), pretty or json",
    ),
    key(
        "linger-seconds",
        "SECONDS",
        "How long to take calls after a stop signal, while health says NOT_SERVING and callers learn to go elsewhere, for example 5 (default: 0)",
    ),
    key("drain-seconds", "SECONDS", "How long requests may go on after that, for example 20"),
    key("max-connections", "NUMBER", "How many connections may be open, for example 1024"),
    key(
        "max-connection-age-seconds",
        "SECONDS",
        "When a connection is asked to close, for example 1800",
    ),
    key(
        "calls-per-second",
        "NUMBER",
        "How many calls one caller may make, 0 for any number (the gateway: 100, but on loopback 0); a dear call counts for several",
    ),
    key(
        "calls-per-caller",
        "NUMBER",
        "How many calls of one caller may be under way, 0 for any number (the gateway: 8, but on loopback 0); others wait",
    ),
    key(
        "streams-per-caller",
        "NUMBER",
        "How many streams one caller may have open, 0 for any number (the gateway: 32, but on loopback 0)",
    ),
    key(
        "connections-per-address",
        "NUMBER",
        "How many connections one address may have open, 0 for any number (the gateway: 128, but on loopback 0)",
    ),
    key(
        "otlp-url",
        "URL",
        "The collector of OpenTelemetry to send traces to, by gRPC, for example http://127.0.0.1:4317",
    ),
    key(
        "trace-percent",
        "NUMBER",
        "How many of a hundred calls are traced, where no service and no trusted proxy decides, for example 1",
    ),
    key(
        "trusted-proxies",
        "NETWORKS",
        "The proxies in front, for example 10.0.0.0/8: who sends no token is counted by the address that they name in x-forwarded-for, and they decide whether a call is traced",
    ),
    key(
        "reflection",
        "TRUE OR FALSE",
        "Whether callers may ask what there is to ask (gRPC reflection), for example true",
    ),
];

/// The settings of the command line: flatten them into a clap command.
#[derive(Clone, Debug, Default)]
pub struct Flags(pub(super) BTreeMap<&'static str, String>);

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        let keys = std::iter::once(&CONFIG).chain(&KEYS);
        keys.fold(command, |command, key| {
            // As clap writes it; the values are read by us, for an empty one counts as not set.
            let help = format!("{} [env: {}]", key.help, key.variable());
            let arg = Arg::new(key.flag).long(key.flag).value_name(key.placeholder);
            command.arg(arg.help(help))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for key in std::iter::once(&CONFIG).chain(&KEYS) {
            if let Some(value) = matches.get_one::<String>(key.flag) {
                self.0.insert(key.flag, value.clone());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Args;

    use super::*;

    /// Once the variable of an option stood nowhere.
    #[test]
    fn the_help_of_an_option_names_its_variable() {
        let mut command = Flags::augment_args(Command::new("test"));
        let help = command.render_help().to_string();

        for key in std::iter::once(&CONFIG).chain(&KEYS) {
            assert!(help.contains(&format!("--{} ", key.flag)), "{}", key.flag);
            assert!(help.contains(&format!("[env: {}]", key.variable())), "{}", key.flag);
        }
        assert!(help.contains("[env: REGISTAN_DRAIN_SECONDS]"), "{help}");
    }
}
