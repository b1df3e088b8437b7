//! Tells by `grpc.health.v1` whether the process serves: not while what it stands on is away.

use std::future::pending;

use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use super::readiness::{self, State};

/// The name under which the process itself is known to health: it serves as long as it runs,
/// whatever else is away. Whoever restarts a process that hangs asks for this one, for a restart
/// brings no database back.
pub const PROCESS: &str = "process";

/// The health of the process and of every proto service that it serves.
pub(super) struct Health {
    /// The name of the service.
    pub name: &'static str,
    pub reporter: HealthReporter,
    pub proto_services: Vec<String>,
    /// True while the database is available; absent without a database.
    pub ground: Option<watch::Receiver<bool>>,
}

impl Health {
    /// The service that answers.
    pub fn server(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }

    /// Tells the present state.
    pub async fn begin(&self) {
        self.reporter.set_service_status(PROCESS, ServingStatus::Serving).await;
        let is_there = self.ground.as_ref().is_none_or(|ground| *ground.borrow());
        self.tell(State::of(is_there)).await;
    }

    /// Tells that the process lives, and does not serve yet.
    pub async fn begin_closed(&self) {
        self.reporter.set_service_status(PROCESS, ServingStatus::Serving).await;
        self.tell(State::Opening).await;
    }

    /// Tells every change, for ever.
    pub async fn follow(&mut self) {
        let Some(mut ground) = self.ground.take() else { return pending().await };
        loop {
            let is_there = *ground.borrow_and_update();
            self.tell(State::of(is_there)).await;
            if ground.changed().await.is_err() {
                return pending().await;
            }
            if *ground.borrow() {
                tracing::info!("what the service stands on is back");
            } else {
                tracing::warn!("what the service stands on is away");
            }
        }
    }

    /// Tells all who ask or watch whether the process serves.
    pub async fn tell(&self, state: State) {
        readiness::set(self.name, state);
        let serves = state == State::Serving;
        let status = if serves { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.reporter.set_service_status("", status).await;
        for name in &self.proto_services {
            self.reporter.set_service_status(name, status).await;
        }
    }
}
