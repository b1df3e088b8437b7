//! The token of a joined page: in which page of each service it ended, and after which of its hits.
//!
//! The token of each service is sealed by it; what is around them is only wrapped.

use std::cmp::Ordering;

use api::registan::search::v1::{SearchHit, SearchRequest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chassis::Failure;
use chassis::failure::{ErrorReason, Violation};
use prost::Message;
use prost_types::Timestamp;

/// Each service takes 8 KiB.
const MOST: usize = 64 * 1024;
/// The most hits of a page of a service, so that no more of it can have been sent.
const MAX_SENT: u32 = 100;

/// Where a search stands in one service.
#[derive(Clone, PartialEq, Message)]
pub struct Place {
    #[prost(string, tag = "1")]
    pub service: String,
    /// The token of the page at hand; empty for the first.
    #[prost(string, tag = "2")]
    pub page_token: String,
    /// How many of its hits were sent, or are no longer to be sent.
    #[prost(uint32, tag = "3")]
    pub sent: u32,
    /// The instant of its first page.
    #[prost(message, optional, tag = "4")]
    pub read_time: Option<Timestamp>,
    /// True where it has no more.
    #[prost(bool, tag = "5")]
    pub is_done: bool,
    /// True where more may match than its pages have.
    #[prost(bool, tag = "6")]
    pub is_incomplete: bool,
    /// The last hit of this service that was sent.
    #[prost(message, optional, tag = "7")]
    pub last: Option<Rank>,
}

/// The place of a hit in the order of all hits.
#[derive(Clone, PartialEq, Message)]
pub struct Rank {
    #[prost(double, tag = "1")]
    score: f64,
    #[prost(string, tag = "2")]
    name: String,
}

impl Rank {
    /// That of a hit.
    pub fn of(hit: &SearchHit) -> Self {
        Self { score: hit.score, name: hit.name.clone() }
    }

    /// Compares two: the higher score is first, of one score the first name.
    pub fn compare(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then_with(|| self.name.cmp(&other.name))
    }
}

/// The arguments that all pages share.
#[derive(Clone, PartialEq, Message)]
pub struct Question {
    #[prost(string, tag = "1")]
    pub query: String,
    #[prost(string, repeated, tag = "2")]
    kinds: Vec<String>,
    /// That of the first page: it holds for a service that did not answer then, too.
    #[prost(message, optional, tag = "3")]
    pub read_time: Option<Timestamp>,
}

impl Question {
    /// That of a request.
    pub fn of(request: &SearchRequest) -> Self {
        let (query, kinds) = (request.query.clone(), request.kinds.clone());
        Self { query, kinds, read_time: request.read_time }
    }
}

#[derive(Clone, PartialEq, Message)]
struct Token {
    #[prost(message, optional, tag = "1")]
    question: Option<Question>,
    #[prost(message, repeated, tag = "2")]
    places: Vec<Place>,
}

/// From where the next page goes on.
pub fn wrap(question: Question, places: impl Iterator<Item = Place>) -> String {
    let token = Token { question: Some(question), places: places.collect() };
    BASE64.encode(token.encode_to_vec())
}

/// The question of the first page, and where the page after `token` begins in each service; at the
/// beginning if it is empty.
pub fn open(
    question: Question,
    token: &str,
    services: impl Iterator<Item = &'static str> + Clone,
) -> Result<(Question, Vec<Place>), Failure> {
    if token.is_empty() {
        let begin = |service: &str| Place { service: service.to_owned(), ..Place::default() };
        return Ok((question, services.map(begin).collect()));
    }
    let invalid = "is not one this method gave; start again without it";
    let token = decode(token).ok_or_else(|| refusal(ErrorReason::PageTokenInvalid, invalid))?;
    let before = token.question.unwrap_or_default();
    let differs = [
        ("query", before.query != question.query),
        ("kinds", before.kinds != question.kinds),
        ("read_time", question.read_time.is_some() && before.read_time != question.read_time),
    ];
    if let Some((argument, _)) = differs.iter().find(|(_, differs)| *differs) {
        let description = format!("`{argument}` differs from that of the first page");
        return Err(refusal(ErrorReason::PageTokenMismatch, &description));
    }
    let is_ours = token.places.iter().map(|place| place.service.as_str()).eq(services)
        && token.places.iter().all(|place| place.sent <= MAX_SENT);
    if !is_ours {
        return Err(refusal(ErrorReason::PageTokenInvalid, invalid));
    }
    Ok((before, token.places))
}

fn decode(token: &str) -> Option<Token> {
    let token = Some(token).filter(|token| token.len() <= MOST)?;
    Token::decode(BASE64.decode(token).ok()?.as_slice()).ok()
}

fn refusal(reason: ErrorReason, description: &str) -> Failure {
    Failure::invalid(vec![Violation::new("page_token", reason, description)])
}
