//! Tokens that callers send back: page tokens and etags. Both are encrypted and authenticated.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use facts::ErrorReason;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Query;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::columns::id;
use crate::error::Error;

const NONCE: usize = 12;

/// The keys of a service, made from the one secret that all its replicas read from the database.
pub(crate) struct Keys {
    token: LessSafeKey,
    nonce: hmac::Key,
    etag: hmac::Key,
}

impl Keys {
    /// Derives the keys from the secret of the record.
    pub fn new(secret: &[u8]) -> Result<Self, Error> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let derived = |purpose: &str| hmac::sign(&root, purpose.as_bytes());
        let token = UnboundKey::new(&AES_256_GCM_SIV, derived("token").as_ref())
            .map_err(|_| Error::Corrupt("the secret does not make a key".to_owned()))?;
        let mac = |purpose| hmac::Key::new(hmac::HMAC_SHA256, derived(purpose).as_ref());
        Ok(Self { token: LessSafeKey::new(token), nonce: mac("nonce"), etag: mac("etag") })
    }

    /// The keys of the service whose database this is.
    pub async fn read(db: &impl ConnectionTrait) -> Result<Self, Error> {
        let query = Query::select().column(id("hex")).from(id("secret")).to_owned();
        let row = db.query_one(&query).await?;
        let row = row.ok_or_else(|| Error::Corrupt("the secret is gone".to_owned()))?;
        let secret = hex::decode(row.try_get::<String>("", "hex")?)
            .map_err(|_| Error::Corrupt("the secret is not hexadecimal".to_owned()))?;
        Self::new(&secret)
    }

    /// A quoted etag (RFC 9110) of a version. The salt is made by chance for each version, so a
    /// version that takes the place of one that was lost, after a database went back to an older
    /// copy, has another etag.
    pub fn etag(&self, uid: Uuid, revision: i64, salt: &str) -> String {
        let mut context = hmac::Context::with_key(&self.etag);
        context.update(uid.as_bytes());
        context.update(&revision.to_be_bytes());
        context.update(salt.as_bytes());
        format!("\"{}\"", BASE64.encode(&context.sign().as_ref()[..12]))
    }

    /// Seals a token for one purpose: it does not open for another. What is the same seals the
    /// same, so that an answer at an instant has the same bytes again: the nonce is made from what
    /// is sealed, and the cipher (RFC 8452) tells nothing of two tokens but whether they are equal.
    pub fn seal(&self, purpose: &str, token: &impl Serialize) -> Result<String, Error> {
        let mut bytes =
            serde_json::to_vec(token).map_err(|error| Error::Corrupt(error.to_string()))?;
        let broken = |_| Error::Corrupt("a token could not be sealed".to_owned());
        let mut context = hmac::Context::with_key(&self.nonce);
        context.update(purpose.as_bytes());
        context.update(&bytes);
        let made = context.sign();
        let nonce = Nonce::try_assume_unique_for_key(&made.as_ref()[..NONCE]).map_err(broken)?;
        self.token
            .seal_in_place_append_tag(nonce, Aad::from(purpose.as_bytes()), &mut bytes)
            .map_err(broken)?;
        Ok(BASE64.encode([&made.as_ref()[..NONCE], &bytes].concat()))
    }

    /// Opens what [`Keys::seal`] gave.
    pub fn open<T: DeserializeOwned>(
        &self,
        purpose: &str,
        argument: &'static str,
        text: &str,
    ) -> Result<T, Error> {
        let invalid = || {
            let reason = match argument {
                "resume_token" => ErrorReason::ResumeTokenInvalid,
                _ => ErrorReason::PageTokenInvalid,
            };
            let message = format!("{argument} is not one this method gave; start again without it");
            Error::invalid(argument, reason, message)
        };
        if text.len() > 8192 {
            return Err(invalid());
        }
        let bytes = BASE64.decode(text).map_err(|_| invalid())?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE).ok_or_else(invalid)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| invalid())?;
        let mut sealed = sealed.to_vec();
        let plain = self
            .token
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| invalid())?;
        serde_json::from_slice(plain).map_err(|_| invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new(&[7; 32]).unwrap()
    }

    #[test]
    fn a_token_opens_only_for_its_purpose_and_only_whole() {
        let sealed = keys().seal("agreement", &("title", 3)).unwrap();

        assert_eq!(sealed, keys().seal("agreement", &("title", 3)).unwrap(), "the same again");
        assert_ne!(sealed, keys().seal("agreement", &("title", 4)).unwrap());
        let opened: (String, i32) = keys().open("agreement", "page_token", &sealed).unwrap();
        assert_eq!(opened, ("title".to_owned(), 3));
        assert!(keys().open::<(String, i32)>("party", "page_token", &sealed).is_err());
        for place in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let tampered = String::from_utf8(bytes).unwrap();
            assert!(
                keys().open::<(String, i32)>("agreement", "page_token", &tampered).is_err(),
                "byte {place}"
            );
        }
    }

    #[test]
    fn etags_differ_by_version_and_by_resource() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));

        let etag = keys().etag(one, 1, "a");

        assert_eq!(etag, keys().etag(one, 1, "a"));
        assert_ne!(etag, keys().etag(one, 2, "a"));
        assert_ne!(etag, keys().etag(other, 1, "a"));
        assert_ne!(etag, keys().etag(one, 1, "b"));
    }
}
