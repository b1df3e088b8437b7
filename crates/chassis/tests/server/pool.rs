//! The connections to another service.

use std::time::Duration;

use crate::support::serve;
use chassis::bulk;
use chassis::client::{Connection, Pool};
use http::Request;
use http_body_util::BodyExt;
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};
use tonic::body::Body;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// More than a server allows on one connection.
const STREAMS: usize = 1_100;

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_one_connection_carries_open_others_and_stop_no_call() {
    let running = serve(|service, _| service).await;
    let connection = Connection::to(&format!("http://{}", running.address)).unwrap();
    let mut client = HealthClient::new(connection.clone());
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let opened = timeout(Duration::from_secs(3), client.watch(HealthCheckRequest::default()));
        let mut stream = opened.await.expect("in time").unwrap().into_inner();
        timeout(Duration::from_secs(3), stream.message()).await.expect("in time").unwrap();
        streams.push(stream);
    }

    let answer = timeout(Duration::from_secs(3), client.check(HealthCheckRequest::default()));
    answer.await.expect("in time").unwrap();
    let apart = HealthClient::new(connection.apart()).check(HealthCheckRequest::default()).await;
    apart.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_grow_with_need_and_go_without() {
    let running = serve(|mut service, _| {
        service.limits.idle = Duration::from_millis(500);
        service
    })
    .await;
    let pool = Pool::new(&format!("http://{}", running.address), 1).unwrap();
    let ask = async |method: &str| {
        let request = Request::post(format!("/grpc.health.v1.Health/{method}"));
        let request = request.header("content-type", "application/grpc").header("te", "trailers");
        let body = http_body_util::Full::from(vec![0_u8; 5]);
        pool.send(request.body(Body::new(body)).unwrap()).await.unwrap()
    };
    let mut open = Vec::new();
    for _ in 0..600 {
        open.push(ask("Watch").await);
    }
    assert_eq!(pool.connections(), 3);

    open.clear();

    timeout(Duration::from_secs(5), async {
        while pool.connections() > 0 {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("what is idle is closed");
    ask("Check").await.into_body().collect().await.unwrap();
    assert_eq!(pool.connections(), 1);
}

/// Once, a connection that a stream had opened was read and written by threads that step back, and
/// short calls with it.
#[test]
fn connections_live_on_the_threads_of_their_pool_whoever_opens_them() {
    let [servers, own] = [(); 2].map(|()| Runtime::new().unwrap());
    let running = servers.block_on(serve(|service, _| service));
    let connection = {
        let _own = own.enter();
        Connection::to(&format!("http://{}", running.address)).unwrap()
    };
    for connection in [connection.clone(), connection.apart()] {
        let before = own.metrics().num_alive_tasks();
        let mut client = HealthClient::new(connection);
        let long = bulk::handle().spawn(async move {
            client.check(HealthCheckRequest::default()).await.unwrap();
            client
        });
        let _client = servers.block_on(long).unwrap();

        // One reads and writes the connection.
        assert!(own.metrics().num_alive_tasks() > before, "it is elsewhere");
    }
}

#[test]
fn what_is_not_called_in_the_clear_is_refused() {
    assert!(Pool::new("https://gateway:443", 1).is_err());
    assert!(Pool::new("/gateway", 1).is_err());
}
