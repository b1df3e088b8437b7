//! The checks of a token of any issuer: a JWT (RFC 7519, RFC 8725), signed with a key and the one
//! algorithm it is for.

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::refused::Refused;
use super::told::{Cause, tell};

/// The most bytes of a token; the headers of a request together have not much more room.
pub(super) const MOST_BYTES: usize = 8 * 1024;
/// How far, in seconds, the issuer's clock may be from ours.
pub(super) const LEEWAY: i64 = 30;
/// A subject is at most this long (OpenID Connect Core 2).
const LONGEST_SUBJECT: usize = 255;
/// The types of access tokens (RFC 9068), with and without the prefix that may be left out (RFC
/// 7515 4.1.9).
const ACCESS_TYPES: [&str; 2] = ["at+jwt", "application/at+jwt"];
/// The type of any JWT: an ID token has it, or none, and so has an access token of an issuer that
/// knows no RFC 9068.
const ANY_TYPE: &str = "jwt";
/// Public keys alone: with a shared secret everybody who can verify could also issue.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256];

/// The types of tokens that are accepted. An ID token says who logged in somewhere, to a program
/// that may be anybody's; it must not open this record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Types {
    /// Access tokens that say so.
    Access,
    /// Also those that say `JWT`, or nothing: for issuers that give access tokens no type of their
    /// own.
    Untyped,
}

impl Types {
    fn accept(self, typ: Option<&str>) -> bool {
        let any = self == Self::Untyped;
        typ.map_or(any, |typ| {
            let is = |known: &str| typ.eq_ignore_ascii_case(known);
            ACCESS_TYPES.iter().any(|known| is(known)) || (any && is(ANY_TYPE))
        })
    }
}

/// A public key, and the one algorithm it is for.
#[derive(Clone)]
pub(super) struct Key {
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// The claims that a token must have.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    /// The most seconds between its making and its end.
    pub lifetime: i64,
}

/// The claims of a token. The audience is checked on the way.
#[derive(Deserialize)]
pub(super) struct Claims<More> {
    iss: String,
    pub sub: String,
    pub exp: i64,
    iat: i64,
    nbf: Option<i64>,
    /// How they proved who they are (RFC 8176).
    #[serde(default)]
    amr: Vec<String>,
    /// Only ID tokens have it (OpenID Connect Core 3.1.3.6).
    at_hash: Option<serde::de::IgnoredAny>,
    #[serde(flatten)]
    pub more: More,
}

impl<More> Claims<More> {
    /// Returns whether the holder was authenticated by more than one factor.
    pub fn is_strong(&self) -> bool {
        self.amr.iter().any(|method| method == "mfa")
    }
}

/// The id of the key that a token names, if the token is of one of these types. Nothing of it is
/// verified yet.
pub(super) fn key_id(token: &str, types: Types) -> Result<String, Refused> {
    let header = decode_header(token).map_err(|_| Refused::Malformed)?;
    // `crit` asks us to understand what we do not.
    if !types.accept(header.typ.as_deref())
        || !ALGORITHMS.contains(&header.alg)
        || header.crit.is_some()
    {
        return Err(Refused::Malformed);
    }
    header.kid.ok_or(Refused::Unknown)
}

/// Verifies a token at an instant, in seconds since 1970 UTC.
pub(super) fn verify<More: DeserializeOwned>(
    token: &str,
    key: &Key,
    expected: &Expected<'_>,
    now: i64,
) -> Result<Claims<More>, Refused> {
    let mut wanted = Validation::new(key.algorithm);
    wanted.set_audience(&[expected.audience]);
    wanted.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
    // By our own clock, below.
    wanted.validate_exp = false;
    let decoded = decode::<Claims<More>>(token, &key.key, &wanted);
    let claims = decoded.map_err(|error| refused(error.kind(), token))?.claims;
    if claims.iss != expected.issuer {
        return Err(unknown(Cause::Issuer, token));
    }
    if now.saturating_sub(LEEWAY) >= claims.exp {
        return Err(Refused::Expired);
    }
    let begins = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    if begins > now.saturating_add(LEEWAY) {
        return Err(Refused::NotYetValid);
    }
    if claims.exp.saturating_sub(claims.iat) > expected.lifetime {
        return Err(Refused::TooLong(expected.lifetime));
    }
    check_subject(&claims.sub)?;
    if claims.at_hash.is_some() {
        return Err(Refused::Malformed);
    }
    Ok(claims)
}

/// Refuses a subject that no database keeps: they keep it as text, and PostgreSQL keeps no U+0000.
fn check_subject(subject: &str) -> Result<(), Refused> {
    let problem = match subject {
        "" => "is empty",
        _ if subject.len() > LONGEST_SUBJECT => "is longer than 255 bytes",
        _ if subject.chars().any(char::is_control) => "has a control character",
        _ => return Ok(()),
    };
    Err(Refused::Claim("sub", problem))
}

/// A token from elsewhere: the log says what is wrong.
fn unknown(cause: Cause, token: &str) -> Refused {
    let kid = decode_header(token).ok().and_then(|header| header.kid).unwrap_or_default();
    tell(cause, token, &kid);
    Refused::Unknown
}

/// Returns the claim that is missing or is not what it must be, of a token whose signature is
/// verified: that tells nothing to somebody who could not sign it.
fn claim(token: &str) -> Refused {
    let Ok(claims) = insecure_decode_claims::<Map<String, Value>>(token) else {
        return Refused::Malformed;
    };
    for (name, is_text) in [("iss", true), ("sub", true), ("exp", false), ("iat", false)] {
        match claims.get(name) {
            None | Some(Value::Null) => return Refused::Claim(name, "is missing"),
            Some(value) if is_text && !value.is_string() => {
                return Refused::Claim(name, "is no text");
            }
            Some(value) if !is_text && !value.is_i64() => {
                return Refused::Claim(name, "is no whole number of seconds since 1970");
            }
            Some(_) => {}
        }
    }
    Refused::Malformed
}

fn refused(kind: &ErrorKind, token: &str) -> Refused {
    match kind {
        ErrorKind::InvalidAudience => unknown(Cause::Audience, token),
        ErrorKind::InvalidSignature => unknown(Cause::Signature, token),
        ErrorKind::InvalidIssuer => unknown(Cause::Issuer, token),
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => unknown(Cause::Audience, token),
        ErrorKind::MissingRequiredClaim(claim) if claim == "iss" => unknown(Cause::Issuer, token),
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) => claim(token),
        _ => Refused::Malformed,
    }
}
