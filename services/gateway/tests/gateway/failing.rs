//! The errors of a call while a service is unavailable.

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tonic::{Code, Request, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

use crate::support::{
    Client, Stub, channel, gateway, projects, serve_on, suite, text, until_running,
};

fn assert_names_projects(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    let info = status.get_details_error_info().expect("the reason is told");
    assert_eq!(
        (info.reason.as_str(), info.metadata["service"].as_str()),
        ("SERVICE_UNAVAILABLE", "projects")
    );
    let retry = status.get_details_retry_info().expect("a retry is worth it");
    assert!(retry.retry_delay.is_some());
}

#[tokio::test]
async fn a_service_that_is_down_is_named_and_found_again() {
    let suite = suite().await;
    let address = suite.projects.listens;
    let mut client = Client::of(suite.gateway.address);
    client.unary("Echo", text("1")).await.unwrap();
    suite.projects.stop().await;

    for _ in 0..4 {
        let refusal = client.unary("Echo", text("2")).await.unwrap_err();
        assert_names_projects(&refusal);
    }
    let _projects = serve_on(&address.to_string(), projects(&suite.stub)).await;
    // After a failure the gateway waits a moment before it tries again.
    tokio::time::sleep(Duration::from_millis(300)).await;

    for _ in 0..4 {
        client.unary("Echo", text("3")).await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_whose_service_dies_ends_with_its_name() {
    let suite = suite().await;
    let mut client = Client::of(suite.gateway.address);
    let mut stream = client.stream("ImportIati", text("")).await;
    assert_eq!(stream.next().await.unwrap().unwrap(), text("first"));

    suite.projects.stop().await;

    let end = timeout(Duration::from_secs(3), stream.next()).await.unwrap().unwrap().unwrap_err();
    assert_names_projects(&end);
    until_running(&suite.stub, 0).await;
}

#[tokio::test]
async fn an_answer_that_is_not_grpc_becomes_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.expect("a connection");
            let page = hyper::service::service_fn(|_| async {
                let page = http::Response::builder().status(503).body("down for repair".to_owned());
                page.map_err(|_| std::fmt::Error)
            });
            let http =
                hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new());
            tokio::spawn(http.serve_connection(hyper_util::rt::TokioIo::new(socket), page));
        }
    });
    let gateway = gateway(address).await;

    let refusal = Client::of(gateway.address).unary("Echo", text("")).await;

    assert_names_projects(&refusal.unwrap_err());
}

#[tokio::test]
async fn an_unknown_service_is_named_and_an_inner_one_is_unknown() {
    let suite = suite().await;
    let mut client = Client::of(suite.gateway.address);

    for service in ["registan.projects.v1.NoService", "registan.references.v1.ReferenceService"] {
        let refusal = client.unary_at(&format!("/{service}/Get"), text("")).await.unwrap_err();

        assert_eq!(refusal.code(), Code::Unimplemented);
        assert_eq!(refusal.get_details_error_info().unwrap().metadata["service"], service);
    }
}

#[tokio::test]
async fn headers_that_only_the_gateway_makes_too_large_are_refused_as_such() {
    let suite = suite().await;
    let mut client = Client::of(suite.gateway.address);

    // Around the limit, byte by byte: never an answer that blames the service.
    for size in (8400..10_300).step_by(7) {
        let mut request = Request::new(text(""));
        request.metadata_mut().insert("x", "x".repeat(size).parse().unwrap());
        if let Err(refusal) = client.unary("Count", request).await {
            assert!(refusal.message().contains("431"), "{size}: {refusal}");
        }
    }
}

/// Waits until the gateway says this of a service.
async fn until(gateway: SocketAddr, service: &str, wanted: ServingStatus) {
    let mut health = HealthClient::new(channel(gateway));
    for _ in 0..120 {
        let request = HealthCheckRequest { service: service.to_owned() };
        if health.check(request).await.is_ok_and(|it| it.get_ref().status == wanted as i32) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{service} is not {wanted}");
}

#[tokio::test]
async fn health_tells_which_part_is_down() {
    let suite = suite().await;
    let address = suite.projects.listens;
    let status = async |service, wanted| until(suite.gateway.address, service, wanted).await;

    status("projects", ServingStatus::Serving).await;
    status("registan.projects.v1.ProjectService", ServingStatus::Serving).await;
    status("agreements", ServingStatus::NotServing).await;
    status("registan.rights.v1.ActivityService", ServingStatus::NotServing).await;
    status("registan.partnership.v1.PartnershipService", ServingStatus::Serving).await;
    suite.projects.stop().await;
    status("projects", ServingStatus::NotServing).await;
    status("", ServingStatus::Serving).await;
    let _projects = serve_on(&address.to_string(), projects(&Stub::default())).await;
    status("projects", ServingStatus::Serving).await;
}

/// Once the gateway asked on a connection that stayed open, while every call that needed another
/// failed.
#[tokio::test]
async fn a_service_that_takes_no_new_connection_is_down() {
    let served = serve_on(&testkit::free_address().to_string(), projects(&Stub::default())).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (door, to) = (listener.local_addr().unwrap(), served.listens);
    let door_keeper = tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = TcpStream::connect(to).await.expect("the service is there");
            tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
        }
    });
    let gateway = gateway(door).await;
    let mut client = Client::of(gateway.address);
    client.unary("Echo", text("1")).await.unwrap();
    until(gateway.address, "projects", ServingStatus::Serving).await;

    door_keeper.abort();

    until(gateway.address, "projects", ServingStatus::NotServing).await;
    client.unary("Echo", text("2")).await.expect("a connection that is open goes on");
}
