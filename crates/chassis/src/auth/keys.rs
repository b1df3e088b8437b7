//! The public keys of an issuer (JWKS, RFC 7517).

use std::collections::HashMap;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::token::Key;

/// By their id.
#[derive(Default)]
pub(super) struct Keys(HashMap<String, Key>);

#[derive(Deserialize)]
struct Written {
    keys: Vec<Value>,
}

impl Keys {
    /// Reads a key set. A key of a kind that is not taken here, or without an id, is passed over.
    pub fn read(json: &[u8]) -> serde_json::Result<Self> {
        let written: Written = serde_json::from_slice(json)?;
        Ok(Self(written.keys.into_iter().filter_map(key).collect()))
    }

    /// The key with this id.
    pub fn find(&self, id: &str) -> Option<&Key> {
        self.0.get(id)
    }

    /// The number of those of a kind that is taken here.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if none is of a kind that is taken here.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn key(written: Value) -> Option<(String, Key)> {
    let jwk: Jwk = serde_json::from_value(written).ok()?;
    // What the issuer encrypts with is not for signatures.
    let for_what = jwk.common.public_key_use.as_ref();
    if for_what.is_some_and(|for_what| *for_what != PublicKeyUse::Signature) {
        return None;
    }
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    if jwk.common.key_algorithm.is_some_and(|said| said != name) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some((jwk.common.key_id?, Key { algorithm, key }))
}
