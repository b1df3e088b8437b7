//! From file, environment and flags to one set of values, each remembered with its origin.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use policy::Partnership;

use super::addresses::{is_address, verified};
use super::found::{Value, file_values, known_variables};
use super::keys::CONFIG;
use super::unused::Given;
use super::{Flags, LogFormat, Oidc, Secret, Settings, read_desks};
use crate::auth::encrypted;
use crate::tls::Tls;

/// By flag name.
pub(super) struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// Later sources win.
    pub fn collect(flags: Flags, environment: Vec<(String, OsString)>) -> Result<Self> {
        let environment = known_variables(environment)?;
        let file = flags
            .0
            .get(CONFIG.flag)
            .or_else(|| environment.get(CONFIG.flag).map(|value| &value.text));
        let mut values = file.map(|path| file_values(path)).transpose()?.unwrap_or_default();
        values.extend(environment);
        values.extend(
            flags
                .0
                .into_iter()
                .map(|(flag, text)| (flag, Value { text, origin: format!("--{flag}") })),
        );
        Ok(Self(values))
    }

    /// Puts the values over `settings`.
    pub fn over(mut self, mut settings: Settings) -> Result<Settings> {
        let given = self.0.iter().map(|(flag, value)| (*flag, value.origin.clone()));
        settings.given = Given(given.collect());
        self.put("listen", &mut settings.listen, "an address like 127.0.0.1:8080")?;
        self.put("data-dir", &mut settings.data_dir, "a folder")?;
        settings.desks = self.desks()?.or(settings.desks);
        self.put("plaintext", &mut settings.plaintext, "true or false")?;
        self.put("log", &mut settings.log, "a filter like info")?;
        self.bounds(&mut settings)?;
        self.put_some(
            "probe-address",
            &mut settings.probe_address,
            "an address like 0.0.0.0:50052",
        )?;
        self.traces(&mut settings)?;
        self.put(
            "trusted-proxies",
            &mut settings.trusted_proxies,
            "networks like 10.0.0.0/8, with commas between",
        )?;
        self.put("reflection", &mut settings.reflection, "true or false")?;
        self.put("log-format", &mut settings.log_format, "auto, pretty or json")?;
        self.put_address("agreements-url", &mut settings.agreements_url)?;
        self.put_address("projects-url", &mut settings.projects_url)?;
        self.put_address("rights-reporting-url", &mut settings.rights_reporting_url)?;
        settings.oidc = self.oidc()?.or(settings.oidc);
        if let Some(Value { text, origin }) = self.0.remove("development-issuer") {
            let Ok(says) = text.parse() else { bail!("{origin}: `{text}` is not true or false") };
            settings.development_issuer = Some(says);
        }
        settings.tls = self.tls()?.or(settings.tls);
        let public = self.0.remove("public-tls-dir").map(|folder| Tls::new(folder.text, None));
        settings.public_tls = public.or(settings.public_tls);
        if let Some(url) = self.database_url()? {
            settings.database_url = Some(url);
        }
        apart(&settings)?;
        Ok(settings)
    }

    pub(super) fn put<T: FromStr>(
        &mut self,
        flag: &'static str,
        place: &mut T,
        wanted: &str,
    ) -> Result<()> {
        let Some(Value { text, origin }) = self.0.remove(flag) else { return Ok(()) };
        let Ok(value) = text.parse() else { bail!("{origin}: `{text}` is not {wanted}") };
        *place = value;
        Ok(())
    }

    pub(super) fn put_some<T: FromStr>(
        &mut self,
        flag: &'static str,
        place: &mut Option<T>,
        wanted: &str,
    ) -> Result<()> {
        let Some(Value { text, origin }) = self.0.remove(flag) else { return Ok(()) };
        let Ok(value) = text.parse() else { bail!("{origin}: `{text}` is not {wanted}") };
        *place = Some(value);
        Ok(())
    }

    pub(super) fn put_address(
        &mut self,
        flag: &'static str,
        place: &mut Option<String>,
    ) -> Result<()> {
        let Some(Value { text, origin }) = self.0.remove(flag) else { return Ok(()) };
        if !is_address(&text) {
            bail!("{origin}: `{text}` is not an address like http://127.0.0.1:50051");
        }
        *place = Some(text);
        Ok(())
    }

    fn desks(&mut self) -> Result<Option<Partnership>> {
        let Some(Value { text: path, origin }) = self.0.remove("desks") else { return Ok(None) };
        read_desks(Path::new(&path)).with_context(|| origin).map(Some)
    }

    fn tls(&mut self) -> Result<Option<Tls>> {
        match (self.0.remove("tls-dir"), self.0.remove("tls-ca")) {
            (Some(folder), ca) => Ok(Some(Tls::new(folder.text, ca.map(|ca| ca.text.into())))),
            (None, Some(ca)) => {
                bail!("{} needs tls_dir: the certificate of this process", ca.origin)
            }
            (None, None) => Ok(None),
        }
    }

    fn oidc(&mut self) -> Result<Option<Oidc>> {
        let mut untyped = false;
        let says = self.0.get("oidc-untyped-tokens").map(|value| value.origin.clone());
        self.put("oidc-untyped-tokens", &mut untyped, "true or false")?;
        match (self.0.remove("oidc-issuer"), self.0.remove("oidc-audience")) {
            (Some(issuer), Some(audience)) => {
                encrypted(&issuer.text).with_context(|| issuer.origin)?;
                Ok(Some(Oidc { issuer: issuer.text, audience: audience.text, untyped }))
            }
            (Some(one), None) => {
                bail!("{} needs oidc_audience: whom the tokens must be for", one.origin)
            }
            (None, Some(one)) => bail!("{} needs oidc_issuer: whose tokens to take", one.origin),
            (None, None) => match says {
                Some(origin) => bail!("{origin} needs oidc_issuer: whose tokens to take"),
                None => Ok(None),
            },
        }
    }

    /// The URL itself is never part of an error: it may hold a password.
    fn database_url(&mut self) -> Result<Option<Secret>> {
        let file = self.0.remove("database-url-file");
        let url = self.0.remove("database-url");
        match (url, file) {
            (Some(url), Some(file)) => {
                bail!("give the database once, not by {} and by {}", url.origin, file.origin)
            }
            (Some(url), None) => Ok(Some(Secret::new(verified(url.text)))),
            (None, Some(Value { text: path, origin })) => {
                let url = read_database_url(Path::new(&path));
                let url = url.map_err(|error| anyhow!("{origin}: {error:#}"))?;
                Ok(Some(Secret::kept_in(url, path.into())))
            }
            (None, None) => Ok(None),
        }
    }
}

/// An error if two ports are to listen at one address.
fn apart(settings: &Settings) -> Result<()> {
    if settings.probe_address == Some(settings.listen) && settings.listen.port() != 0 {
        bail!(
            "listen and probe_address are both {}: give probe_address a port of its own",
            settings.listen
        );
    }
    Ok(())
}

/// Reads a file that holds the URL of a database.
pub(super) fn read_database_url(file: &Path) -> Result<String> {
    let shown = file.display();
    let url = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    if url.trim().is_empty() {
        bail!("{shown} is empty and should hold a database URL");
    }
    Ok(verified(url.trim().to_owned()))
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(Self::Auto),
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn load(flags: &[(&'static str, &str)], environment: &[(&str, &str)]) -> Result<Settings> {
        let flags = Flags(flags.iter().map(|(flag, text)| (*flag, (*text).to_owned())).collect());
        let environment = environment.iter().map(|(name, text)| ((*name).to_owned(), text.into()));
        Values::collect(flags, environment.collect())?.over(Settings::default())
    }

    fn file(content: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file is created");
        file.write_all(content.as_bytes()).expect("the file is written");
        file
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let file = file("listen = \"127.0.0.1:1\"\ndrain_seconds = 7\ntrace_percent = 0.5");
        let path = file.path().to_str().unwrap();
        let environment = [
            ("REGISTAN_CONFIG", path),
            ("REGISTAN_LISTEN", "127.0.0.1:2"),
            ("REGISTAN_LOG", "debug"),
        ];

        let settings = load(&[("listen", "127.0.0.1:3")], &environment).unwrap();

        assert_eq!(settings.listen.port(), 3);
        assert_eq!(settings.log, "debug");
        assert!(settings.drain_seconds == 7 && (0.4..0.6).contains(&settings.trace_percent));
        assert_eq!(settings.max_connections, 1024);
    }

    #[test]
    fn an_unknown_key_of_the_file_is_named_with_the_known_ones() {
        let file = file("lisen = \"127.0.0.1:1\"\n");
        let path = file.path().to_str().unwrap();

        let error = load(&[("config", path)], &[]).unwrap_err().to_string();

        assert!(
            error.starts_with(&format!("{path}: the key `lisen` is not known; known are listen,")),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_variable_is_named_with_the_known_ones() {
        let error =
            load(&[], &[("REGISTAN_LISEN", "x"), ("PATH", "/bin")]).unwrap_err().to_string();

        assert!(
            error.starts_with(
                "the variable REGISTAN_LISEN is not known; known are REGISTAN_CONFIG,"
            ),
            "{error}"
        );
    }

    #[test]
    fn a_bad_value_is_named_with_its_origin() {
        let told =
            |flags: &[_], environment: &[_]| load(flags, environment).unwrap_err().to_string();

        assert_eq!(
            told(&[("listen", "8080")], &[]),
            "--listen: `8080` is not an address like 127.0.0.1:8080"
        );
        assert_eq!(
            told(&[], &[("REGISTAN_DRAIN_SECONDS", "-1")]),
            "REGISTAN_DRAIN_SECONDS: `-1` is not a whole number of seconds"
        );
        assert_eq!(
            told(&[("calls-per-second", "many")], &[]),
            "--calls-per-second: `many` is not a whole number"
        );
        assert_eq!(
            told(&[], &[("REGISTAN_PROJECTS_URL", "projects:50051")]),
            "REGISTAN_PROJECTS_URL: `projects:50051` is not an address like http://127.0.0.1:50051"
        );
        let broken = file("listen = \"127.0.0.1:1\"\nlog = warn\n");
        let path = broken.path().to_str().unwrap();
        assert!(told(&[("config", path)], &[]).starts_with(&format!("{path}, line 2: ")));
    }

    #[test]
    fn an_address_may_be_a_name_and_a_port() {
        let settings =
            load(&[], &[("REGISTAN_AGREEMENTS_URL", "https://agreements:50051")]).unwrap();

        assert_eq!(settings.agreements_url.as_deref(), Some("https://agreements:50051"));
    }

    #[test]
    fn a_database_elsewhere_proves_its_name_unless_the_url_says_otherwise() {
        let url = |url| {
            let settings = load(&[("database-url", url)], &[]).unwrap();
            settings.database_url.unwrap().expose().to_owned()
        };

        for here in [
            "sqlite:agreements.db",
            "postgres://a:hunter2@localhost/a",
            "postgres://a@127.0.0.1:5432/a",
            "postgres://a@localhost/a?host=/run/postgresql",
            "postgres://a:hunter2@db/a?application_name=x&sslmode=verify-full",
        ] {
            assert_eq!(url(here), here);
        }
        for (elsewhere, separator) in [
            ("postgres://a:hunter2@db/a", "?"),
            ("postgresql://a:hunter2@10.0.0.1:5432/a?x=y", "&"),
            ("postgres://a:pw@localhost/a?host=db.example.org", "&"),
            ("postgres://a:pw@localhost/a?hostaddr=10.0.0.5", "&"),
            ("postgres://a:pw@localhost/a?host=/run/postgresql&host=db", "&"),
            ("postgres:///a?host=db.example.org", "&"),
            ("postgres://a:pw@localhost-db.corp/a", "?"),
            ("postgres://a:pw@127.0.0.1.nip.io/a", "?"),
        ] {
            assert_eq!(url(elsewhere), format!("{elsewhere}{separator}sslmode=verify-full"));
        }
        assert_eq!(url("Postgres://a:pw@db/a"), "postgres://a:pw@db/a?sslmode=verify-full");
        assert_eq!(url("postgres://a@db/a#part"), "postgres://a@db/a?sslmode=verify-full#part");
    }

    #[test]
    fn certificates_stand_in_a_folder() {
        let tls = |environment: &[_]| load(&[], environment).map(|it| it.tls.is_some());

        assert!(!tls(&[]).unwrap());
        assert!(tls(&[("REGISTAN_TLS_DIR", "/run/tls")]).unwrap(), "it is read when it is used");
        let error = tls(&[("REGISTAN_TLS_CA", "/run/ca.pem")]).unwrap_err().to_string();
        assert_eq!(error, "REGISTAN_TLS_CA needs tls_dir: the certificate of this process");
    }

    #[test]
    fn an_issuer_needs_an_audience_and_encryption() {
        let told = |environment: &[_]| format!("{:#}", load(&[], environment).unwrap_err());
        let issuer = ("REGISTAN_OIDC_ISSUER", "https://login.example.org/realms/registan");
        let audience = ("REGISTAN_OIDC_AUDIENCE", "registan");

        let oidc = load(&[], &[issuer, audience]).unwrap().oidc.unwrap();

        assert_eq!((oidc.issuer.as_str(), oidc.audience.as_str()), (issuer.1, audience.1));
        assert!(told(&[issuer]).contains("needs oidc_audience"), "{}", told(&[issuer]));
        assert!(told(&[audience]).contains("needs oidc_issuer"), "{}", told(&[audience]));
        let plain = told(&[("REGISTAN_OIDC_ISSUER", "http://login.example.org"), audience]);
        assert!(plain.contains("REGISTAN_OIDC_ISSUER") && plain.contains("https://"), "{plain}");

        assert!(!oidc.untyped, "ID tokens are not accepted unless somebody says so");
        let untyped = ("REGISTAN_OIDC_UNTYPED_TOKENS", "true");
        assert!(load(&[], &[issuer, audience, untyped]).unwrap().oidc.unwrap().untyped);
        assert!(told(&[untyped]).contains("needs oidc_issuer"), "{}", told(&[untyped]));
        let neither = told(&[issuer, audience, ("REGISTAN_OIDC_UNTYPED_TOKENS", "some")]);
        assert!(neither.contains("true or false"), "{neither}");
    }

    #[test]
    fn what_is_said_to_the_commands_is_no_setting_of_a_server() {
        assert!(load(&[], &[("REGISTAN_TOKEN", "ey"), ("REGISTAN_GATEWAY", "http://a")]).is_ok());
    }

    #[test]
    fn the_database_url_comes_from_a_file_and_is_never_shown() {
        let file = file("postgres://agreements:hunter2@localhost/agreements\n");
        let path = file.path().to_str().unwrap();

        let settings = load(&[], &[("REGISTAN_DATABASE_URL_FILE", path)]).unwrap();

        assert!(!format!("{settings:?}").contains("hunter2"));
        assert_eq!(
            settings.database_url.unwrap().expose(),
            "postgres://agreements:hunter2@localhost/agreements"
        );
    }

    #[test]
    fn two_databases_are_refused_without_showing_either() {
        let told = load(
            &[("database-url", "postgres://a:hunter2@b/c")],
            &[("REGISTAN_DATABASE_URL_FILE", "f")],
        );

        let error = told.unwrap_err().to_string();
        assert_eq!(
            error,
            "give the database once, not by --database-url and by REGISTAN_DATABASE_URL_FILE"
        );
    }
}
