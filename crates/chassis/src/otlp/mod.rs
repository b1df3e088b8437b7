//! Sends to a collector, by OTLP over gRPC: the spans of sampled traces, and metrics.
//!
//! - `push`: metrics
//! - `wire`, `points`: the messages of spans and of metrics, as far as they are used here

mod points;
mod push;
mod wire;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use http::uri::PathAndQuery;
use instruments::span;
use instruments::table::{SPANS_FAILED, SPANS_SENT};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request, Status};
use tonic_prost::ProstCodec;

pub(crate) use self::push::name;
use self::wire::{Answer, Export};
use crate::Settings;
use crate::client::Connection;
use crate::config::Spans;

const PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// How often spans are sent.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long a collector may take. What it does not take by then is lost: nothing waits for it.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last of all may take: less than a process has to spare after its drain.
const LAST_TIMEOUT: Duration = Duration::from_secs(4);
/// Of one message, so that it stays far below the 4 MB that a collector takes.
const MOST_TOGETHER: usize = 1024;

/// The collector of the process, once there is one.
static COLLECTOR: Mutex<Option<Collector>> = Mutex::new(None);

/// The way to it, and what is sent with each message.
type Collector = (Connection, MetadataMap);

/// Sends spans and metrics from now on, if `settings` name collectors: once a process, which is of
/// this `age`. Must be called in a runtime.
pub(crate) fn start(settings: &Settings, age: Duration) -> Result<()> {
    push::start(settings, age)?;
    let Some(url) = &settings.otlp_url else { return Ok(()) };
    let connection = connection(url, &settings.spans, settings.plaintext)?;
    let mut collector = COLLECTOR.lock().unwrap_or_else(PoisonError::into_inner);
    if collector.is_some() {
        return Ok(());
    }
    *collector = Some((connection, MetadataMap::from_headers(settings.spans.headers.clone())));
    drop(collector);
    span::begin();
    tokio::spawn(async {
        let mut turn = interval(INTERVAL);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turn.tick().await;
            flush_spans().await;
        }
    });
    tracing::info!(%url, percent = settings.trace_percent, "sends traces to a collector");
    Ok(())
}

/// Connects to a collector when first used: in plain text only on this machine, or where that is
/// allowed.
fn connection(url: &str, spans: &Spans, plaintext: bool) -> Result<Connection> {
    Connection::trusting(url, spans.authorities.as_deref(), plaintext).context("otlp_url")
}

/// Sends what there is a last time: nobody waits longer for the end of a process.
pub(crate) async fn flush() {
    flush_within(LAST_TIMEOUT).await;
}

async fn flush_within(time: Duration) {
    // However many messages the spans need.
    let (_in_time, ()) = tokio::join!(timeout(time, flush_spans()), push::flush(time));
}

/// Sends the spans that wait, if there is a collector.
async fn flush_spans() {
    let collector = COLLECTOR.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(collector) = collector else { return };
    let spans = span::take();
    for some in spans.chunks(MOST_TOGETHER) {
        let count = u64::try_from(some.len()).unwrap_or_default();
        match timeout(SEND_TIMEOUT, send(collector.clone(), Export::of(some))).await {
            Ok(Ok(())) => SPANS_SENT.with(&[]).add(count),
            Ok(Err(error)) => {
                SPANS_FAILED.with(&[]).add(count);
                tracing::debug!(%error, "the collector takes no spans");
            }
            Err(_elapsed) => SPANS_FAILED.with(&[]).add(count),
        }
    }
}

async fn send((connection, headers): Collector, export: Export) -> Result<(), Status> {
    let mut client = Grpc::new(connection);
    let ready = client.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let codec = ProstCodec::<Export, Answer>::default();
    let request = Request::from_parts(headers, Extensions::default(), export);
    client.unary(request, PathAndQuery::from_static(PATH), codec).await.map(drop)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::pending;
    use std::net::SocketAddr;

    use http::Response;
    use hyper::body::Incoming;
    use hyper::server::conn::http2::Builder;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use instruments::{Span, Trace};
    use tokio::net::TcpListener;
    use tokio::time::Instant;
    use tonic::body::Body;

    use super::*;

    /// The address of a collector that takes connections, and answers to no export.
    async fn hanging() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service_fn(|request: hyper::Request<Incoming>| async move {
                    if request.uri().path() == PATH {
                        pending::<()>().await;
                    }
                    Ok::<_, Infallible>(Response::new(Body::empty()))
                });
                let http = Builder::new(TokioExecutor::new());
                tokio::spawn(http.serve_connection(TokioIo::new(socket), service));
            }
        });
        address
    }

    #[tokio::test]
    async fn a_collector_that_hangs_does_not_keep_a_process() {
        let url = format!("http://{}", hanging().await);
        let way = connection(&url, &Spans::default(), false).unwrap();
        *COLLECTOR.lock().unwrap() = Some((way, MetadataMap::new()));
        span::begin();
        let trace = Trace::new("test", true);
        for _ in 0..=MOST_TOGETHER {
            span::note(Span {
                trace,
                parent: None,
                name: "test".to_owned(),
                is_server: true,
                time: [0, 1],
                attributes: Vec::new(),
                has_failed: false,
            });
        }
        let begun = Instant::now();

        flush_within(Duration::from_millis(100)).await;

        assert!(begun.elapsed() < SEND_TIMEOUT, "{:?}", begun.elapsed());
        *COLLECTOR.lock().unwrap() = None;
    }

    #[test]
    fn spans_leave_the_machine_in_plain_text_only_where_that_is_said() {
        let spans = Spans::default();
        let error = connection("http://collector:4317", &spans, false).unwrap_err();

        let error = format!("{error:#}");
        assert!(error.contains("otlp_url") && error.contains("https://"), "{error}");
        for (url, plaintext) in [("http://collector:4317", true), ("http://127.0.0.1:4317", false)]
        {
            assert!(connection(url, &spans, plaintext).is_ok(), "{url}");
        }
    }
}
