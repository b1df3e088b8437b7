//! The keys of access tokens: whether they can be read, and how old they are.

use std::fs;
use std::time::Duration;

use chassis::Settings;
use chassis::auth::{development, oidc_keys};
use chassis::clock::{Clock, SystemClock};
use tokio::time::timeout;

use super::finding::Finding;
use crate::cli::ServiceName;

const WHAT: &str = "token keys";
/// How long an issuer may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A key that is older should be replaced.
const OLD_DAYS: i64 = 365;
const DAY: i64 = 24 * 3_600_000_000;

/// Looks at the keys by which access tokens are verified.
pub async fn look(service: Option<ServiceName>, settings: &Settings) -> Finding {
    match development::is_on(settings) {
        Err(error) => Finding::problem(WHAT, format!("{error:#}"), ""),
        Ok(true) => development_key(service, settings),
        Ok(false) => match &settings.oidc {
            None => Finding::warning(
                WHAT,
                "no issuer is set: everybody is anonymous, and nobody may write",
                "set oidc_issuer and oidc_audience",
            ),
            Some(oidc) => match timeout(TIMEOUT, oidc_keys(oidc)).await {
                Ok(Ok(count)) => {
                    Finding::good(WHAT, format!("{} answers, {count} keys", oidc.issuer))
                }
                Ok(Err(error)) => Finding::problem(
                    WHAT,
                    format!("the keys of {} cannot be fetched: {error:#}", oidc.issuer),
                    "is oidc_issuer right, does it answer, is its certificate known (SSL_CERT_FILE)?",
                ),
                Err(_) => Finding::problem(
                    WHAT,
                    format!("{} does not answer", oidc.issuer),
                    "is oidc_issuer right, and may this machine reach it?",
                ),
            },
        },
    }
}

fn development_key(service: Option<ServiceName>, settings: &Settings) -> Finding {
    let id = match development::key_id(&settings.data_dir) {
        Err(error) => return Finding::problem(WHAT, format!("{error:#}"), ""),
        Ok(None) => {
            // A service that is served alone finds a key, and makes none.
            let maker = if service.is_none() { "serve" } else { "token" };
            let said = format!("none yet: `registan {maker}` makes one, for loopback alone");
            return Finding::good(WHAT, said);
        }
        Ok(Some(id)) => id,
    };
    let file = settings.data_dir.join(development::KEY_FILE);
    let made = fs::metadata(&file).and_then(|metadata| metadata.modified());
    let made = made.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let made = made.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0));
    age(&id, (SystemClock.now() - made) / DAY, &file.display().to_string())
}

fn age(id: &str, days: i64, file: &str) -> Finding {
    let said = format!("{id} of the development issuer, {days} days old, for loopback alone");
    if days > OLD_DAYS {
        let remedy = format!("remove {file}: a new one is made, and tokens of the old one end");
        return Finding::warning(WHAT, said, &remedy);
    }
    Finding::good(WHAT, said)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn an_old_key_should_be_replaced() {
        assert_eq!(age("k", 1, "f").level, Level::Good);
        assert_eq!(age("k", OLD_DAYS + 1, "f").level, Level::Warning);
    }
}
