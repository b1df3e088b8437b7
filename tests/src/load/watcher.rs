//! A client that watches parties, and goes on from its last token when its stream ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{WatchPartiesRequest, WatchPartiesResponse};
use tokio::time::sleep;
use tonic::Status;

use super::session::Session;

/// The pause before a stream that ended goes on.
const PAUSE: Duration = Duration::from_millis(100);

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// The time at which it came, since the load began.
    pub at: Duration,
    /// The record time, in microseconds since 1970 UTC.
    pub time: i64,
    /// The party.
    pub name: String,
    /// Its etag.
    pub etag: String,
    /// Its display name.
    pub title: String,
}

/// The observations of a watcher.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The events that it was sent, without heartbeats.
    pub events: Vec<Event>,
    /// It was sent something.
    pub has_begun: bool,
    /// The times at which its stream ended, and how.
    pub ends: Vec<(Duration, String)>,
}

/// A watcher, seen from outside while it runs.
#[derive(Clone, Debug, Default)]
pub struct Watcher(Arc<Mutex<Watched>>);

impl Watcher {
    /// Returns what it saw so far.
    pub fn seen<T>(&self, look: impl FnOnce(&Watched) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Watches for ever.
    pub async fn watch(self, session: Session) {
        let mut token = String::new();
        loop {
            let ended = match self.follow(&session, &mut token).await {
                Ok(()) => "in good order".to_owned(),
                Err(status) => format!("{:?}: {}", status.code(), status.message()),
            };
            let at = session.calls.now();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).ends.push((at, ended));
            sleep(PAUSE).await;
        }
    }

    async fn follow(&self, session: &Session, token: &mut String) -> Result<(), Status> {
        let mut client = PartyServiceClient::new(session.channel.clone());
        let request = WatchPartiesRequest { resume_token: token.clone(), ..Default::default() };
        let mut stream = client.watch_parties(session.stream(request)).await?.into_inner();
        while let Some(message) = stream.message().await? {
            token.clone_from(&message.resume_token);
            self.keep(session.calls.now(), message);
        }
        Ok(())
    }

    fn keep(&self, at: Duration, message: WatchPartiesResponse) {
        let time = message.read_time.unwrap_or_default();
        let time = time.seconds * 1_000_000 + i64::from(time.nanos) / 1_000;
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.has_begun = true;
        if let Some(party) = message.party {
            let (name, etag, title) = (party.name, party.etag, party.display_name);
            watched.events.push(Event { at, time, name, etag, title });
        }
    }
}
