//! The time before a service is open: its process lives, and does not serve yet.

use std::future::Future;

use anyhow::{Context, Result};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::server::HealthReporter;

use super::health::Health;
use super::listen;
use crate::Settings;

/// Waits for what `opening` opens. Meanwhile the probe port, if there is one, tells that the
/// process lives and does not serve; it is free again when this returns. `None` if `stop` comes
/// first.
pub async fn while_opening<T>(
    settings: &Settings,
    opening: impl Future<Output = Result<T>>,
    stop: &CancellationToken,
) -> Result<Option<T>> {
    let opening = stop.run_until_cancelled(opening);
    let Some(address) = settings.probe_address else { return opening.await.transpose() };
    let listener = listen(address, "--probe-address")?;
    let health =
        Health { reporter: HealthReporter::new(), proto_services: Vec::new(), ground: None };
    health.begin_closed().await;
    let probes = Server::builder()
        .add_service(health.server())
        .serve_with_incoming(TcpListenerStream::new(listener));
    tokio::select! {
        opened = opening => opened.transpose(),
        ended = probes => {
            ended.context("the probe port cannot be served")?;
            anyhow::bail!("the probe port takes no more connections")
        }
    }
}
