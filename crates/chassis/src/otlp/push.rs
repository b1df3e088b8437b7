//! Pushes the metrics of the process to a collector, by OTLP over gRPC. Each push has all values
//! since the process began, so nothing is kept of one that failed.

use std::env;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};
use http::HeaderMap;
use http::uri::PathAndQuery;
use instruments::span::until_now;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

use super::points::{Answer, Export, messages};
use super::wire::{KeyValue, Resource};
use crate::Settings;
use crate::client::Connection;
use crate::config::Push;

const PATH: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// The pushes of the process, once there are some.
static PUSHES: OnceLock<Pushes> = OnceLock::new();

/// The name of the one service of the process; of a whole suite there is none.
static NAME: OnceLock<&str> = OnceLock::new();

struct Pushes {
    collector: Connection,
    resource: Resource,
    headers: HeaderMap,
    timeout: Duration,
    /// When the process began, in nanoseconds since 1970.
    start: u64,
}

/// Pushes metrics from now on, if `settings` ask for it: once a process, which is of this `age`.
/// Must be called in a runtime.
pub(super) fn start(settings: &Settings, age: Duration) -> Result<()> {
    let Some(push) = &settings.push else { return Ok(()) };
    let authorities = push.authorities.as_deref();
    let collector = Connection::trusting(&push.url, authorities, settings.plaintext);
    let collector = collector.context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let (resource, headers) = (resource(push), push.headers.clone());
    let [start, _] = until_now(age);
    let pushes = Pushes { collector, resource, headers, timeout: push.timeout, start };
    if PUSHES.set(pushes).is_err() {
        return Ok(());
    }
    let interval = push.interval;
    tokio::spawn(async move {
        let mut turn = interval_at(Instant::now() + interval, interval);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turn.tick().await;
            if let Some(pushes) = PUSHES.get() {
                pushes.push(pushes.timeout).await;
            }
        }
    });
    tracing::info!(url = push.url, ?interval, "pushes metrics to a collector");
    Ok(())
}

/// Pushes what there is, if it is pushed at all, within a time: the process ends.
pub(super) async fn flush(within: Duration) {
    if let Some(pushes) = PUSHES.get() {
        pushes.push(pushes.timeout.min(within)).await;
    }
}

/// Says which one service this process is: in an image its program has another name.
pub(crate) fn name(service: &'static str) {
    NAME.get_or_init(|| service);
}

/// The attributes of the process: those that the variables name, and others that they do not.
fn resource(push: &Push) -> Resource {
    let program = env::current_exe().ok();
    let program = program.as_ref().and_then(|path| path.file_name()?.to_str());
    let program = NAME.get().copied().or(program);
    // Of a process, not of a machine: two with one name would count in one series.
    let instance = format!("{:032x}", fastrand::u128(..));
    let own = [
        ("service.name", program.unwrap_or("registan")),
        ("service.namespace", "registan"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", &instance),
    ];
    let own = own.into_iter().filter(|(key, _)| !push.resource.contains_key(*key));
    let own = own.map(|(key, value)| KeyValue::of(key, value));
    let named = push.resource.iter().map(|(key, value)| KeyValue::of(key, value));
    Resource { attributes: own.chain(named).collect() }
}

impl Pushes {
    /// Sends all metrics. What fails is logged and left: the next push has it all again.
    async fn push(&self, within: Duration) {
        let [now, _] = until_now(Duration::ZERO);
        let all = messages(instruments::read(), &self.resource, [self.start, now]);
        let sent = timeout(within, async {
            for message in all {
                self.send(message).await?;
            }
            Ok(())
        });
        let late = |_| Err(Status::deadline_exceeded("the collector takes too long"));
        if let Err(error) = sent.await.unwrap_or_else(late) {
            tracing::warn!(error = error.message(), code = ?error.code(), "metrics not pushed");
        }
    }

    async fn send(&self, message: Export) -> Result<(), Status> {
        let mut client = Grpc::new(self.collector.clone());
        let ready = client.ready().await;
        ready.map_err(|error| Status::unavailable(error.to_string()))?;
        let metadata = MetadataMap::from_headers(self.headers.clone());
        let request = Request::from_parts(metadata, http::Extensions::new(), message);
        let codec = ProstCodec::<Export, Answer>::default();
        let answer = client.unary(request, PathAndQuery::from_static(PATH), codec).await?;
        let refused = answer.into_inner().partial_success.filter(|it| it.rejected > 0);
        if let Some(refused) = refused {
            tracing::warn!(points = refused.rejected, error = refused.message, "metrics refused");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_its_name_whatever_its_program_is_called() {
        name("agreements");
        let push = Push {
            url: String::new(),
            authorities: None,
            headers: HeaderMap::new(),
            interval: Duration::ZERO,
            timeout: Duration::ZERO,
            resource: [("deployment.environment.name".to_owned(), "test".to_owned())].into(),
        };

        let told = resource(&push).attributes;

        for (key, value) in
            [("service.name", "agreements"), ("deployment.environment.name", "test")]
        {
            assert!(told.contains(&KeyValue::of(key, value)), "{key}");
        }
    }
}
