//! The address of a database of PostgreSQL: whether it is one, and why nobody answers there.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::time::timeout;

/// The parameters that the driver knows. It ignores all others.
const PARAMETERS: [&str; 19] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
    // Of libpq, by which `pg_dump` is called: without it that would wait for ever.
    "connect_timeout",
];
/// So many letters apart, a parameter is perhaps misspelt.
const NEAR: usize = 3;
const TIMEOUT: Duration = Duration::from_secs(4);

/// Fails if an address is none of PostgreSQL, without it in the error: sea-orm repeats one that it
/// cannot read, with the password. A parameter that the driver would ignore is an error too: a
/// misspelt `sslmode` would be no encryption.
pub(super) fn check(url: &str) -> Result<(), DbErr> {
    let is_scheme = ["postgres://", "postgresql://"].iter().any(|it| url.starts_with(it));
    if !is_scheme || url.parse::<PgConnectOptions>().is_err() {
        let message = "its address is none: write sqlite:PATH, or \
                       postgres://USER:PASSWORD@HOST/DATABASE with signs like / or @ in the \
                       password as %2F or %40";
        return Err(DbErr::Custom(message.to_owned()));
    }
    match keys(url).find(|key| !is_known(key)) {
        None => Ok(()),
        Some(key) => Err(DbErr::Custom(unknown(key))),
    }
}

/// The names of the parameters in an address.
fn keys(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |it| it.1);
    let all = query.split('&').filter(|part| !part.is_empty());
    all.map(|part| part.split_once('=').map_or(part, |(key, _)| key))
}

fn is_known(key: &str) -> bool {
    PARAMETERS.contains(&key)
        || key.starts_with("options[")
        || key.to_lowercase().starts_with("options%5b")
}

/// Names a parameter that is near a known one. Another is not repeated: where a password has a `?`
/// it would be a part of that.
fn unknown(key: &str) -> String {
    let near = PARAMETERS.map(|known| (strsim::damerau_levenshtein(known, key), known));
    let near = near.into_iter().min().filter(|(distance, _)| *distance <= NEAR);
    let known = PARAMETERS.join(", ");
    match near {
        Some((_, meant)) => format!(
            "nothing reads the parameter `{key}` of its address; did you mean `{meant}`? known are \
             {known}"
        ),
        None => format!("its address has a parameter that nothing reads: known are {known}"),
    }
}

/// Returns whether a pool gave up.
pub(super) fn is_timeout(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => true,
        DbErr::Conn(RuntimeErr::SqlxError(source)) => {
            matches!(**source, sqlx::Error::PoolTimedOut)
        }
        _ => false,
    }
}

/// Returns why no connection to an address can be made: a pool says nothing but that its time is
/// over.
pub(super) async fn refusal(url: &str) -> DbErr {
    let over = || DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
    let Ok(options) = url.parse::<PgConnectOptions>() else { return over() };
    match timeout(TIMEOUT, options.disable_statement_logging().connect()).await {
        Ok(Err(error)) => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))),
        // It answers by now, or it does not answer at all.
        Ok(Ok(_)) | Err(_) => over(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str) -> String {
        check(url).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_parameter_that_nothing_reads_is_refused() {
        let misspelt = told("postgres://a:hunter2@db/a?sslmod=verify-full");
        assert!(
            misspelt.contains("`sslmod` of its address; did you mean `sslmode`?"),
            "{misspelt}"
        );
        assert!(!misspelt.contains("hunter2") && !misspelt.contains("verify"), "{misspelt}");
        let other = told("postgres://a:12?hunter2@db/a");
        assert!(other.contains("known are") && !other.contains("hunter2"), "{other}");
    }

    #[test]
    fn parameters_of_the_driver_are_taken() {
        for url in [
            "postgres://a:b@db/a",
            "postgresql://a@localhost/a?host=/run/postgresql",
            "postgres://a@db/a?sslmode=verify-full&sslrootcert=/ca.crt&application_name=x#part",
            "postgres://a@db/a?options=-c%20x%3Dy&options[search_path]=law",
            "postgres://a@db/a?connect_timeout=5",
        ] {
            assert_eq!(told(url), "", "{url}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_refuses() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);

        let error = refusal(&format!("postgres://a:hunter2@{address}/a")).await.to_string();

        assert!(error.contains("refused") && !error.contains("hunter2"), "{error}");
    }
}
