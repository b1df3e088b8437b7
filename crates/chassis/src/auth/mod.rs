//! Authentication: every process verifies the access token itself.
//!
//! - `bearer`: finds the token in a request
//! - `token`: the checks of a token of any issuer
//! - `oidc`: tokens of the issuer that the settings name; `keys` and `fetch` are its keys and how
//!   they are fetched
//! - `development`: tokens of a key in the data folder, on loopback alone
//! - `verified`: tokens that were verified before, so that a call costs one hash and one look-up
//! - `told`: what the log says of a token from elsewhere
//! - `grants`: what the record grants to the subject of a token
//!
//! A token says who somebody is. What they may do is for the record to say, but for development.

mod bearer;
pub mod development;
mod fetch;
pub mod grants;
mod identity;
mod keys;
mod oidc;
mod refused;
mod token;
mod told;
mod verified;

use std::sync::Arc;

use aws_lc_rs::digest;
use facts::vocabulary::Vocabulary;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use policy::{Caller, Role};

use self::bearer::bearer;
pub(crate) use self::fetch::encrypted;
use self::grants::GrantSource;
use self::identity::Identity;
pub use self::oidc::oidc_keys;
use self::refused::Refused;
use self::verified::Verified;
use crate::clock::Clock;
use crate::{Failure, Settings};

/// The issuer whose tokens are accepted.
enum Issuer {
    /// None: every caller is anonymous.
    Nobody,
    /// The key in the data folder.
    Development(development::Issuer),
    /// The issuer that the settings name.
    Oidc(Arc<oidc::Issuer>),
}

/// Finds out who sends a request.
pub(crate) struct Authenticator {
    issuer: Issuer,
    verified: Verified,
    grant_source: Option<Arc<dyn GrantSource>>,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// As `settings` say. An error says what does not fit together.
    pub fn new(
        settings: &Settings,
        grant_source: Option<Arc<dyn GrantSource>>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let issuer = if development::is_on(settings)? {
            Issuer::Development(development::Issuer::in_folder(&settings.data_dir))
        } else if let Some(settings) = &settings.oidc {
            Issuer::Oidc(Arc::new(oidc::Issuer::new(settings, Arc::clone(&clock))?))
        } else {
            Issuer::Nobody
        };
        Ok(Self { issuer, verified: Verified::default(), grant_source, clock })
    }

    /// Tells the log whose tokens are taken.
    pub fn announce(&self) {
        match &self.issuer {
            Issuer::Nobody => tracing::warn!(
                "no issuer of access tokens is set (oidc_issuer): everybody is anonymous"
            ),
            Issuer::Development(_) => {
                tracing::info!("takes access tokens of the development issuer: `registan token`");
            }
            Issuer::Oidc(issuer) => {
                tracing::info!(issuer = issuer.name(), "takes access tokens");
            }
        }
    }

    /// Returns the caller with these headers: anonymous without a token; an error for a token that
    /// is not valid.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Failure> {
        let token = match bearer(headers) {
            Ok(None) => return Ok(Caller::anonymous()),
            Ok(Some(token)) => token,
            Err(refused) => return Err(self.failure(&refused)),
        };
        let identity = match self.identity(token).await {
            Ok(identity) => identity,
            Err(refused) => return Err(self.failure(&refused)),
        };
        let mut grants = identity.grants.clone();
        if let (Issuer::Oidc(_), Some(source)) = (&self.issuer, &self.grant_source) {
            let Some(header) = headers.get(AUTHORIZATION) else { return Ok(Caller::anonymous()) };
            grants = source.grants(&identity.subject, header).await?;
        }
        Ok(Caller { subject: identity.subject.clone(), grants, strong: identity.strong })
    }

    /// The instant from which the token that was sent with these headers is of no use, in
    /// microseconds since 1970 UTC: without the leeway that clocks are given when a call begins.
    pub async fn expires(&self, headers: &HeaderMap) -> Result<i64, Failure> {
        let refused = |refused: Refused| self.failure(&refused);
        let Some(token) = bearer(headers).map_err(refused)? else { return Ok(i64::MAX) };
        let identity = match self.identity(token).await {
            Ok(identity) => identity,
            Err(Refused::Expired) => return Ok(0),
            Err(other) => return Err(refused(other)),
        };
        Ok(identity.expires.saturating_mul(1_000_000))
    }

    async fn identity(&self, token: &str) -> Result<Arc<Identity>, Refused> {
        let seconds = self.clock.now() / 1_000_000;
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        if let Some(identity) = self.verified.find(hash.as_ref(), seconds) {
            return Ok(identity);
        }
        let identity = match &self.issuer {
            Issuer::Nobody => return Err(Refused::Unknown),
            Issuer::Development(issuer) => issuer.verify(token, seconds)?,
            Issuer::Oidc(issuer) => issuer.verify(token).await?,
        };
        let identity = Arc::new(identity);
        self.verified.keep(hash.as_ref(), &identity, seconds);
        Ok(identity)
    }

    /// Returns the error for the caller. On loopback the likeliest mistake is the key of another
    /// folder, so it names ours.
    fn failure(&self, refused: &Refused) -> Failure {
        match (&self.issuer, refused) {
            (Issuer::Development(issuer), Refused::Unknown) => Refused::other_key(&issuer.folder()),
            _ => refused.failure(&self.advice(&[])),
        }
    }

    /// How to get a token that is taken here, with the first of some roles.
    pub fn advice(&self, roles: &[Role]) -> String {
        match &self.issuer {
            Issuer::Nobody => {
                "this process takes none: its operator must set oidc_issuer and oidc_audience"
                    .to_owned()
            }
            Issuer::Development(_) => format!(
                "get one with `registan token --role {} --desk all` and send it as `authorization: Bearer TOKEN`",
                roles.first().unwrap_or(&Role::Editor).word().to_lowercase()
            ),
            Issuer::Oidc(issuer) => format!(
                "get one from {} for the audience {} and send it as `authorization: Bearer TOKEN`",
                issuer.name(),
                issuer.audience()
            ),
        }
    }
}
