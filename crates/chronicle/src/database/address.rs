//! The address of a database of PostgreSQL: whether it is one, and why nobody answers there.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::time::timeout;

/// The parameters that the driver knows. It ignores all others, with a line in the log.
const PARAMETERS: [&str; 18] = [
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
];
/// Parameters of libpq that read like one of the driver. An address that `pg_dump` is given too may
/// have these, and others of libpq.
const OF_LIBPQ: [&str; 4] = ["sslcrl", "sslcrldir", "sslcertmode", "sslsni"];
/// So many letters apart, a parameter is perhaps misspelt.
const NEAR: usize = 2;
const TIMEOUT: Duration = Duration::from_secs(4);

/// Fails if an address is none of PostgreSQL, without it in the error: sea-orm repeats one that it
/// cannot read, with the password. A misspelt parameter, which the driver would ignore, is an error
/// too: of `sslmode` it would be no encryption.
pub(super) fn check(url: &str) -> Result<(), DbErr> {
    let is_scheme = ["postgres://", "postgresql://"].iter().any(|it| url.starts_with(it));
    if !is_scheme || url.parse::<PgConnectOptions>().is_err() {
        let message = "its address is none: write sqlite:PATH, or \
                       postgres://USER:PASSWORD@HOST/DATABASE with signs like / or @ in the \
                       password as %2F or %40";
        return Err(DbErr::Custom(message.to_owned()));
    }
    match keys(url).filter(|key| !is_known(key)).find_map(misspelt) {
        None => Ok(()),
        Some(message) => Err(DbErr::Custom(message)),
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
        || OF_LIBPQ.contains(&key)
        || key.starts_with("options[")
        || key.to_lowercase().starts_with("options%5b")
}

/// Returns that a parameter is near a known one, if it is.
fn misspelt(key: &str) -> Option<String> {
    let near = PARAMETERS.map(|known| (strsim::damerau_levenshtein(known, key), known));
    let (_, meant) = near.into_iter().min().filter(|(distance, _)| *distance <= NEAR)?;
    let known = PARAMETERS.join(", ");
    Some(format!(
        "nothing reads the parameter `{key}` of its address; did you mean `{meant}`? known are {known}"
    ))
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
    fn a_misspelt_parameter_is_refused() {
        let misspelt = told("postgres://a:hunter2@db/a?sslmod=verify-full");
        assert!(
            misspelt.contains("`sslmod` of its address; did you mean `sslmode`?"),
            "{misspelt}"
        );
        assert!(!misspelt.contains("hunter2") && !misspelt.contains("verify"), "{misspelt}");
    }

    #[test]
    fn parameters_of_the_driver_and_of_libpq_are_taken() {
        for url in [
            "postgres://a:b@db/a",
            "postgresql://a@localhost/a?host=/run/postgresql",
            "postgres://a@db/a?sslmode=verify-full&sslrootcert=/ca.crt&application_name=x#part",
            "postgres://a@db/a?options=-c%20x%3Dy&options[search_path]=law",
            "postgres://a@db/a?connect_timeout=5&channel_binding=require&gssencmode=disable",
            "postgres://a@db/a?target_session_attrs=read-write&keepalives_idle=9&sslcrl=/x&sslsni=1",
            "postgres://a@db/a?tcp_user_timeout=9&load_balance_hosts=random&passfile=/x",
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
