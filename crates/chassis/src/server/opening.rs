//! The time before a service is open: its process lives, and does not serve yet.

use std::future::Future;
use std::sync::Arc;

use anyhow::Result;
use tokio_util::sync::CancellationToken;
use tonic_health::server::HealthReporter;

use super::admin::Admin;
use super::health::Health;
use crate::Settings;
use crate::auth::Authenticator;
use crate::clock::{Clock, SystemClock};

/// Waits for what `opening` opens. Meanwhile the admin port, if there is one, tells that the
/// process lives and does not serve; it is free again when this returns. `None` if `stop` comes
/// first.
pub async fn while_opening<T>(
    name: &'static str,
    settings: &Settings,
    opening: impl Future<Output = Result<T>>,
    stop: &CancellationToken,
) -> Result<Option<T>> {
    let opening = stop.run_until_cancelled(opening);
    let Some(address) = settings.probe_address else { return opening.await.transpose() };
    let reporter = HealthReporter::new();
    let health = Health { name, reporter, proto_services: Vec::new(), ground: None };
    health.begin_closed().await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let authenticator = Arc::new(Authenticator::new(settings, None, Arc::clone(&clock))?);
    let (served, closed) = Admin::bind(address, &health, &authenticator, &clock)?.serve();
    let opened = opening.await.transpose();
    drop(served);
    // The port must be free for the server that comes next.
    let _ = closed.await;
    opened
}
