//! The admin port: pages and health for those who look after the process. Callers cannot fill it,
//! and a connection that is slow gives way: probes are answered in time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use prost_reflect::DescriptorPool;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::service::Routes;

use super::connections::{Connections, Room};
use super::edge::{Advice, Edge, Purpose};
use super::guard::Guard;
use super::health::Health;
use super::limits::{Limits, Quotas};
use super::listening::listen;
use super::methods::Methods;
use super::rates::Rates;
use super::redacted::Redacted;
use super::vitals;
use crate::auth::Authenticator;
use crate::clock::Clock;
use crate::deadline::Deadlines;
use crate::tls::Port;

/// How many connections may look after the process, how many of one address, and how old each may
/// get.
const CONNECTIONS: usize = 64;
const PER_ADDRESS: u32 = 16;
const AGE: Duration = Duration::from_mins(30);
/// How long a connection that is asked to close may go on.
const GRACE: Duration = Duration::from_secs(5);

/// The bounds of the port: it is asked little, and answers at once.
fn limits() -> Limits {
    let all = Limits::default();
    Limits {
        deadlines: Deadlines { stream_max: GRACE, ..all.deadlines },
        first_bytes: Duration::from_secs(3),
        idle: Duration::from_secs(10),
        gives_way: Duration::from_millis(250),
        streams: 16,
        calls: 16,
        windows: (16 * 1024, 64 * 1024),
        local_resets: 1024,
        pending_resets: 16,
        ..all
    }
}

/// The port, taken and not served yet.
pub(super) struct Admin {
    listener: TcpListener,
    edge: Edge,
    limits: Limits,
}

impl Admin {
    /// Takes the port.
    pub fn bind(
        address: SocketAddr,
        health: &Health,
        authenticator: &Arc<Authenticator>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self> {
        vitals::age();
        let listener = listen(address, "--probe-address")?;
        let address = listener.local_addr().context("the port has no address")?;
        let nothing = DescriptorPool::new();
        let methods = Methods::read(&nothing, &[]).context("the descriptors cannot be read")?;
        let routes = Routes::default().add_service(health.server()).prepare();
        let routes = Redacted::new(routes, &nothing, &[]);
        let (authenticator, clock) = (Arc::clone(authenticator), Arc::clone(clock));
        let guard = Guard { methods: Arc::new(methods), authenticator, clock };
        let (rates, limits) = (Rates::new(Quotas::default(), 0), limits());
        // What goes on here never ends for a drain: health is told until the end of it.
        let stopping = CancellationToken::new();
        let advice = Advice::new(address, &Port::Plain);
        let edge = Edge::new(routes, guard, rates, &limits, advice, stopping, Purpose::Admin);
        Ok(Self { listener, edge, limits })
    }

    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Serves it until the guard that is returned is dropped; then its task ends, and the port is
    /// free.
    pub fn serve(self) -> (DropGuard, JoinHandle<()>) {
        // On loopback everybody has the same address.
        let is_here = self.address().is_some_and(|address| address.ip().is_loopback());
        let per_address = if is_here { 0 } else { PER_ADDRESS };
        let room = Room { connections: CONNECTIONS, per_address, age: AGE };
        // In plain text: it holds no secret, and Kubernetes can ask it no other way.
        let connections = Connections::new(self.edge, &self.limits, room, Port::Plain);
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        let task = tokio::spawn(async move {
            connections.take(self.listener, &stop).await;
            connections.drain(Duration::ZERO).await;
        });
        (guard, task)
    }
}
