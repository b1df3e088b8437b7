//! How a server stops.

use std::time::Duration;

use crate::support::{Slow, call, serve};
use chassis::{Contract, Server, Service, Settings};
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_server_stops() {
    let slow = Slow::default();
    let mut running = serve(|service, _| service.with(slow.clone())).await;
    let answer = tokio::spawn(call(running.channel(), "/test.Slow/Nap"));
    slow.until_running(1).await;

    running.stop.cancel();

    assert_eq!(answer.await.unwrap().code(), Code::AlreadyExists);
    timeout(Duration::from_secs(2), &mut running.server).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_takes_calls_for_some_seconds_more() {
    let mut running = serve(|service, settings| {
        settings.linger_seconds = 1;
        service
    })
    .await;
    let mut stream =
        running.health().watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(stream.next().await.unwrap().unwrap().status, ServingStatus::Serving as i32);

    running.stop.cancel();

    assert_eq!(stream.next().await.unwrap().unwrap().status, ServingStatus::NotServing as i32);
    drop(stream);
    // On a connection of its own.
    let answer = running.health().check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.into_inner().status, ServingStatus::NotServing as i32);
    timeout(Duration::from_secs(3), &mut running.server).await.unwrap().unwrap();
    running.health().check(HealthCheckRequest::default()).await.unwrap_err();
}

#[tokio::test]
async fn an_open_stream_sees_the_end_coming_and_is_cut_at_the_hard_deadline() {
    let mut running = serve(|service, settings| {
        settings.drain_seconds = 1;
        service
    })
    .await;
    let mut stream =
        running.health().watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(stream.next().await.unwrap().unwrap().status, ServingStatus::Serving as i32);
    let started = Instant::now();

    running.stop.cancel();

    assert_eq!(stream.next().await.unwrap().unwrap().status, ServingStatus::NotServing as i32);
    timeout(Duration::from_secs(3), &mut running.server).await.unwrap().unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert!(timeout(Duration::from_secs(1), stream.next()).await.unwrap().unwrap().is_err());
}

#[tokio::test]
async fn work_that_does_not_end_is_cut_off() {
    let slow = Slow::default();
    let mut running = serve(|service, settings| {
        settings.drain_seconds = 0;
        service.with(slow.clone())
    })
    .await;
    let answer = tokio::spawn(call(running.channel(), "/test.Slow/Sleep"));
    slow.until_running(1).await;

    running.stop.cancel();

    (&mut running.server).await.unwrap();
    assert_ne!(answer.await.unwrap().code(), Code::Ok);
    slow.until_running(0).await;
}

#[tokio::test]
async fn a_stopped_server_gives_its_port_back() {
    let mut running = serve(|service, _| service).await;
    running.stop.cancel();
    (&mut running.server).await.unwrap();

    let settings = Settings { listen: running.listens, ..Settings::default() };

    assert!(Server::bind(Service::new("test", Contract::default()), &settings).await.is_ok());
}

#[tokio::test]
async fn a_taken_port_is_told_with_what_to_do() {
    let running = serve(|service, _| service).await;
    let settings = Settings { listen: running.address, ..Settings::default() };

    let error = Server::bind(Service::new("test", Contract::default()), &settings)
        .await
        .unwrap_err()
        .to_string();

    let wanted = "is in use: stop what listens there, or choose another address with --listen";
    assert_eq!(error, format!("{} {wanted}", running.address));
}
