//! The health that an orchestrator sees.

use std::time::Duration;

use crate::support::{Slow, call, serve};
use chassis::client::channel;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

async fn status(health: &HealthClient<Channel>, service: &str) -> i32 {
    let request = HealthCheckRequest { service: service.to_owned() };
    health.clone().check(request).await.expect("health answers").get_ref().status
}

async fn until(health: &HealthClient<Channel>, service: &str, wanted: ServingStatus) {
    let reached = timeout(Duration::from_secs(3), async {
        while status(health, service).await != wanted as i32 {
            sleep(Duration::from_millis(10)).await;
        }
    });
    reached.await.expect("in time");
}

#[tokio::test]
async fn a_service_does_not_serve_while_what_it_stands_on_is_away() {
    let (told, ground) = watch::channel(true);
    let running = serve(|mut service, _| {
        service.ground = Some(ground);
        service.with(Slow::default())
    })
    .await;
    let health = running.health();
    until(&health, "", ServingStatus::Serving).await;

    told.send(false).unwrap();

    until(&health, "", ServingStatus::NotServing).await;
    until(&health, "test.Slow", ServingStatus::NotServing).await;
    // Nobody restarts it for that.
    until(&health, chassis::server::PROCESS, ServingStatus::Serving).await;
    told.send(true).unwrap();
    until(&health, "", ServingStatus::Serving).await;
    until(&health, "test.Slow", ServingStatus::Serving).await;
}

#[tokio::test]
async fn the_port_for_probes_answers_when_callers_fill_the_other() {
    let slow = Slow::default();
    let running = serve(|service, settings| {
        settings.max_connections = 1;
        settings.probe_address = Some("127.0.0.1:0".parse().unwrap());
        settings.drain_seconds = 2;
        service.with(slow.clone())
    })
    .await;
    let taken = tokio::spawn(call(running.channel(), "/test.Slow/Sleep"));
    slow.until_running(1).await;
    let mut newcomer = running.health();
    let waits = newcomer.check(HealthCheckRequest::default());
    assert!(timeout(Duration::from_millis(300), waits).await.is_err());

    let probes = channel(&format!("http://{}", running.probes.unwrap())).unwrap();
    let health = HealthClient::new(probes.clone());
    assert_eq!(status(&health, "").await, ServingStatus::Serving as i32);
    assert_eq!(status(&health, "test.Slow").await, ServingStatus::Serving as i32);

    // Nothing else is answered there.
    assert_eq!(call(probes, "/test.Slow/Nap").await.code(), Code::Unimplemented);
    // And it tells of the drain until the end of it.
    running.stop.cancel();
    until(&health, "", ServingStatus::NotServing).await;
    taken.abort();
}
