//! Tokens of an OpenID Connect issuer. Its keys are found by discovery and kept: fetched again when
//! they are old, and, at most every half minute, for a key that is not known; used for an hour more
//! while the issuer is down.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, ensure};
use instruments::table::{TOKEN_KEYS_FAILURES, TOKEN_KEYS_TIME};
use reqwest::Client;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::fetch::{client, fetch};
use super::identity::Identity;
use super::keys::Keys;
use super::refused::{RETRY, Refused};
use super::token::{self, Claims, Expected, Key, Types};
use super::told::{Cause, tell};
use crate::clock::{Clock, SystemClock};
use crate::config::Oidc;

/// The longest life of an access token, in seconds. Nothing calls one back before its end, so this
/// is how long a stolen one is of use; every issuer can be told to keep to it.
const LIFETIME: i64 = 15 * 60;
/// Keys older than this are fetched again, while they are still in use.
const FRESH: Duration = Duration::from_mins(5);
/// Keys older than this are not used: the issuer may have withdrawn one.
const STALE: Duration = Duration::from_hours(1);

/// An issuer, and what is known of its keys.
pub(super) struct Issuer {
    settings: Oidc,
    client: Client,
    clock: Arc<dyn Clock>,
    /// The keys, and when they were fetched.
    known: RwLock<Option<(Arc<Keys>, i64)>>,
    /// When they were asked for last, also in vain. Held while asking.
    asked: Mutex<Option<i64>>,
}

/// A token of an issuer gives nothing but who it is.
#[derive(Deserialize)]
struct Nothing {}

/// The fields used of OpenID Connect Discovery 1.0, section 3.
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

/// Fetches the keys of an issuer, and returns how many there are that are taken here.
pub async fn oidc_keys(settings: &Oidc) -> anyhow::Result<usize> {
    Ok(Issuer::new(settings, Arc::new(SystemClock))?.fetch().await?.len())
}

impl Issuer {
    /// Asks for nothing yet.
    pub fn new(settings: &Oidc, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        // A counter that began with its first failure would show no increase by it.
        TOKEN_KEYS_FAILURES.with(&[]);
        let (known, asked) = (RwLock::default(), Mutex::default());
        Ok(Self { settings: settings.clone(), client: client()?, clock, known, asked })
    }

    /// Its name, a URL.
    pub fn name(&self) -> &str {
        &self.settings.issuer
    }

    /// Whom its tokens are for.
    pub fn audience(&self) -> &str {
        &self.settings.audience
    }

    /// Verifies one of its tokens.
    pub async fn verify(self: &Arc<Self>, token: &str) -> Result<Identity, Refused> {
        let types = if self.settings.untyped { Types::Untyped } else { Types::Access };
        let id = token::key_id(token, types)?;
        let key = self.key(&id).await.inspect_err(|refused| {
            if matches!(refused, Refused::Unknown) {
                tell(Cause::Key, token, &id);
            }
        })?;
        let expected =
            Expected { issuer: self.name(), audience: self.audience(), lifetime: LIFETIME };
        let claims: Claims<Nothing> =
            token::verify(token, &key, &expected, self.clock.now() / 1_000_000)?;
        Ok(Identity {
            subject: format!("{}#{}", self.name(), claims.sub),
            strong: claims.is_strong(),
            grants: Vec::new(),
            expires: claims.exp,
        })
    }

    async fn key(self: &Arc<Self>, id: &str) -> Result<Key, Refused> {
        let (mut keys, is_old) = self.keys();
        if keys.as_ref().is_none_or(|keys| keys.find(id).is_none()) {
            // A caller who leaves must not take the keys of the others away.
            let fetched = tokio::spawn(Arc::clone(self).refresh()).await;
            fetched.map_err(|_| Refused::NoKeys)?;
            keys = self.keys().0;
        } else if is_old {
            tokio::spawn(Arc::clone(self).refresh());
        }
        let keys = keys.ok_or(Refused::NoKeys)?;
        keys.find(id).cloned().ok_or(Refused::Unknown)
    }

    /// The keys, unless they are too old for use, and whether it is time to fetch them again.
    fn keys(&self) -> (Option<Arc<Keys>>, bool) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let Some((keys, since)) = &*known else { return (None, true) };
        let age = self.age(*since);
        ((age <= STALE).then(|| Arc::clone(keys)), age > FRESH)
    }

    /// How long ago, or ahead where the clock was put back.
    fn age(&self, since: i64) -> Duration {
        Duration::from_micros(self.clock.now().abs_diff(since))
    }

    /// Fetches the keys, unless somebody just did.
    async fn refresh(self: Arc<Self>) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|since| self.age(since) < RETRY) {
            return;
        }
        let now = self.clock.now();
        *asked = Some(now);
        match self.fetch().await {
            Ok(keys) => {
                let seconds = Duration::from_micros(u64::try_from(now).unwrap_or_default());
                TOKEN_KEYS_TIME.with(&[]).set(seconds.as_secs_f64());
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *known = Some((Arc::new(keys), now));
            }
            Err(error) => {
                TOKEN_KEYS_FAILURES.with(&[]).one();
                tracing::warn!(
                    issuer = self.name(),
                    error = format!("{error:#}"),
                    "its keys cannot be fetched"
                );
            }
        }
    }

    async fn fetch(&self) -> anyhow::Result<Keys> {
        let base = self.name().trim_end_matches('/');
        let document =
            fetch(&self.client, &format!("{base}/.well-known/openid-configuration")).await?;
        let discovered: Discovered =
            serde_json::from_slice(&document).context("its discovery document is not one")?;
        ensure!(
            discovered.issuer == self.name(),
            "its discovery document is that of another issuer, {}",
            discovered.issuer
        );
        let set = fetch(&self.client, &discovered.jwks_uri).await?;
        let keys = Keys::read(&set).context("its key set is not one")?;
        ensure!(!keys.is_empty(), "its key set holds no key for ES256, EdDSA or RS256");
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_fetches_are_counted_from_zero() {
        let (issuer, audience) = ("https://login.example.org".to_owned(), "registan".to_owned());
        let settings = Oidc { issuer, audience, untyped: false };
        Issuer::new(&settings, Arc::new(SystemClock)).unwrap();

        assert!(instruments::text().contains("\nregistan_token_keys_failures_total 0\n"));
    }
}
