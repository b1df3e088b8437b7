//! Where a page of a search ended.

use facts::ErrorReason;
use serde::{Deserialize, Serialize};

use super::asked::SearchRequest;
use super::candidates::Candidate;
use crate::Chronicle;
use crate::error::Error;
use crate::mark::Mark;
use crate::read::argument;

const PURPOSE: &str = "search";

/// The last hit of a page, and of which question.
#[derive(Serialize, Deserialize)]
pub(super) struct Place {
    pub mark: Mark,
    /// The instant the first page was asked for, if any.
    asked: Option<i64>,
    /// A hash each of query and kinds.
    arguments: [i64; 2],
    score: i64,
    name: String,
}

impl Place {
    /// Returns whether a candidate comes after it.
    pub fn is_before(&self, candidate: &Candidate) -> bool {
        (-self.score, self.name.as_str()) < candidate.rank()
    }
}

fn arguments(request: &SearchRequest, kinds: &[String]) -> [i64; 2] {
    [argument(&request.query), argument(&kinds.join(" "))]
}

impl Chronicle {
    /// Where the page before ended; nothing for the first.
    pub(super) fn place(
        &self,
        request: &SearchRequest,
        kinds: &[String],
    ) -> Result<Option<Place>, Error> {
        if request.page_token.is_empty() {
            return Ok(None);
        }
        let place: Place = self.keys.open(PURPOSE, "page_token", &request.page_token)?;
        let now = arguments(request, kinds);
        let pinned = [place.asked, Some(place.mark.time)];
        let differs = [
            ("query", now[0] != place.arguments[0]),
            ("kinds", now[1] != place.arguments[1]),
            ("read_time", request.read_time.is_some() && !pinned.contains(&request.read_time)),
        ];
        match differs.iter().find(|(_, differs)| *differs) {
            None => Ok(Some(place)),
            Some((argument, _)) => {
                let message = format!(
                    "`{argument}` differs from that of the first page; start again without page_token"
                );
                Err(Error::invalid("page_token", ErrorReason::PageTokenMismatch, message))
            }
        }
    }

    /// The token of the page after one that ends with a candidate.
    pub(super) fn token(
        &self,
        request: &SearchRequest,
        kinds: &[String],
        mark: Mark,
        last: &Candidate,
    ) -> Result<String, Error> {
        let asked = match &request.page_token {
            first if first.is_empty() => request.read_time,
            _ => self.place(request, kinds)?.and_then(|place| place.asked),
        };
        let arguments = arguments(request, kinds);
        let (score, name) = (last.score, last.name.clone());
        self.keys.seal(PURPOSE, &Place { mark, asked, arguments, score, name })
    }
}
