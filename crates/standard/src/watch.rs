//! Watch, for every resource: a snapshot, then every change, with heartbeats between, until it is
//! time to come again.

use std::collections::VecDeque;
use std::time::Duration;

use api::registan::r#type::v1::ChangeKind;
use api::standard::{Request as Asked, Standard};
use chronicle::{Event, ListRequest, Shown, Watcher};
use futures::stream::{self, StreamExt};
use serving::Answers;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::Served;
use crate::methods::Watch;
use crate::records::{Records, reader, refused, scope};
use crate::sent::{SentEvent, event, heartbeat};
use crate::time::timestamp;

/// How long a quiet watch says nothing. The contract promises 15 seconds.
const QUIET: Duration = Duration::from_secs(10);
/// How long a watch lasts. The contract promises no more than 30 minutes.
const LONGEST: Duration = Duration::from_mins(28);

impl Records {
    /// A snapshot, then every change after it, without a gap and without a repeat.
    #[expect(clippy::unused_async, reason = "every method is called the same way")]
    pub async fn watch<T: Served>(
        &self,
        request: Request<Asked<Watch<T>>>,
    ) -> Result<Response<Answers<SentEvent<T>>>, Status> {
        let parts = T::Message::watch(request.into_inner());
        let asked = ListRequest {
            filter: parts.filter,
            scope: scope::<T>(parts.parent)?,
            ..ListRequest::default()
        };
        let watcher = self.chronicle.watch::<T::Held>(asked, &parts.resume_token, reader());
        let watcher = watcher.map_err(refused::<T>)?;
        let watch = Watching::<T> {
            told: watcher.is_current(),
            watcher,
            events: VecDeque::new(),
            ends: Instant::now() + LONGEST,
            stopping: chassis::stopping::current(),
        };
        let answers = stream::unfold(Some(watch), |watch| async {
            let mut watch = watch?;
            match watch.next().await {
                Ok(Some(answer)) => Some((Ok(answer), Some(watch))),
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
            }
        });
        Ok(Response::new(answers.boxed()))
    }
}

struct Watching<T: Served> {
    watcher: Watcher<T::Held>,
    events: VecDeque<Event<Shown<T::Held>>>,
    /// True once the end of the snapshot was sent.
    told: bool,
    ends: Instant,
    stopping: CancellationToken,
}

impl<T: Served> Watching<T> {
    /// The next answer; none when the watch ends.
    async fn next(&mut self) -> Result<Option<SentEvent<T>>, Status> {
        let quiet = Instant::now() + QUIET;
        loop {
            if let Some(next) = self.events.pop_front() {
                return Ok(Some(event::<T>(next)?));
            }
            if self.stopping.is_cancelled() || Instant::now() >= self.ends {
                return Ok(None);
            }
            // Apart: 15 KiB, which a watch that waits has no use for.
            let events = Box::pin(self.watcher.next()).await;
            self.events = events.map_err(refused::<T>)?.into();
            if !self.events.is_empty() {
                continue;
            }
            if self.watcher.is_current() && !self.told {
                self.told = true;
                return self.heartbeat().map(Some);
            }
            if self.watcher.is_behind() {
                if self.told && Instant::now() >= quiet {
                    return self.heartbeat().map(Some);
                }
                continue;
            }
            tokio::select! {
                () = self.watcher.moved() => {}
                () = sleep_until(quiet.min(self.ends)) => return self.heartbeat().map(Some),
                () = self.stopping.cancelled() => return Ok(None),
            }
        }
    }

    fn heartbeat(&self) -> Result<SentEvent<T>, Status> {
        let token = self.watcher.resume_token().map_err(refused::<T>)?;
        let time = Some(timestamp(self.watcher.read_time()));
        Ok(heartbeat::<T>(T::Message::event(ChangeKind::Heartbeat, None, token, time)))
    }
}
