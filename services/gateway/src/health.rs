//! Which services are up, as `grpc.health.v1` of the gateway tells it.
//!
//! The gateway itself (the empty name) serves as long as it runs. Beside it stands an entry for
//! each service, and one for each proto service that it answers, kept current by asking every two
//! seconds, also whether it is that service: an address may be that of another. Each look makes a
//! connection of its own: one that is open goes on while every new one is refused, because of a
//! certificate or of a port that is closed.

use std::sync::Arc;
use std::time::Duration;

use chassis::client::{Connection, Health, health};
use futures::future::join_all;
use instruments::Gauge;
use instruments::table::UPSTREAM_UP;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::routes::Table;

const EVERY: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(1);
/// So many looks in a row fail before a service that was up is down: a node that stops says so for
/// some seconds, while others serve.
const FAILED_LOOKS: u32 = 3;

/// A service to ask, and what was known of it last.
pub struct Watched {
    connection: Connection,
    /// Its own name first, then the proto services it answers.
    names: Vec<String>,
    is_up: Option<bool>,
    /// Where it should answer, and whether the log told that another does.
    url: String,
    is_another: bool,
    /// The looks that failed since the last that did not.
    failed: u32,
    up: Arc<Gauge>,
}

impl Watched {
    pub fn new(name: &'static str, connection: &Connection, url: &str, routes: &Table) -> Self {
        let answered = routes.iter().filter(|(_, upstream)| upstream.name == name);
        let names =
            std::iter::once(name.to_owned()).chain(answered.map(|(service, _)| service.clone()));
        Self {
            connection: connection.clone(),
            names: names.collect(),
            is_up: None,
            url: url.to_owned(),
            is_another: false,
            failed: 0,
            up: UPSTREAM_UP.with(&[name]),
        }
    }

    async fn look(&mut self, reporter: &HealthReporter) {
        // Found to be the right one, it is asked no more than whether it is ready.
        let is_found = self.is_up == Some(true) && self.failed == 0;
        let name = if is_found { "" } else { &self.names[0] };
        let asked = health(self.connection.apart_uncounted(), name);
        let answer = timeout(TIMEOUT, asked).await.ok().and_then(Result::ok);
        self.tell_another(answer);
        let answers = answer == Some(Health::Serving);
        self.failed = if answers { 0 } else { self.failed.saturating_add(1) };
        let is_up = answers || self.is_up == Some(true) && self.failed < FAILED_LOOKS;
        self.up.set(f64::from(u8::from(is_up)));
        if self.is_up == Some(is_up) {
            return;
        }
        let status = if is_up { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in &self.names {
            reporter.set_service_status(name, status).await;
        }
        match self.is_up {
            Some(_) if is_up => tracing::info!(upstream = self.names[0], "is up"),
            Some(_) => tracing::warn!(upstream = self.names[0], "is down"),
            // A service may start after the gateway: no reason to warn.
            None => tracing::info!(upstream = self.names[0], is_up, "first look"),
        }
        self.is_up = Some(is_up);
    }

    /// Logs once that another service answers, until the right one does.
    fn tell_another(&mut self, answer: Option<Health>) {
        match answer {
            Some(Health::Another(other)) if !self.is_another => {
                let (upstream, url) = (&self.names[0], &self.url);
                let other = other.unwrap_or("another program");
                tracing::error!(upstream, url, other, "another service answers at this address");
                self.is_another = true;
            }
            Some(Health::Serving | Health::NotServing) => self.is_another = false,
            _ => {}
        }
    }
}

/// Keeps `reporter` current for ever.
pub async fn watch(mut all: Vec<Watched>, reporter: HealthReporter) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        join_all(all.iter_mut().map(|watched| watched.look(&reporter))).await;
    }
}
