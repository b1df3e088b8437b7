//! Bounds that a caller cannot pass: each is a default of the libraries that is not safe.

use std::time::Duration;

use crate::support::{Running, Slow, call, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_types::StatusExt;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const EMPTY_SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

fn moment() -> Duration {
    Duration::from_millis(200)
}

/// Sends `bytes` and then nothing; whether the server closes the connection within three seconds.
async fn is_closed_after(address: std::net::SocketAddr, bytes: &[u8]) -> bool {
    let mut socket = TcpStream::connect(address).await.expect("the port is open");
    socket.write_all(bytes).await.expect("the bytes are sent");
    let mut answer = Vec::new();
    timeout(Duration::from_secs(3), socket.read_to_end(&mut answer)).await.is_ok()
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let running = serve(|mut service, _| {
        service.limits.first_bytes = moment();
        service
    })
    .await;

    assert!(is_closed_after(running.address, b"").await);
    assert!(is_closed_after(running.address, &PREFACE[..10]).await);
    assert!(is_closed_after(running.address, b"GET / HTTP/1.1\r\nHost: x\r\n").await);
}

#[tokio::test]
async fn a_connection_that_answers_no_ping_is_closed() {
    let running = serve(|mut service, _| {
        service.limits.keepalive = (moment(), moment());
        service
    })
    .await;

    assert!(is_closed_after(running.address, &[PREFACE, EMPTY_SETTINGS].concat()).await);
}

#[tokio::test]
async fn an_old_connection_is_closed() {
    let running = serve(|mut service, settings| {
        settings.max_connection_age_seconds = 1;
        service.limits.deadlines.stream_max = moment();
        service
    })
    .await;

    assert!(is_closed_after(running.address, &[PREFACE, EMPTY_SETTINGS].concat()).await);
    running.health().check(HealthCheckRequest::default()).await.unwrap();
}

#[tokio::test]
async fn headers_above_the_limit_are_refused() {
    let running = serve(|service, _| service).await;
    let mut request = Request::new(HealthCheckRequest::default());
    request.metadata_mut().insert("large", "x".repeat(11 * 1024).parse().unwrap());

    let refusal = running.health().check(request).await.unwrap_err();

    assert!(refusal.message().contains("431"), "{refusal}");
}

#[tokio::test]
async fn connections_above_the_limit_wait_for_a_place() {
    let running = serve(|service, settings| {
        settings.max_connections = 1;
        service
    })
    .await;
    let mut first = running.health();
    first.check(HealthCheckRequest::default()).await.unwrap();
    let mut second = running.health();
    let waiting = timeout(moment(), second.check(HealthCheckRequest::default())).await;
    assert!(waiting.is_err());

    drop(first);

    second.check(HealthCheckRequest::default()).await.unwrap();
}

#[tokio::test]
async fn a_late_unary_call_is_told_so_and_its_work_stops() {
    let slow = Slow::default();
    let running = serve(|mut service, _| {
        service.limits.deadlines.unary_default = moment();
        service.with(slow.clone())
    })
    .await;

    let status = call(running.channel(), "/test.Slow/Sleep").await;

    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.get_details_error_info().unwrap().metadata["deadline_ms"], "200");
    slow.until_running(0).await;
}

#[tokio::test]
async fn a_request_that_never_ends_is_not_waited_for() {
    let running = serve(|mut service, _| {
        service.limits.deadlines.unary_default = moment();
        service
    })
    .await;

    let status = never_ending(&running).await;

    assert_eq!(status.get_details_error_info().unwrap().reason, "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_request_that_stalls_ends_before_its_deadline() {
    let running = serve(|mut service, _| {
        service.limits.pause = moment();
        service
    })
    .await;

    let status = timeout(Duration::from_secs(3), never_ending(&running)).await.unwrap();

    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.get_details_error_info().unwrap().reason, "REQUEST_STALLED");
}

/// Returns the error of a request that is opened and sends nothing.
async fn never_ending(running: &Running) -> Status {
    let mut client = tonic::client::Grpc::new(running.channel());
    client.ready().await.expect("the channel is ready");
    let path = http::uri::PathAndQuery::from_static("/grpc.health.v1.Health/Check");
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckResponse>::default();

    let answer = client.client_streaming(Request::new(tokio_stream::pending()), path, codec).await;
    answer.expect_err("there is nothing to answer")
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline() {
    let running = serve(|service, _| service).await;
    let mut request = Request::new(HealthCheckRequest::default());
    request.set_timeout(moment());
    let mut stream = running.health().watch(request).await.unwrap().into_inner();
    assert!(stream.next().await.unwrap().is_ok());

    let end = timeout(Duration::from_secs(3), stream.next()).await.unwrap().unwrap().unwrap_err();

    assert_eq!(end.code(), Code::DeadlineExceeded);
    assert_eq!(end.get_details_error_info().unwrap().reason, "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn the_work_stops_when_the_caller_leaves() {
    let slow = Slow::default();
    let running = serve(|service, _| service.with(slow.clone())).await;
    let channel = running.channel();
    let waiting = tokio::spawn(call(channel.clone(), "/test.Slow/Sleep"));
    slow.until_running(1).await;

    waiting.abort();

    slow.until_running(0).await;
}

#[tokio::test]
async fn a_service_tells_the_next_how_long_its_own_caller_waits() {
    let second = serve(|service, _| service.with(Slow::default())).await;
    let next =
        Some(chassis::client::Connection::to(&format!("http://{}", second.address)).unwrap());
    let first = serve(|mut service, _| {
        service.limits.deadlines.unary_default = Duration::from_secs(5);
        service.with(Slow { next, ..Slow::default() })
    })
    .await;

    let told = call(first.channel(), "/test.Slow/Relay").await;

    let micros: u64 = told.message().trim_end_matches('u').parse().unwrap();
    assert!((4_000_000..5_000_000).contains(&micros), "{told}");
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_connection_lives_on() {
    let running = serve(|service, _| service.with(Slow::default())).await;
    let channel = running.channel();

    let status = call(channel.clone(), "/test.Slow/Panic").await;

    assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
    assert_eq!(call(channel, "/test.Slow/Nap").await.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn calls_above_the_limit_of_a_connection_wait_for_their_turn() {
    let slow = Slow::default();
    let running = serve(|mut service, _| {
        service.limits.calls = 2;
        service.with(slow.clone())
    })
    .await;
    let channel = running.channel();
    let calls: Vec<_> =
        (0..6).map(|_| tokio::spawn(call(channel.clone(), "/test.Slow/Nap"))).collect();

    slow.until_running(2).await;
    let mut most = 0;
    while !calls.iter().all(tokio::task::JoinHandle::is_finished) {
        most = most.max(slow.running.load(std::sync::atomic::Ordering::SeqCst));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    assert_eq!(most, 2);
    for answer in calls {
        assert_eq!(answer.await.unwrap().code(), Code::AlreadyExists);
    }
}
