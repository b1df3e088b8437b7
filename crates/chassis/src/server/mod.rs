//! A port that answers gRPC, with bounds on everything a caller can ask for.
//!
//! - `connections`: takes connections, ages them, drains them
//! - `places`: who has a place among them; `activity`: what goes on on each
//! - `first_bytes`: closes a connection that says nothing
//! - `edge`: each request: is it gRPC, how long may it take, what did it become
//! - `arrival`: the body of a request; ends it when the caller stalls
//! - `answer`: the body of an answer; ends a stream at its deadline
//! - `guard`: who may call what
//! - `lease`: how long a stream may go on
//! - `limits`: the bounds of all that, and what one caller may use
//! - `rates`: how much one caller may ask for
//! - `health`: tells whether the process serves; on a port of its own too, for those who look after
//!   it
//! - `opening`: the time before a service is open
//! - `methods`: the methods there are, their rules, and which of them stream, from the descriptors
//! - `redacted`: redacts every answer for its caller

mod activity;
mod answer;
mod arrival;
mod connections;
mod edge;
mod first_bytes;
mod guard;
mod health;
mod lease;
mod limits;
mod methods;
mod opening;
mod places;
mod rates;
mod redacted;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use prost_reflect::DescriptorPool;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use self::connections::{Connections, Room};
use self::edge::{Advice, Edge};
use self::guard::Guard;
use self::health::Health;
pub use self::health::PROCESS;
pub use self::limits::{Limits, Quotas};
use self::methods::Methods;
pub(crate) use self::opening::while_opening;
use self::rates::Rates;
use self::redacted::Redacted;
use crate::auth::Authenticator;
use crate::auth::grants::GrantSource;
use crate::clock::{Clock, SystemClock};
use crate::tls::{Callers, Port};
use crate::{Contract, Settings, reflection};

/// The most bytes of one message that a service decodes.
pub const MAX_DECODING: usize = 1 << 20;
/// The most bytes of one message that a service encodes; tonic's own default is no limit.
pub const MAX_ENCODING: usize = 8 << 20;

/// How many connections may wait to be taken, if the system allows as many. With the 128 of the
/// standard library a burst of connections makes honest callers try again after 1, 3 and 7 seconds.
const BACKLOG: u32 = 4096;

/// How many connections may ask for health alone, and how old each may get.
const PROBES: usize = 64;
const PROBES_AGE: Duration = Duration::from_mins(30);

/// The proto services of one process and what belongs to them.
pub struct Service {
    /// For logs and errors.
    pub name: &'static str,
    pub contract: Contract,
    pub routes: Routes,
    /// The proto services that are answered here: listed by reflection, known to health.
    pub proto_services: Vec<String>,
    /// The proto services that are passed on to other processes: listed by reflection. Their health
    /// is for whoever passes them on to tell.
    pub passed_on: Vec<String>,
    pub health: HealthReporter,
    /// True while the database is available; while it is not, health reports `NOT_SERVING`.
    pub ground: Option<watch::Receiver<bool>>,
    pub limits: Limits,
    /// Where what callers were given is kept; absent where nothing but what is PUBLIC is served.
    pub grant_source: Option<Arc<dyn GrantSource>>,
    /// By which tokens and grants hold or have expired.
    pub clock: Arc<dyn Clock>,
    /// The services that may call it, by their certificates; absent where everybody may.
    pub callers: Option<Callers>,
    tasks: JoinSet<()>,
}

impl Service {
    /// A service without any method yet.
    pub fn new(name: &'static str, contract: Contract) -> Self {
        Self {
            name,
            contract,
            routes: Routes::default(),
            proto_services: Vec::new(),
            passed_on: Vec::new(),
            health: HealthReporter::new(),
            ground: None,
            limits: Limits::default(),
            grant_source: None,
            clock: Arc::new(SystemClock),
            callers: None,
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

/// A server that has its port and answers once it [runs](Server::run).
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    edge: Edge,
    /// The address that serves health alone.
    probes: Option<(TcpListener, Edge)>,
    health: Health,
    stopping: CancellationToken,
    service: Service,
    drain: Duration,
    room: Room,
    port: Port,
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
        let port = Port::choose(settings, service.name, service.callers)?;
        let listener = listen(settings.listen, "--listen")?;
        let address = listener.local_addr().context("the port has no address")?;
        let health = Health {
            reporter: service.health.clone(),
            proto_services: service.proto_services.clone(),
            ground: service.ground.take(),
        };
        health.begin().await;
        let routes = std::mem::take(&mut service.routes).add_service(health.server());
        let listed = [service.proto_services.as_slice(), &service.passed_on].concat();
        let mut routes = routes;
        if settings.reflection {
            routes = reflection::add(routes, &service.contract, &listed);
        }
        let stopping = CancellationToken::new();
        let methods = Methods::read(&service.contract.pool, &listed)
            .context("the descriptors cannot be read")?;
        let pool = &service.contract.pool;
        let routes = Redacted::new(routes.prepare(), pool, &service.passed_on);
        authenticator.announce();
        let authenticator = Arc::new(authenticator);
        let probes = settings
            .probe_address
            .map(|address| probes(address, &service, &health, &authenticator, &stopping));
        let methods = Arc::new(methods);
        let guard = Guard { methods, authenticator, clock: Arc::clone(&service.clock) };
        let quotas = service.limits.quotas.chosen(settings);
        let edge = Edge::new(
            routes,
            guard,
            Rates::new(quotas, service.limits.streams_in_all),
            &service.limits,
            Advice::new(address, &port),
            stopping.clone(),
        );
        Ok(Self {
            listener,
            address,
            stopping,
            edge,
            probes: probes.transpose()?,
            health,
            service,
            drain: Duration::from_secs(settings.drain_seconds),
            room: Room {
                connections: settings.max_connections,
                per_address: quotas.connections_per_address,
                age: Duration::from_secs(settings.max_connection_age_seconds),
            },
            port,
        })
    }

    /// Where it listens, with the port that was given for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it tells health alone, if it was asked to.
    pub fn probe_address(&self) -> Option<SocketAddr> {
        self.probes.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Answers until `stop` is cancelled, then lets requests under way end within the drain time
    /// and cuts the rest.
    pub async fn run(self, stop: CancellationToken) {
        let Self { listener, address, edge, stopping, service, drain, mut health, .. } = self;
        tracing::info!(service = service.name, %address, "serving");
        let probes = CancellationToken::new();
        let until_stopped = probes.clone().drop_guard();
        if let Some((listener, edge)) = self.probes {
            let room = Room { connections: PROBES, per_address: 0, age: PROBES_AGE };
            // In plain text: it tells health alone, and Kubernetes can ask it no other way.
            let connections = Connections::new(edge, &service.limits, room, Port::Plain);
            tokio::spawn(async move {
                connections.take(listener, &probes).await;
                connections.drain(Duration::ZERO).await;
            });
        }
        let connections = Connections::new(edge, &service.limits, self.room, self.port);
        tokio::select! {
            () = connections.take(listener, &stop) => {}
            () = health.follow() => {}
        }

        tracing::info!(service = service.name, "draining");
        stopping.cancel();
        health.tell(false).await;
        let cut = connections.drain(drain).await;
        drop(until_stopped);
        tracing::info!(service = service.name, connections_cut = cut, "stopped");
    }
}

/// A port that tells nothing but health, to those who look after the process: callers cannot fill
/// it.
fn probes(
    address: SocketAddr,
    service: &Service,
    health: &Health,
    authenticator: &Arc<Authenticator>,
    stopping: &CancellationToken,
) -> Result<(TcpListener, Edge)> {
    let listener = listen(address, "--probe-address")?;
    let address = listener.local_addr().context("the port has no address")?;
    let nothing = DescriptorPool::new();
    let methods = Methods::read(&nothing, &[]).context("the descriptors cannot be read")?;
    let routes = Routes::default().add_service(health.server()).prepare();
    let routes = Redacted::new(routes, &nothing, &[]);
    let (authenticator, clock) = (Arc::clone(authenticator), Arc::clone(&service.clock));
    let guard = Guard { methods: Arc::new(methods), authenticator, clock };
    let rates = Rates::new(Quotas::default(), 0);
    let advice = Advice::new(address, &Port::Plain);
    let edge = Edge::new(routes, guard, rates, &service.limits, advice, stopping.clone());
    Ok((listener, edge))
}

fn listen(address: SocketAddr, setting: &str) -> Result<TcpListener> {
    take(address).map_err(|error| anyhow::anyhow!(advice(address, setting, &error)))
}

fn take(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn advice(address: SocketAddr, setting: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!(
                "{address} is in use: stop what listens there, or choose another address with {setting}"
            )
        }
        ErrorKind::PermissionDenied => {
            format!("may not listen on {address}: choose a port above 1023 with {setting}")
        }
        ErrorKind::AddrNotAvailable => {
            format!("this machine has no address {}: choose another with {setting}", address.ip())
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}
