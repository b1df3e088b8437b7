//! The token of a merged watch: where it stands in each kind.
//!
//! The token of each kind is sealed by its service; what is around them is only wrapped, for a
//! changed one is refused by the services or misleads nobody but themselves.

use api::registan::partnership::v1::ResourceKind;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chassis::Failure;
use chassis::failure::{ErrorReason, Violation};
use prost::Message;
use prost_types::Timestamp;

use super::question::Question;

/// Each service takes 8 KiB for a kind: more than nine of them cannot be ours.
const MOST: usize = 128 * 1024;

/// Where a watch stands in one kind.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Place {
    #[prost(enumeration = "ResourceKind", tag = "1")]
    pub kind: i32,
    /// The token of the service; empty before its first message.
    #[prost(string, tag = "2")]
    pub resume_token: String,
    /// True if its snapshot is through.
    #[prost(bool, tag = "3")]
    pub is_current: bool,
    /// Up to which instant everything was sent.
    #[prost(message, optional, tag = "4")]
    pub read_time: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Token {
    #[prost(string, tag = "1")]
    party: String,
    #[prost(string, tag = "2")]
    filter: String,
    #[prost(message, repeated, tag = "3")]
    places: Vec<Place>,
}

/// From where a watch goes on.
pub fn wrap(question: &Question, places: &[Place]) -> String {
    let (party, filter) = (question.party.clone(), question.filter.clone());
    BASE64.encode(Token { party, filter, places: places.to_vec() }.encode_to_vec())
}

/// Where a watch stands that goes on from `token`; at the beginning if it is empty. Refuses a token
/// of another question.
pub fn open(question: &Question, token: &str) -> Result<Vec<Place>, Failure> {
    if token.is_empty() {
        let begin = |kind: &ResourceKind| Place { kind: (*kind).into(), ..Place::default() };
        return Ok(question.kinds.iter().map(begin).collect());
    }
    let token = decode(token).ok_or_else(|| {
        let description = "is not one this method gave; start again without it";
        refusal(ErrorReason::ResumeTokenInvalid, description.to_owned())
    })?;
    let same_kinds = token.places.iter().map(Place::kind).eq(question.kinds.iter().copied());
    let differs = [
        ("party", token.party != question.party),
        ("kinds", !same_kinds),
        ("filter", token.filter != question.filter),
    ];
    match differs.iter().find(|(_, differs)| *differs) {
        Some((argument, _)) => Err(refusal(
            ErrorReason::ResumeTokenMismatch,
            format!("`{argument}` differs from that of the token; start again without it"),
        )),
        None => Ok(token.places),
    }
}

fn decode(token: &str) -> Option<Token> {
    if token.len() > MOST {
        return None;
    }
    let token = Token::decode(BASE64.decode(token).ok()?.as_slice()).ok()?;
    (!token.places.is_empty()).then_some(token)
}

fn refusal(reason: ErrorReason, description: String) -> Failure {
    Failure::invalid(vec![Violation::new("resume_token", reason, description)])
}
