//! The watch of one kind, for as long as the merged one lasts: opened again where it left off
//! whenever it ends.

use std::sync::Arc;
use std::time::Duration;

use api::registan::partnership::v1::ResourceKind;
use chassis::Failure;
use chassis::caller::{self, RequestContext};
use chassis::failure::Code;
use futures::StreamExt;
use tokio::time::{Instant, sleep, timeout};

use super::kinds::{self, Event, Events};
use super::question::noun;
use crate::App;

/// How long a service may take to take the call.
const OPEN_WITHIN: Duration = Duration::from_secs(5);
/// How long a service may be away before the watch ends. The contract says 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The watch of one kind.
pub struct Source {
    pub app: App,
    pub kind: ResourceKind,
    pub filter: String,
    /// After the last event that was given.
    pub resume_token: String,
    /// The request context. A service is called again when the request itself is long under way.
    pub context: Arc<RequestContext>,
    pub events: Option<Events>,
    pub trouble: Option<Trouble>,
}

/// There was no event since then.
#[derive(Clone, Copy)]
pub struct Trouble {
    since: Instant,
    pause: Duration,
}

impl Source {
    /// Opens it for the first time: an invalid request is refused here. A service that is away is
    /// another matter.
    pub async fn begin(mut self) -> Result<Self, Failure> {
        match self.open().await {
            Err(failure) if failure.code != Code::Unavailable => Err(failure),
            _ => Ok(self),
        }
    }

    /// The next event. Nothing is lost if this is dropped before it is done.
    pub async fn next(&mut self) -> Result<Event, Failure> {
        loop {
            // Apart: most of its life a watch waits for events.
            if self.events.is_none()
                && let Err(failure) = Box::pin(self.open()).await
            {
                self.pause(failure).await?;
                continue;
            }
            let Some(events) = &mut self.events else { continue };
            let failure = match events.next().await {
                Some(Ok(event)) => {
                    self.resume_token.clone_from(&event.resume_token);
                    self.trouble = None;
                    return Ok(event);
                }
                Some(Err(status)) => Failure::downstream(self.service(), status),
                // It drains, or its time is over.
                None => Failure::service_unavailable(self.service()),
            };
            self.events = None;
            self.pause(failure).await?;
        }
    }

    async fn open(&mut self) -> Result<(), Failure> {
        if self.events.is_some() {
            return Ok(());
        }
        let open =
            kinds::open(&self.app, self.kind, self.filter.clone(), self.resume_token.clone());
        let opened = timeout(OPEN_WITHIN, caller::scope(Arc::clone(&self.context), open)).await;
        match opened {
            Ok(Ok(events)) => {
                self.events = Some(events);
                Ok(())
            }
            Ok(Err(status)) => Err(self.refused(Failure::downstream(self.service(), status))),
            Err(_elapsed) => Err(Failure::service_unavailable(self.service())),
        }
    }

    /// Waits before another try; gives up when trying again cannot help.
    async fn pause(&mut self, failure: Failure) -> Result<(), Failure> {
        let now = Instant::now();
        let trouble = *self.trouble.get_or_insert(Trouble { since: now, pause: FIRST_PAUSE });
        if failure.code != Code::Unavailable || now - trouble.since >= TIMEOUT {
            return Err(failure);
        }
        tracing::debug!(service = self.service(), %failure, "a watch is opened again");
        sleep(trouble.pause).await;
        self.trouble = Some(Trouble { pause: (trouble.pause * 2).min(LONGEST_PAUSE), ..trouble });
        Ok(())
    }

    /// A refusal that says for which kind.
    fn refused(&self, mut failure: Failure) -> Failure {
        if failure.code != Code::InvalidArgument {
            return failure;
        }
        let noun = noun(self.kind);
        failure.message = format!("{noun}: {}", failure.message);
        for violation in &mut failure.violations {
            violation.description = format!("{noun}: {}", violation.description);
        }
        failure.with("kind", noun)
    }

    fn service(&self) -> &'static str {
        kinds::service(self.kind)
    }
}
