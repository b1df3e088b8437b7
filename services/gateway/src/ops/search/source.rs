//! The hits of one service, page after page.

use std::cmp::Ordering;
use std::collections::VecDeque;

use api::registan::search::v1::search_service_client::SearchServiceClient;
use api::registan::search::v1::{SearchHit, SearchRequest};
use chassis::Failure;
use chassis::client::Connection;
use chassis::failure::ErrorReason;
use futures::TryFutureExt;
use prost_types::Timestamp;

use super::place::{Place, Question, Rank};
use crate::App;
use crate::ops::share::two_thirds;

/// The services that are asked.
pub const SERVICES: [&str; 3] = ["agreements", "projects", "rights-reporting"];

/// The hits of one service that were not sent yet.
pub struct Source {
    service: &'static str,
    client: SearchServiceClient<Connection>,
    /// To be sent with the token of a page.
    request: SearchRequest,
    place: Place,
    hits: VecDeque<SearchHit>,
    /// The token of the page after the one at hand; empty where there is none.
    next: String,
    /// Why it has no hits.
    pub failure: Option<Failure>,
}

impl Source {
    /// From a place on, for these kinds.
    pub fn new(
        app: &App,
        place: Place,
        question: &Question,
        kinds: Vec<String>,
        size: usize,
    ) -> Self {
        let service = SERVICES.into_iter().find(|known| place.service == *known);
        let service = service.unwrap_or("agreements");
        let client = app.services.search_service(service);
        // What was sent of the page at hand is read once more, and at once.
        let size = size.max(usize::try_from(place.sent).unwrap_or(usize::MAX));
        let request = SearchRequest {
            query: question.query.clone(),
            page_size: i32::try_from(size).unwrap_or(i32::MAX),
            page_token: place.page_token.clone(),
            kinds,
            read_time: place.read_time.or(question.read_time),
        };
        let (hits, next) = (VecDeque::new(), String::new());
        Self { service, client, request, place, hits, next, failure: None }
    }

    /// The name of the service.
    pub const fn service(&self) -> &'static str {
        self.service
    }

    /// The same with its page at hand, after the hits that were sent.
    pub async fn begun(mut self) -> Self {
        if self.place.is_done {
            return self;
        }
        self.read().await;
        self
    }

    /// Leaves out what was sent, and what would have come before. Not by number: hits may have been
    /// hidden since, or shown.
    fn skip(&mut self) {
        let is_before = |hit: &SearchHit| {
            self.place.last.as_ref().is_some_and(|last| Rank::of(hit).compare(last).is_le())
        };
        let count = self.hits.iter().take_while(|hit| is_before(hit)).count();
        self.hits.drain(..count);
        self.place.sent = u32::try_from(count).unwrap_or(u32::MAX);
    }

    /// Begins again, at the last instant of the service.
    pub async fn begin_now(&mut self) {
        self.request.read_time = None;
        self.failure = None;
        self.read().await;
    }

    /// Reads the next page where nothing of the one at hand is left.
    pub async fn fill(&mut self) {
        while self.hits.is_empty() && !self.next.is_empty() {
            self.turn().await;
        }
    }

    async fn turn(&mut self) {
        self.request.page_token = std::mem::take(&mut self.next);
        self.place.page_token.clone_from(&self.request.page_token);
        self.place.sent = 0;
        self.read().await;
    }

    async fn read(&mut self) {
        let service = self.service;
        let answer = self.client.search(self.request.clone());
        let answer = answer.map_err(|status| Failure::downstream(service, status));
        match two_thirds(service, answer).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                self.hits = answer.hits.into();
                self.next = answer.next_page_token;
                self.place.is_incomplete |= answer.incomplete;
                // All pages of a service hold for the instant of its first.
                let first: &mut Option<Timestamp> = &mut self.place.read_time;
                *first = first.take().or(answer.read_time);
                self.request.read_time = *first;
                self.skip();
            }
            Err(failure) => {
                self.failure = Some(failure);
                self.hits.clear();
            }
        }
    }

    /// Returns whether it has no hits for this reason.
    pub fn failed_by(&self, reason: ErrorReason) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.reason == reason)
    }

    /// The best hit that was not sent.
    pub fn first(&self) -> Option<&SearchHit> {
        self.hits.front()
    }

    /// Which of two has the better hit: the higher score, else the first name.
    pub fn compare(&self, other: &Self) -> Ordering {
        let rank = |it: &Self| it.first().map(Rank::of).unwrap_or_default();
        rank(self).compare(&rank(other))
    }

    /// Takes its best hit.
    pub fn take(&mut self) -> Option<SearchHit> {
        let hit = self.hits.pop_front()?;
        self.place.sent += 1;
        self.place.last = Some(Rank::of(&hit));
        Some(hit)
    }

    /// True where no hit is left. One that failed may have more: the next page asks it again.
    pub fn is_done(&self) -> bool {
        self.failure.is_none() && self.hits.is_empty() && self.next.is_empty()
    }

    /// True where more may match than its pages have.
    pub const fn is_incomplete(&self) -> bool {
        self.place.is_incomplete
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        Place { is_done: self.is_done(), ..self.place.clone() }
    }
}
