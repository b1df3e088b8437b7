//! A port that answers gRPC, with bounds on everything a caller can ask for.
//!
//! - `connections`: takes connections, ages them, drains them
//! - `places`: who has a place among them; `activity`: what goes on on each
//! - `listening`: takes a port
//! - `first_bytes`: closes a connection that says nothing
//! - `edge`: each request: is it gRPC, how long may it take, what did it become
//! - `arrival`: the body of a request; ends it when the caller stalls
//! - `answer`: the body of an answer; ends a stream at its deadline
//! - `guard`: who may call what
//! - `lease`: how long a stream may go on
//! - `limits`: the bounds of all that, and what one caller may use
//! - `rates`: how much one caller may ask for
//! - `health`: tells whether the process serves; `readiness`: and why not
//! - `admin`, `pages`: a port of its own for those who look after the process: health and metrics
//! - `measured`, `vitals`: what is counted of each call, and of the process
//! - `opening`: the time before a service is open
//! - `methods`: the methods there are, their rules, and which of them stream, from the descriptors
//! - `redacted`: redacts every answer for its caller

mod activity;
mod admin;
mod answer;
mod arrival;
mod connections;
mod edge;
mod first_bytes;
mod guard;
mod health;
mod lease;
mod limits;
mod listening;
mod measured;
mod methods;
mod opening;
mod pages;
mod places;
mod rates;
mod readiness;
mod redacted;
mod vitals;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use self::admin::Admin;
use self::connections::{Connections, Room};
use self::edge::{Advice, Edge, Purpose};
use self::guard::Guard;
use self::health::Health;
pub use self::health::PROCESS;
pub use self::limits::{Limits, Quotas};
use self::listening::listen;
use self::methods::Methods;
pub(crate) use self::opening::while_opening;
use self::rates::Rates;
use self::readiness::State;
use self::redacted::Redacted;
use crate::auth::Authenticator;
use crate::auth::grants::GrantSource;
use crate::clock::{Clock, SystemClock};
use crate::tls::{Callers, Port};
use crate::trace::Sampling;
use crate::{Contract, Settings, otlp, reflection};

/// The most bytes of one message that a service decodes.
pub const MAX_DECODING: usize = 1 << 20;
/// The most bytes of one message that a service encodes; tonic's own default is no limit.
pub const MAX_ENCODING: usize = 8 << 20;

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

    /// Makes its health, with the check of what it stands on.
    fn take_health(&mut self) -> Health {
        Health {
            name: self.name,
            reporter: self.health.clone(),
            proto_services: self.proto_services.clone(),
            ground: self.ground.take(),
        }
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
    /// The port for those who look after the process.
    admin: Option<Admin>,
    health: Health,
    stopping: CancellationToken,
    service: Service,
    linger: Duration,
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
        vitals::watch();
        otlp::start(settings, vitals::age())?;
        let grant_source = service.grant_source.clone();
        let authenticator = Authenticator::new(settings, grant_source, Arc::clone(&service.clock))?;
        vitals::watch_certificates(settings);
        let port = Port::choose(settings, service.name, service.callers)?;
        let listener = listen(settings.listen, "--listen")?;
        let address = listener.local_addr().context("the port has no address")?;
        let health = service.take_health();
        health.begin().await;
        let mut routes = std::mem::take(&mut service.routes).add_service(health.server());
        let listed = [service.proto_services.as_slice(), &service.passed_on].concat();
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
        let admin = settings
            .probe_address
            .map(|address| Admin::bind(address, &health, &authenticator, &service.clock));
        let methods = Arc::new(methods);
        let guard = Guard { methods, authenticator, clock: Arc::clone(&service.clock) };
        let quotas = service.limits.quotas.chosen(settings);
        let edge = Edge::new(
            routes,
            guard,
            Rates::new(quotas, service.limits.streams_in_all)
                .behind(settings.trusted_proxies.clone()),
            &service.limits,
            Advice::new(address, &port),
            stopping.clone(),
            Purpose::Calls {
                service: service.name,
                sampling: Sampling::new(settings, service.callers.is_some()),
            },
        );
        Ok(Self {
            listener,
            address,
            stopping,
            edge,
            admin: admin.transpose()?,
            health,
            service,
            linger: Duration::from_secs(settings.linger_seconds),
            drain: Duration::from_secs(settings.drain_seconds),
            room: Room::of(settings, quotas.connections_per_address),
            port,
        })
    }

    /// Where it listens, with the port that was given for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where those who look after the process ask, if they may.
    pub fn probe_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(Admin::address)
    }

    /// Answers until `stop` is cancelled, and for some seconds more, in which callers learn to go
    /// elsewhere; then lets requests under way end within the drain time and cuts the rest.
    pub async fn run(self, stop: CancellationToken) {
        let Self { listener, address, edge, stopping, service, linger, drain, mut health, .. } =
            self;
        tracing::info!(service = service.name, %address, "serving");
        let until_stopped = self.admin.map(Admin::serve);
        let connections = Connections::new(edge, &service.limits, self.room, self.port);
        let closing = CancellationToken::new();
        let leave = async {
            tokio::select! {
                () = stop.cancelled() => {}
                () = health.follow() => {}
            }
            health.tell(State::Draining).await;
            sleep(linger).await;
            closing.cancel();
        };
        tokio::join!(connections.take(listener, &closing), leave);

        tracing::info!(service = service.name, "draining");
        stopping.cancel();
        let cut = connections.drain(drain).await;
        drop(until_stopped);
        otlp::flush().await;
        tracing::info!(service = service.name, connections_cut = cut, "stopped");
    }
}
