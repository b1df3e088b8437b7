//! The errors of tokens that are not accepted.

use std::time::Duration;

use crate::failure::{Code, ErrorReason, Failure};

/// The minimum interval between fetches of keys, also while callers send tokens of keys that do not
/// exist.
pub(super) const RETRY: Duration = Duration::from_secs(30);

/// The reason for which a token is not accepted. No more is revealed: the rest would help to forge
/// one.
#[derive(Debug)]
pub(super) enum Refused {
    /// It was valid once.
    Expired,
    /// It will be valid later, or the clocks differ.
    NotYetValid,
    /// Not from an issuer, not by a key or not for an audience that is known here.
    Unknown,
    /// Not a token of the kind that is taken here.
    Malformed,
    /// A claim that is missing, or not as it must be: its name, and what is wrong with it.
    Claim(&'static str, &'static str),
    /// Signed to hold for longer than so many seconds.
    TooLong(i64),
    /// The keys of the issuer cannot be had.
    NoKeys,
}

impl Refused {
    /// Returns the error for the caller; `advice` says how to get a token.
    pub fn failure(&self, advice: &str) -> Failure {
        let (problem, what) = match *self {
            Self::Expired => ("EXPIRED", "has expired"),
            Self::NotYetValid => ("NOT_YET_VALID", "is not valid yet"),
            Self::Unknown => (
                "UNKNOWN_ISSUER_OR_KEY",
                "is not from an issuer, by a key and for an audience that are known here",
            ),
            Self::Malformed => (
                "MALFORMED",
                "is not one of the kind taken here: a JWT of the type at+jwt, signed with ES256, EdDSA or RS256, of at most 8 KiB",
            ),
            Self::Claim(name, problem) => {
                let what =
                    format!("is not one of the kind taken here: its claim `{name}` {problem}");
                return Self::invalid("MALFORMED", &what, advice);
            }
            Self::TooLong(seconds) => {
                let minutes = seconds / 60;
                let what = format!("is made to hold for longer than {minutes} minutes");
                return Self::invalid("LIFETIME_TOO_LONG", &what, advice);
            }
            Self::NoKeys => {
                let message =
                    "the keys of the token issuer cannot be had, so no token can be verified";
                return Failure::unavailable(ErrorReason::TokenIssuerUnavailable, message)
                    .retry_after(RETRY);
            }
        };
        Self::invalid(problem, what, advice)
    }

    /// Returns the error [`Self::Unknown`] of a suite that accepts tokens of the key in `folder`
    /// alone.
    pub fn other_key(folder: &str) -> Failure {
        let advice =
            format!("get one with `registan token --role editor --desk all --data-dir {folder}`");
        Self::invalid("UNKNOWN_ISSUER_OR_KEY", "is not signed with the key of this suite", &advice)
    }

    fn invalid(problem: &'static str, what: &str, advice: &str) -> Failure {
        let message = format!("the access token {what}; {advice}");
        Failure::new(Code::Unauthenticated, ErrorReason::TokenInvalid, message)
            .with("problem", problem)
    }
}
