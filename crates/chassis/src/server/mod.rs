//! A port that answers gRPC, with bounds on everything a caller can ask for.
//!
//! - `connections`: takes connections, ages them, drains them
//! - `first_bytes`: closes a connection that says nothing
//! - `edge`: each request: is it gRPC, how long may it take, what did it become
//! - `answer`: the body of an answer; ends a stream at its deadline
//! - `guard`: who may call what
//! - `methods`: the methods there are, their rules, and which of them stream, told by the descriptors

mod answer;
mod connections;
mod edge;
mod first_bytes;
mod guard;
mod methods;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use self::edge::Edge;
use self::guard::Guard;
use self::methods::Methods;
use crate::auth::Authenticator;
use crate::auth::grants::GrantSource;
use crate::clock::{Clock, SystemClock};
use crate::deadline::Deadlines;
use crate::{Settings, reflection};

/// The most bytes of one message that a service decodes.
pub const MAX_DECODING: usize = 1 << 20;
/// The most bytes of one message that a service encodes; tonic's own default is no limit.
pub const MAX_ENCODING: usize = 8 << 20;

/// What a server serves: the proto services of one process and what belongs to them.
pub struct Service {
    /// For logs and errors.
    pub name: &'static str,
    /// An encoded `FileDescriptorSet`; may hold more than is served.
    pub descriptors: &'static [u8],
    pub routes: Routes,
    /// The proto services that are answered here: listed by reflection, known to health.
    pub proto_services: Vec<String>,
    /// The proto services that are passed on to other processes: listed by reflection. Their health is for whoever
    /// passes them on to tell.
    pub passed_on: Vec<String>,
    pub health: HealthReporter,
    pub limits: Limits,
    /// What the record grants to the subject of a token; without it nothing.
    pub grant_source: Option<Arc<dyn GrantSource>>,
    /// By which tokens and grants hold or have expired.
    pub clock: Arc<dyn Clock>,
    tasks: JoinSet<()>,
}

impl Service {
    /// A service without any method yet.
    pub fn new(name: &'static str, descriptors: &'static [u8]) -> Self {
        Self {
            name,
            descriptors,
            routes: Routes::default(),
            proto_services: Vec::new(),
            passed_on: Vec::new(),
            health: HealthReporter::new(),
            limits: Limits::default(),
            grant_source: None,
            clock: Arc::new(SystemClock),
            tasks: JoinSet::new(),
        }
    }

    /// Adds a generated server.
    #[must_use]
    pub fn with<S>(mut self, server: S) -> Self
    where
        S: tower::Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.proto_services.push(S::NAME.to_owned());
        self.routes = self.routes.add_service(server);
        self
    }

    /// Runs `task` for as long as the service is served. Must be called in a runtime.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The bounds of a server that no operator needs to change; tests do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub deadlines: Deadlines,
    /// A connection that has not sent a whole HTTP/2 preface by then is closed.
    pub first_bytes: Duration,
    /// How often a connection is asked whether it lives, and how long it has to say so.
    pub keepalive: (Duration, Duration),
    /// The most bytes of headers of one request.
    pub headers: u32,
    /// The most requests at a time on one connection.
    pub streams: u32,
    /// How many bytes a caller may send ahead of our reading: on one stream, and on one connection. The second is the
    /// most memory a connection can hold; when stalled streams fill it, the others on that connection wait for them.
    pub windows: (u32, u32),
    /// How many calls that ended early a connection survives. A stranger gets h2's own bound; between our services a
    /// refused upload is daily business.
    pub local_resets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadlines: Deadlines::default(),
            first_bytes: Duration::from_secs(10),
            keepalive: (Duration::from_secs(20), Duration::from_secs(10)),
            headers: 8 * 1024,
            streams: 1024,
            windows: (256 * 1024, 64 * 1024 * 1024),
            local_resets: usize::MAX,
        }
    }
}

/// A server that has its port and answers once it [runs](Server::run).
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    edge: Edge,
    service: Service,
    drain: Duration,
    max_connections: usize,
    max_connection_age: Duration,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Takes the port. An error says what to do.
    pub async fn bind(mut service: Service, settings: &Settings) -> Result<Self> {
        let grant_source = service.grant_source.clone();
        let authenticator = Authenticator::new(settings, grant_source, Arc::clone(&service.clock))?;
        let listener = TcpListener::bind(settings.listen).await;
        let listener =
            listener.map_err(|error| anyhow::anyhow!(advice(settings.listen, &error)))?;
        let address = listener.local_addr().context("the port has no address")?;
        for name in &service.proto_services {
            service.health.set_service_status(name, ServingStatus::Serving).await;
        }
        let health =
            tonic_health::server::HealthService::from_health_reporter(service.health.clone());
        let health = tonic_health::pb::health_server::HealthServer::new(health);
        let routes = std::mem::take(&mut service.routes).add_service(health);
        let listed = [service.proto_services.as_slice(), &service.passed_on].concat();
        let routes = reflection::add(routes, service.descriptors, &listed)
            .context("the descriptors do not fit together")?;
        let methods = Methods::read(service.descriptors, &listed)
            .context("the descriptors cannot be read")?;
        authenticator.announce();
        let guard = Guard { methods, authenticator, clock: Arc::clone(&service.clock) };
        Ok(Self {
            listener,
            address,
            edge: Edge::new(routes.prepare(), guard, service.limits.deadlines, address),
            service,
            drain: Duration::from_secs(settings.drain_seconds),
            max_connections: settings.max_connections,
            max_connection_age: Duration::from_secs(settings.max_connection_age_seconds),
        })
    }

    /// Where it listens, with the port that was given for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is cancelled, then lets requests under way end within the drain time and cuts the rest.
    pub async fn run(self, stop: CancellationToken) {
        let Self { listener, address, edge, service, drain, max_connections, max_connection_age } =
            self;
        tracing::info!(service = service.name, %address, "serving");
        let connections = connections::Connections::new(
            edge,
            &service.limits,
            max_connections,
            max_connection_age,
        );
        connections.take(listener, &stop).await;

        tracing::info!(service = service.name, "draining");
        service.health.set_service_status("", ServingStatus::NotServing).await;
        for name in &service.proto_services {
            service.health.set_service_status(name, ServingStatus::NotServing).await;
        }
        let cut = connections.drain(drain).await;
        tracing::info!(service = service.name, connections_cut = cut, "stopped");
    }
}

fn advice(address: SocketAddr, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!(
                "{address} is in use: stop what listens there, or choose another address with --listen"
            )
        }
        ErrorKind::PermissionDenied => {
            format!("may not listen on {address}: choose a port above 1023 with --listen")
        }
        ErrorKind::AddrNotAvailable => {
            format!("this machine has no address {}: choose another with --listen", address.ip())
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}
