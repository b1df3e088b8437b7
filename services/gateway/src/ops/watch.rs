//! One watch in place of one for each kind: those of the three services, merged as they come.
//!
//! Each kind is asked for its next event only when the caller has taken the one before, so a slow
//! caller holds back the services and costs no memory here.

mod kinds;
mod question;
mod source;
mod token;

use std::sync::Arc;
use std::time::Duration;

use api::registan::partnership::v1::{ResourceKind, WatchRequest, WatchResponse};
use api::registan::r#type::v1::ChangeKind;
use chassis::Failure;
use futures::future::try_join_all;
use futures::stream::{self, BoxStream, SelectAll, StreamExt};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::App;
use kinds::Event;
use question::Question;
use source::Source;
use token::Place;

/// How long nothing is said of how far the watch is. The contract promises 15 seconds.
const QUIET: Duration = Duration::from_secs(10);
/// How long a watch lasts. The contract promises no more than 30 minutes, and those of the services
/// last 28.
const LONGEST: Duration = Duration::from_mins(27);

/// The answers of a watch.
pub type Answers = BoxStream<'static, Result<WatchResponse, Status>>;

/// A snapshot of all kinds, then every change after it, without a gap and without a repeat in any
/// of them.
pub async fn watch(app: &App, request: WatchRequest) -> Result<Answers, Failure> {
    let resume_token = request.resume_token.clone();
    let question = Question::read(request)?;
    let places = token::open(&question, &resume_token)?;
    let context = chassis::caller::current();
    let sources = places.iter().map(|place| {
        let source = Source {
            app: app.clone(),
            kind: place.kind(),
            filter: question.filter_of(place.kind()),
            resume_token: place.resume_token.clone(),
            context: Arc::clone(&context),
            events: None,
            trouble: None,
        };
        source.begin()
    });
    let sources = try_join_all(sources).await?;
    let merged = Merged {
        events: stream::select_all(sources.into_iter().map(events)),
        question,
        places,
        quiet_until: Instant::now(),
        ends: Instant::now() + LONGEST,
        stopping: chassis::stopping::current(),
    };
    let answers = stream::unfold(Some(merged), |merged| async {
        let mut merged = merged?;
        match merged.next().await {
            Ok(Some(answer)) => Some((Ok(answer), Some(merged))),
            Ok(None) => None,
            Err(failure) => Some((Err(failure.into()), None)),
        }
    });
    Ok(answers.boxed())
}

type Tagged = (ResourceKind, Result<Event, Failure>);

fn events(source: Source) -> BoxStream<'static, Tagged> {
    stream::unfold(source, |mut source| async {
        let event = source.next().await;
        Some(((source.kind, event), source))
    })
    .boxed()
}

struct Merged {
    events: SelectAll<BoxStream<'static, Tagged>>,
    question: Question,
    /// Where it stands in each kind.
    places: Vec<Place>,
    /// When a heartbeat is due. At once, until one has said that the snapshots are through.
    quiet_until: Instant,
    ends: Instant,
    stopping: CancellationToken,
}

impl Merged {
    /// The next answer; none when the watch ends.
    async fn next(&mut self) -> Result<Option<WatchResponse>, Failure> {
        loop {
            let is_current = self.places.iter().all(|place| place.is_current);
            let event = tokio::select! {
                biased;
                () = self.stopping.cancelled() => return Ok(None),
                () = sleep_until(self.ends) => return Ok(None),
                () = sleep_until(self.quiet_until), if is_current => return Ok(Some(self.heartbeat())),
                event = self.events.next() => event,
            };
            let Some((kind, event)) = event else { return Ok(None) };
            if let Some(answer) = self.answer(kind, event?) {
                return Ok(Some(answer));
            }
        }
    }

    /// An event as the caller receives it. A heartbeat of one kind only says how far that kind is.
    fn answer(&mut self, kind: ResourceKind, event: Event) -> Option<WatchResponse> {
        let place = self.places.iter_mut().find(|place| place.kind() == kind)?;
        place.resume_token = event.resume_token;
        place.reach(event.change, event.read_time);
        let resource = event.resource?;
        Some(WatchResponse {
            kind: event.change.into(),
            resume_token: token::wrap(&self.question, &self.places),
            read_time: event.read_time,
            resource: Some(resource),
        })
    }

    fn heartbeat(&mut self) -> WatchResponse {
        self.quiet_until = Instant::now() + QUIET;
        WatchResponse {
            kind: ChangeKind::Heartbeat.into(),
            resume_token: token::wrap(&self.question, &self.places),
            read_time: self
                .places
                .iter()
                .filter_map(|place| place.read_time)
                .min_by_key(token::instant),
            resource: None,
        }
    }
}
