//! The token of a merged watch: where it stands in each kind.
//!
//! The token of each kind is sealed by its service; what is around them is only wrapped, for a
//! changed one is refused by the services or misleads nobody but themselves.

use api::registan::partnership::v1::ResourceKind;
use api::registan::r#type::v1::ChangeKind;
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

impl Place {
    /// Notes an event. After a change, others of the same instant may come: everything before it
    /// was sent. A heartbeat says that everything up to its own was. What was said once holds: a
    /// copy that is asked next may be behind.
    pub fn reach(&mut self, change: ChangeKind, read_time: Option<Timestamp>) {
        let reached = match change {
            ChangeKind::Standing => return,
            ChangeKind::Heartbeat => read_time,
            _ => read_time.map(just_before),
        };
        self.is_current = true;
        self.read_time = self.read_time.into_iter().chain(reached).max_by_key(instant);
    }
}

/// An instant, as it is compared.
pub const fn instant(time: &Timestamp) -> (i64, i32) {
    (time.seconds, time.nanos)
}

/// The instant of the record before another: it has microseconds.
const fn just_before(time: Timestamp) -> Timestamp {
    match time.nanos {
        nanos @ 1_000.. => Timestamp { seconds: time.seconds, nanos: nanos - 1_000 },
        nanos => Timestamp { seconds: time.seconds - 1, nanos: nanos + 999_999_000 },
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64, micros: i32) -> Timestamp {
        Timestamp { seconds, nanos: micros * 1_000 }
    }

    #[test]
    fn a_kind_is_as_far_as_everything_was_sent_and_never_goes_back() {
        let mut place = Place::default();
        for (change, told, reached) in [
            (ChangeKind::Standing, at(9, 0), None),
            (ChangeKind::Heartbeat, at(5, 0), Some(at(5, 0))),
            // Another change of the same instant may follow.
            (ChangeKind::Added, at(7, 0), Some(at(6, 999_999))),
            (ChangeKind::Removed, at(7, 2), Some(at(7, 1))),
            (ChangeKind::Changed, at(7, 2), Some(at(7, 1))),
            (ChangeKind::Heartbeat, at(7, 0), Some(at(7, 1))),
            (ChangeKind::Heartbeat, at(7, 2), Some(at(7, 2))),
            (ChangeKind::Added, at(7, 1), Some(at(7, 2))),
        ] {
            place.reach(change, Some(told));

            assert_eq!(place.read_time, reached, "{change:?} {told:?}");
        }
        assert!(place.is_current);
    }
}
