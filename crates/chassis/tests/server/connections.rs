//! The limits of connections: which are kept, and which are accepted.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::{Running, serve};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tonic::body::Body;
use tonic_health::pb::HealthCheckRequest;

/// A connection that says nothing but that it lives: it answers pings. The task ends when the
/// server has closed it.
struct Quiet {
    open: JoinHandle<()>,
    _sender: SendRequest<Body>,
}

impl Quiet {
    async fn is_closed(&mut self) -> bool {
        timeout(Duration::from_secs(3), &mut self.open).await.is_ok()
    }
}

/// Connects from an address of the loopback network.
async fn quiet(from: &str, to: SocketAddr) -> Option<Quiet> {
    let socket = TcpSocket::new_v4().expect("a socket");
    let from = from.parse().expect("an address");
    socket.bind(SocketAddr::new(from, 0)).expect("an address of the loopback network");
    let socket = socket.connect(to).await.expect("the port is open");
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(socket)).await.ok()?;
    let open = tokio::spawn(async move {
        let _ = connection.await;
    });
    Some(Quiet { open, _sender: sender })
}

fn moment() -> Duration {
    Duration::from_millis(200)
}

#[tokio::test]
async fn a_connection_without_a_request_is_asked_to_close() {
    let running = serve(|mut service, _| {
        service.limits.idle = moment();
        service
    })
    .await;

    let mut quiet = quiet("127.0.0.1", running.address).await.unwrap();

    assert!(quiet.is_closed().await);
}

#[tokio::test]
async fn a_connection_with_a_stream_stays_open_until_it_ends() {
    let running = serve(|mut service, _| {
        service.limits.idle = moment();
        service
    })
    .await;
    let mut health = running.health();
    let mut stream = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();

    // Nothing is said, and the end would be.
    assert!(timeout(4 * moment(), stream.message()).await.is_err());
}

#[tokio::test]
async fn an_address_has_no_more_connections_than_its_share() {
    let running = serve(|service, settings| {
        settings.connections_per_address = Some(2);
        service
    })
    .await;
    let first = quiet("127.0.0.2", running.address).await;
    let _second = quiet("127.0.0.2", running.address).await;

    let third = quiet("127.0.0.2", running.address).await;

    let third_is_closed = match third {
        Some(mut third) => third.is_closed().await,
        None => true,
    };
    assert!(third_is_closed);
    answers(&running).await;
    // A place that is given back can be had again.
    drop(first);
    sleep(moment()).await;
    let mut again = quiet("127.0.0.2", running.address).await.unwrap();
    assert!(timeout(moment(), &mut again.open).await.is_err());
}

#[tokio::test]
async fn a_newcomer_takes_the_place_of_who_has_long_been_quiet() {
    let running = serve(|mut service, settings| {
        settings.max_connections = 2;
        service.limits.gives_way = moment();
        service
    })
    .await;
    let _first = quiet("127.0.0.2", running.address).await.unwrap();
    let _second = quiet("127.0.0.3", running.address).await.unwrap();
    sleep(2 * moment()).await;

    answers(&running).await;
}

/// Asks on a new connection.
async fn answers(running: &Running) {
    let mut health = running.health();
    let answer = timeout(Duration::from_secs(3), health.check(HealthCheckRequest::default()));
    answer.await.expect("in time").expect("it answers");
}
