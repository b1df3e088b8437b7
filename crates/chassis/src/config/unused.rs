//! Settings that would do nothing in a process, and so are perhaps meant otherwise: an error where
//! they were given to this process alone, on its command line. In the environment and in a file
//! they may be there for the other processes of a suite.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};

use super::Settings;
use crate::tls::{GATEWAY, is_here};

/// The settings that were given, by flag, each with where it comes from.
#[derive(Clone, Debug, Default)]
pub struct Given(pub(super) BTreeMap<&'static str, String>);

impl Given {
    /// The flag of the command line that gives a setting.
    fn flag(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|origin| origin.starts_with("--"))
    }
}

/// A process by what it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// All services and the gateway.
    Suite,
    /// The gateway alone.
    Gateway,
    /// One service with a database.
    Service,
}

impl Serves {
    /// The process of a service, or of all without one.
    pub fn of(service: Option<&str>) -> Self {
        match service {
            None => Self::Suite,
            Some(GATEWAY) => Self::Gateway,
            Some(_) => Self::Service,
        }
    }
}

impl Settings {
    /// An error that names a setting of the command line that would do nothing in a process that
    /// serves `what`.
    pub fn refuse_unused(&self, what: Serves) -> Result<()> {
        if let (Serves::Service, Some(flag)) = (what, self.given.flag("public-tls-dir")) {
            bail!("{flag} is of the gateway alone: the port of a service takes --tls-dir");
        }
        for name in ["database-url", "database-url-file"] {
            if let (Serves::Gateway, Some(flag)) = (what, self.given.flag(name)) {
                bail!("{flag} is of a service: the gateway has no database, leave it out");
            }
        }
        for name in ["agreements-url", "projects-url", "rights-reporting-url"] {
            if let (Serves::Suite, Some(flag)) = (what, self.given.flag(name)) {
                bail!(
                    "{flag} is of a process that serves one service: the whole suite starts its \
                     own services; leave it out, or serve the gateway alone"
                );
            }
        }
        // The gateway decides for the services behind it, which may have a collector.
        if let (Serves::Suite | Serves::Service, Some(flag), None) =
            (what, self.given.flag("trace-percent"), &self.otlp_url)
        {
            bail!("{flag} needs otlp_url: where the traces are sent");
        }
        self.refuse_plaintext(what)
    }

    /// An error if plain text was allowed, and there is none: the port has a certificate, and no
    /// other machine is asked by `http://`.
    fn refuse_plaintext(&self, what: Serves) -> Result<()> {
        let asked = [&self.agreements_url, &self.projects_url, &self.rights_reporting_url];
        let asked = asked.into_iter().flatten().filter(|_| what != Serves::Suite);
        let pushed = self.push.as_ref().map(|push| &push.url);
        let mut all = asked.chain(&self.otlp_url).chain(pushed);
        let is_plain = all.any(|url| url.starts_with("http://") && !is_here(url));
        let both = self.given.flag("plaintext").zip(self.given.flag("tls-dir"));
        if let Some((plain, tls)) = both.filter(|_| self.plaintext) {
            ensure!(
                is_plain,
                "{plain} does nothing beside {tls}, which encrypts: leave one of them out"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::Values;
    use super::*;
    use crate::config::Flags;

    fn told(serves: Serves, flags: &[(&'static str, &str)], set: &[(&str, &str)]) -> String {
        let flags = Flags(flags.iter().map(|(flag, text)| (*flag, (*text).to_owned())).collect());
        let set = set.iter().map(|(name, text)| ((*name).to_owned(), text.into())).collect();
        let settings = Values::collect(flags, set).and_then(|it| it.over(Settings::default()));
        let told = settings.expect("they are known").refuse_unused(serves);
        told.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_flag_that_would_do_nothing_is_refused() {
        for (serves, flags, words) in [
            (Serves::Service, &[("public-tls-dir", "t")][..], "--public-tls-dir is of the gateway"),
            (Serves::Gateway, &[("database-url", "sqlite:a")], "--database-url is of a service"),
            (Serves::Suite, &[("agreements-url", "http://a:1")], "--agreements-url is of a"),
            (Serves::Suite, &[("trace-percent", "50")], "--trace-percent needs otlp_url"),
            (Serves::Suite, &[("tls-dir", "t"), ("plaintext", "true")], "does nothing beside"),
            (Serves::Service, &[("tls-dir", "t"), ("plaintext", "true")], "does nothing beside"),
        ] {
            let told = told(serves, flags, &[]);
            assert!(told.contains(words), "{flags:?}: {told}");
        }
    }

    #[test]
    fn what_does_something_or_is_there_for_others_is_taken() {
        let traced = [("trace-percent", "50"), ("otlp-url", "http://127.0.0.1:4317")];
        let mixed =
            [("tls-dir", "t"), ("plaintext", "true"), ("projects-url", "http://projects:1")];
        for (serves, flags) in [
            (Serves::Gateway, &[("public-tls-dir", "t")][..]),
            (Serves::Suite, &[("public-tls-dir", "t")]),
            (Serves::Service, &[("database-url", "sqlite:a")]),
            (Serves::Service, &[("agreements-url", "http://127.0.0.1:1")]),
            (Serves::Suite, &traced),
            (Serves::Gateway, &[("trace-percent", "50")]),
            (Serves::Gateway, &mixed),
            (Serves::Suite, &[("tls-dir", "t"), ("plaintext", "false")]),
        ] {
            assert_eq!(told(serves, flags, &[]), "", "{serves:?} {flags:?}");
        }
        let shared = [
            ("REGISTAN_PUBLIC_TLS_DIR", "t"),
            ("REGISTAN_TLS_DIR", "t"),
            ("REGISTAN_PLAINTEXT", "true"),
            ("REGISTAN_AGREEMENTS_URL", "http://agreements:50051"),
            ("REGISTAN_DATABASE_URL", "sqlite:a"),
            ("REGISTAN_TRACE_PERCENT", "50"),
        ];
        for serves in [Serves::Suite, Serves::Gateway, Serves::Service] {
            assert_eq!(told(serves, &[], &shared), "", "{serves:?}");
        }
    }
}
