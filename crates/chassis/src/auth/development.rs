//! Tokens for development: of a key in the data folder, accepted on loopback alone, where who can
//! read the key can read the databases too. They say what their holder may do, which no other token
//! does.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, Result, bail};
use aws_lc_rs::digest;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use policy::{Desks, Grant, Role, Tier};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::identity::Identity;
use super::refused::Refused;
use super::token::{self, Claims, Expected, Key, Types};
use crate::Settings;

mod file;

/// The name of the issuer.
const ISSUER: &str = "registan-development";
/// Whom its tokens are for.
const AUDIENCE: &str = "registan";
/// Where its key lies, in the data folder.
pub const KEY_FILE: &str = "development-issuer.key";
/// The longest life of one of its tokens, in hours: a day of work.
pub const MOST_HOURS: u32 = 24;

/// Returns whether its tokens are accepted: on loopback, without an OIDC issuer, unless the
/// settings say no. An error if they say yes where it cannot be.
pub fn is_on(settings: &Settings) -> Result<bool> {
    let may = settings.listen.ip().is_loopback() && settings.oidc.is_none();
    if settings.development_issuer == Some(true) && !may {
        bail!(
            "development_issuer takes tokens of a key in the data folder, which is right on loopback without oidc_issuer alone: \
             listen on 127.0.0.1, or leave development_issuer out"
        );
    }
    Ok(may && settings.development_issuer != Some(false))
}

/// A token to make.
#[derive(Clone, Debug)]
pub struct Token {
    /// The subject of its holder; the log records it as `development#SUBJECT`.
    pub subject: String,
    /// The roles of the holder.
    pub roles: Vec<Role>,
    /// For which desks.
    pub desks: Desks,
    /// Up to which tier.
    pub tier: Tier,
    /// How long it holds, at most [`MOST_HOURS`].
    pub hours: u32,
}

/// The claims of a token of this issuer: what it grants.
#[derive(Deserialize, Serialize)]
struct Given {
    roles: Vec<Role>,
    /// Ids of desks, or `all`.
    desks: Vec<String>,
    tier: Tier,
}

impl Token {
    /// Signs it with the key in `folder`, which is made if it is not there, at an instant in
    /// microseconds since 1970 UTC.
    pub fn sign(&self, folder: &Path, now: i64) -> Result<String> {
        let signer = Signer::of(file::read_or_make(&folder.join(KEY_FILE))?)?;
        let made = now / 1_000_000;
        let given = Given {
            roles: self.roles.clone(),
            desks: self.desks.words().into_iter().map(ToOwned::to_owned).collect(),
            tier: self.tier,
        };
        let claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": self.subject,
            "iat": made,
            "exp": made + i64::from(self.hours.min(MOST_HOURS)) * 3600,
            "amr": ["mfa"],
            "roles": given.roles,
            "desks": given.desks,
            "tier": given.tier,
        });
        let header = Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(signer.id),
            ..Header::new(Algorithm::EdDSA)
        };
        let key = EncodingKey::from_ed_der(&signer.private);
        encode(&header, &claims, &key).context("the token cannot be signed")
    }
}

/// True if there is a key in `folder` that this user may read.
pub fn has_key(folder: &Path) -> bool {
    file::read(&folder.join(KEY_FILE)).is_ok_and(|key| key.is_some())
}

/// Returns the id of the key in `folder`, if there is one. An error where it cannot be used.
pub fn key_id(folder: &Path) -> Result<Option<String>> {
    let key = file::read(&folder.join(KEY_FILE))?;
    Ok(key.map(Signer::of).transpose()?.map(|signer| signer.id))
}

/// Makes the key in `folder`, if it is not there, so that those who may read the folder can sign a
/// token with it.
pub fn make_key(folder: &Path) -> Result<()> {
    file::read_or_make(&folder.join(KEY_FILE)).map(drop)
}

/// A key pair.
struct Signer {
    /// PKCS#8.
    private: Vec<u8>,
    public: Vec<u8>,
    /// Names the key in its tokens.
    id: String,
}

impl Signer {
    fn of(private: Vec<u8>) -> Result<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(&private);
        let pair = pair.map_err(|_| {
            anyhow::anyhow!(
                "{KEY_FILE} in the data folder is no key: remove it, and a new one is made"
            )
        })?;
        let public = pair.public_key().as_ref().to_vec();
        let id = hex::encode(&digest::digest(&digest::SHA256, &public).as_ref()[..8]);
        Ok(Self { private, public, id })
    }
}

/// Verifies the tokens. The key is read when the first of them comes, and again for one of another
/// key.
pub(super) struct Issuer {
    file: PathBuf,
    known: RwLock<Option<(String, Arc<Key>)>>,
}

impl Issuer {
    /// The one whose key lies, or will lie, in `folder`.
    pub fn in_folder(folder: &Path) -> Self {
        Self { file: folder.join(KEY_FILE), known: RwLock::default() }
    }

    /// The folder of its key, from the root.
    pub fn folder(&self) -> String {
        crate::private::absolute(self.file.parent().unwrap_or(&self.file))
    }

    /// Verifies one of its tokens at an instant, in seconds since 1970 UTC.
    pub fn verify(&self, token: &str, now: i64) -> Result<Identity, Refused> {
        let key = self.key(&token::key_id(token, Types::Access)?).ok_or(Refused::Unknown)?;
        let lifetime = i64::from(MOST_HOURS) * 3600;
        let expected = Expected { issuer: ISSUER, audience: AUDIENCE, lifetime };
        let claims: Claims<Given> = token::verify(token, &key, &expected, now)?;
        // A desk that is not known here gives nothing.
        let desks = claims.more.desks.iter().filter_map(|word| Desks::word(word));
        let desks = desks.fold(Desks::NONE, Desks::and);
        let tier = claims.more.tier;
        let grant = |role: &Role| Grant { role: *role, desks, tier, resource: None, expires: None };
        Ok(Identity {
            subject: format!("development#{}", claims.sub),
            strong: claims.is_strong(),
            grants: claims.more.roles.iter().map(grant).collect(),
            expires: claims.exp,
        })
    }

    fn key(&self, id: &str) -> Option<Arc<Key>> {
        let find = |known: &Option<(String, Arc<Key>)>| {
            known.as_ref().filter(|(known, _)| known == id).map(|(_, key)| Arc::clone(key))
        };
        if let Some(key) = find(&self.known.read().unwrap_or_else(PoisonError::into_inner)) {
            return Some(key);
        }
        let signer = match file::read(&self.file).and_then(|key| key.map(Signer::of).transpose()) {
            Ok(signer) => signer?,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the development issuer has no key");
                return None;
            }
        };
        let key =
            Key { algorithm: Algorithm::EdDSA, key: DecodingKey::from_ed_der(&signer.public) };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some((signer.id, Arc::new(key)));
        find(&known)
    }
}
