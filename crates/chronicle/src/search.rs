//! Search: resources of several kinds by the words of their texts, the best first.
//!
//! A hit has all the words of the query, in its own texts or in those of what it names, such as the
//! parties of an agreement: these are looked up with each search, so that it finds by the names
//! that stand then. It scores, for each word, what its best text gives, and less where only
//! something that it names has the word; the mean of that. Nothing in it depends on how many others
//! have a word, so that scores of several services compare.
//!
//! - `kinds`: what is searched, and its texts
//! - `named`: what has a word, for those that name it
//! - `asked`: the request, checked; `conditions`, `forms`: parts of statements
//! - `counted`: by which word a kind is searched; `completed`: what a frequent last word begins
//! - `candidates`: which resources have all words; `weighed`: what these give them
//! - `through`: by which names those of a page are found
//! - `place`: where a page ended
//!
//! The work is bounded: of each kind some 500 rows of words are gone through (of a frequent word
//! alone 201 of each form), and 200 resources ranked. Where a word has no more rows, these are all
//! that match. Where all words have more, they are the heaviest rows of two of them, which the
//! query alone determines, and the answer says that more may match. If fewer than 100 were found
//! so, it begins again with 5 000 rows, of all such kinds together. What is counted is what the
//! reader may see: words are kept under the tier of their resource ([`terms`](crate::terms)), so
//! that hidden rows are neither counted nor gone through. Readers who may see a tier of some desks
//! alone, and those of the past, have each row looked up.

mod asked;
mod candidates;
mod completed;
mod conditions;
mod counted;
mod forms;
mod kinds;
mod named;
mod place;
mod through;
mod weighed;

use std::collections::BTreeMap;

use facts::ErrorReason;
use sea_orm::ConnectionTrait;
use uuid::Uuid;
use words::{Piece, Query, snippet};

use self::asked::Search;
pub use self::asked::SearchRequest;
use self::candidates::{Candidate, MAX_RANKED, Ranked};
pub use self::kinds::Searched;
use self::kinds::Texts;
use self::named::Named;
use self::place::Place;
use crate::Chronicle;
use crate::error::Error;
use crate::filter::At;
use crate::lane::Lane;
use crate::mark::Mark;
use crate::read::{marked, stand};
use crate::reader::Reader;

const DEFAULT_PAGE: usize = 20;
const MOST_ON_A_PAGE: usize = 100;
/// Resources whose texts are in memory at a time.
const READ_AT_A_TIME: usize = 25;

/// A page of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The best first; those with one score by name.
    pub hits: Vec<Hit>,
    /// Empty on the last page.
    pub next_page_token: String,
    /// The record time it holds for.
    pub read_time: i64,
    /// True if more may match than the pages give.
    pub is_incomplete: bool,
}

/// A resource that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its kind, as the record calls it.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its title or name for people, cut where it is long.
    pub title: String,
    /// The part of its texts that matches; nothing where only what it names does.
    pub snippet: Vec<Piece>,
    /// Names in it by whose words it was found.
    pub through: Vec<String>,
    /// From 1 to [`words::MAX_WEIGHT`].
    pub score: i64,
}

impl Chronicle {
    /// Returns a page of what has all words of a query, of some of the kinds `all`; of all where
    /// none is named.
    pub async fn search(
        &self,
        all: &[Searched],
        kinds: &[String],
        request: &SearchRequest,
        reader: &Reader,
    ) -> Result<Found, Error> {
        let query = read(&request.query)?;
        let of_kinds = asked(all, kinds)?;
        let place = self.place(request, kinds)?;
        let turn = self.turn(Lane::Page).await;
        let (mark, head) = self.instant(request, place.as_ref(), reader).await?;
        let at = At::Time(mark.time);
        let is_now = request.read_time.is_none() && place.is_none();
        let search = Search { chronicle: self, all, kinds: of_kinds, query, at, is_now, reader };
        let size = match usize::try_from(request.page_size).unwrap_or(usize::MAX) {
            0 => DEFAULT_PAGE,
            size => size.min(MOST_ON_A_PAGE),
        };
        let Ranking { page, is_last, known, is_incomplete } =
            search.ranking(place.as_ref(), size).await?;
        let through = search.through(&page, &known).await?;
        drop(turn);
        let next_page_token = match page.last() {
            Some((last, _)) if !is_last => self.token(request, kinds, mark, last)?,
            _ => String::new(),
        };
        let hits = search.show(page, through).await?;
        Ok(Found { hits, next_page_token, read_time: head, is_incomplete })
    }

    /// The instant that all statements hold for, and the one that the answer names.
    async fn instant(
        &self,
        request: &SearchRequest,
        place: Option<&Place>,
        reader: &Reader,
    ) -> Result<(Mark, i64), Error> {
        let (at, token) = match place {
            Some(place) => (At::Time(place.mark.time), Some(&place.mark)),
            None => (self.at(request.read_time, reader).await?, None),
        };
        let row = self.db.query_one(&stand(reader, at, token)).await?;
        let (_, mark) = marked(row.as_ref(), at, token)?;
        let time = mark.time;
        Ok((mark, time))
    }
}

/// Reads a query.
fn read(text: &str) -> Result<Query, Error> {
    Query::read(text).map_err(|problem| {
        let reason = match problem {
            words::Problem::Empty => ErrorReason::Required,
            words::Problem::TooLong => ErrorReason::TooLong,
            words::Problem::TooMany => ErrorReason::TooMany,
        };
        Error::invalid("query", reason, problem.to_string())
    })
}

/// The kinds of these names; all for none.
fn asked<'a>(all: &'a [Searched], kinds: &[String]) -> Result<Vec<&'a Searched>, Error> {
    if kinds.is_empty() {
        return Ok(all.iter().collect());
    }
    let mut found: Vec<&Searched> = Vec::new();
    for kind in kinds {
        let Some(searched) = all.iter().find(|searched| searched.kind == kind) else {
            let known = all.iter().map(|searched| searched.kind).collect::<Vec<_>>().join(", ");
            let message = format!("has a kind that is not searched here; known are: {known}");
            return Err(Error::invalid("kinds", ErrorReason::UnknownValue, message));
        };
        if !found.iter().any(|other| other.kind == searched.kind) {
            found.push(searched);
        }
    }
    Ok(found)
}

/// A page of what is ranked.
struct Ranking {
    page: Vec<(Candidate, Texts)>,
    is_last: bool,
    known: Named,
    is_incomplete: bool,
}

impl Search<'_> {
    /// The page after a place. Of a first page without phrases, which are looked for in the texts,
    /// no more are ranked than it has, unless some of them are gone meanwhile.
    async fn ranking(&self, place: Option<&Place>, size: usize) -> Result<Ranking, Error> {
        if place.is_none() && self.query.phrases.is_empty() {
            let Ranked { candidates, known, is_cut, is_incomplete } =
                self.ranked(size as u64 + 1).await?;
            let (page, is_last) = self.page(candidates, size).await?;
            if !(is_last && is_cut) {
                return Ok(Ranking { page, is_last, known, is_incomplete });
            }
        }
        let Ranked { mut candidates, known, is_incomplete, .. } = self.ranked(MAX_RANKED).await?;
        if let Some(place) = place {
            candidates.retain(|candidate| place.is_before(candidate));
        }
        let (page, is_last) = self.page(candidates, size).await?;
        Ok(Ranking { page, is_last, known, is_incomplete })
    }

    /// The first so many of the ranked, with their texts, and whether there are no others.
    async fn page(
        &self,
        ranked: Vec<Candidate>,
        size: usize,
    ) -> Result<(Vec<(Candidate, Texts)>, bool), Error> {
        let mut page = Vec::new();
        let mut left = ranked.into_iter();
        while page.len() <= size {
            let wanted = (size + 1 - page.len()).min(READ_AT_A_TIME);
            let some: Vec<Candidate> = left.by_ref().take(wanted).collect();
            if some.is_empty() {
                return Ok((page, true));
            }
            // Only a phrase must be looked for in the texts: of others the next one need not be
            // read.
            let is_needed = !self.query.phrases.is_empty() || page.len() + some.len() <= size;
            let read = if is_needed { some.len() } else { some.len() - 1 };
            let mut texts = self.texts(&some[..read]).await?;
            for (place, candidate) in some.into_iter().enumerate() {
                if place >= read {
                    return Ok((page, false));
                }
                // Gone meanwhile, for what may not be seen now is hidden at any time.
                let Some(at) = texts.iter().position(|it| it.uid == candidate.uid) else {
                    continue;
                };
                let texts = texts.swap_remove(at);
                if self.query.has_phrases(&texts.said) {
                    page.push((candidate, texts));
                }
            }
        }
        page.truncate(size);
        Ok((page, false))
    }

    /// The texts of candidates, in no order: one statement a kind.
    async fn texts(&self, candidates: &[Candidate]) -> Result<Vec<Texts>, Error> {
        let mut texts = Vec::with_capacity(candidates.len());
        for searched in &self.kinds {
            let of_kind = candidates.iter().filter(|candidate| candidate.kind == searched.kind);
            let uids: Vec<Uuid> = of_kind.map(|candidate| candidate.uid).collect();
            if !uids.is_empty() {
                let read = (searched.texts)(self.chronicle, uids, self.at, self.reader);
                texts.extend(read.await?);
            }
        }
        Ok(texts)
    }

    /// The hits, when it is recorded that they were read.
    async fn show(
        &self,
        page: Vec<(Candidate, Texts)>,
        mut through: BTreeMap<Uuid, Vec<String>>,
    ) -> Result<Vec<Hit>, Error> {
        let mut hits = Vec::with_capacity(page.len());
        let mut readings = Vec::new();
        for (candidate, texts) in page {
            readings.push(texts.readings);
            let said = texts.said.iter().map(String::as_str);
            let snippet = snippet(&self.query, said);
            let title = texts.title;
            let Candidate { kind, uid, name, score } = candidate;
            let through = through.remove(&uid).unwrap_or_default();
            hits.push(Hit { kind, name, title, snippet, through, score });
        }
        self.chronicle.disclose_all(self.reader, readings).await?;
        Ok(hits)
    }
}
