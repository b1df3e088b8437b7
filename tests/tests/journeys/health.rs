//! The health of a service when its database goes and comes back.

use std::time::Duration;

use e2e::faults::system::{System, Victim};
use testkit::Engine;
use tokio::time::{sleep, timeout};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

async fn until(system: &System, service: &str, wanted: ServingStatus) {
    let channel = chassis::client::channel(&format!("http://{}", system.addresses[0]));
    let mut client = HealthClient::new(channel.expect("an address is a url"));
    let reached = timeout(Duration::from_secs(15), async {
        loop {
            let request = HealthCheckRequest { service: service.to_owned() };
            let answer = client.check(request).await;
            if answer.is_ok_and(|answer| answer.get_ref().status == wanted as i32) {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    reached.await.unwrap_or_else(|_| panic!("{service:?} does not become {wanted}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_does_not_serve_while_its_database_is_away() {
    const PARTIES: &str = "registan.agreements.v1.PartyService";
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(mut system) = System::start(engine, 1).await.unwrap() else { continue };
        until(&system, "", ServingStatus::Serving).await;
        let file = system.folder.path().join("data/record.db");
        let aside = file.with_extension("aside");

        match engine {
            Engine::Sqlite => std::fs::rename(&file, &aside).unwrap(),
            Engine::Postgres => {
                system.kill(Victim::Database, &mut fastrand::Rng::with_seed(1)).unwrap();
            }
        }

        until(&system, "", ServingStatus::NotServing).await;
        until(&system, PARTIES, ServingStatus::NotServing).await;
        until(&system, "process", ServingStatus::Serving).await;
        match engine {
            Engine::Sqlite => std::fs::rename(&aside, &file).unwrap(),
            Engine::Postgres => system.start_again(Victim::Database),
        }
        until(&system, "", ServingStatus::Serving).await;
        until(&system, PARTIES, ServingStatus::Serving).await;
    }
}
