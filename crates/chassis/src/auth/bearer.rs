//! Finds the access token in a request (RFC 6750 2.1).

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::refused::Refused;
use super::token::MOST_BYTES;

const SCHEME: &str = "bearer";

/// The token of the one `authorization` header; none without such a header. Two of them, another
/// scheme or a token that is too long are an error: who sends one wants to be known.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refused::Malformed);
    }
    let text = value.to_str().map_err(|_| Refused::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refused::Malformed)?;
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case(SCHEME) || token.is_empty() || token.len() > MOST_BYTES {
        return Err(Refused::Malformed);
    }
    Ok(Some(token))
}
