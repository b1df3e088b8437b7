//! The log of tokens that are from elsewhere: another issuer, audience or key. The caller is told
//! none of it, and the operator needs it to see which of both is set up wrongly.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jsonwebtoken::dangerous::insecure_decode_claims;
use serde_json::{Map, Value};
use tokio::time::Instant;

/// Strangers decide how often a token is refused: more lines than one of a cause in this time are
/// left out.
const INTERVAL: Duration = Duration::from_secs(1);
/// The maximum of characters of a value that a stranger chose.
const SHOWN: usize = 200;

/// The reason that a token is from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// No key with its id is known.
    Key,
    /// Its signature is not by the key that it names.
    Signature,
    /// It is of another issuer.
    Issuer,
    /// It is for another audience.
    Audience,
}

impl Cause {
    fn word(self) -> &'static str {
        match self {
            Self::Key => "no key of the issuer has its kid",
            Self::Signature => "its signature is not by the key of its kid",
            Self::Issuer => "it is of another issuer",
            Self::Audience => "it is for another audience",
        }
    }
}

/// Logs why a token was refused, and what it says of itself; never the token, nor whose it is.
pub(super) fn tell(cause: Cause, token: &str, kid: &str) {
    static LAST: [Mutex<Option<Instant>>; 4] = [const { Mutex::new(None) }; 4];
    if !is_due(&LAST[cause as usize]) {
        return;
    }
    let Seen { issuer, audience } = Seen::of(token);
    let kid = shown(kid);
    tracing::warn!(cause = cause.word(), issuer, audience, kid, "access token refused");
}

/// Returns whether the last line is long enough ago, and notes that there is one now.
fn is_due(last: &Mutex<Option<Instant>>) -> bool {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if last.is_some_and(|last| last.elapsed() < INTERVAL) {
        return false;
    }
    *last = Some(Instant::now());
    true
}

/// The claims of a token that was not verified.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    issuer: String,
    audience: String,
}

impl Seen {
    fn of(token: &str) -> Self {
        let claims: Map<String, Value> = insecure_decode_claims(token).unwrap_or_default();
        let text = |name: &str| match claims.get(name) {
            None => String::new(),
            Some(Value::String(text)) => shown(text),
            Some(other) => shown(&other.to_string()),
        };
        Self { issuer: text("iss"), audience: text("aud") }
    }
}

/// A value of a stranger: one short line.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn the_issuer_and_the_audience_are_told_and_nothing_else() {
        let claims = r#"{"iss":"https://else\n.example","aud":["a","b"],"sub":"ann"}"#;
        let token = format!("e30.{}.AAAA", URL_SAFE_NO_PAD.encode(claims));

        let seen = Seen::of(&token);

        assert_eq!(seen.issuer, "https://else.example");
        assert_eq!(seen.audience, r#"["a","b"]"#);
        assert_eq!(Seen::of("garbage").issuer, "");
        assert_eq!(shown(&"x".repeat(1000)).len(), SHOWN);
    }

    #[test]
    fn one_line_a_second_is_enough() {
        let last = Mutex::new(None);

        assert!(is_due(&last));
        assert!(!is_due(&last));
    }
}
