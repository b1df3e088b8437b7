//! A server whose methods say who they think is asking, and clients that send what they are given.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chassis::auth::grants::GrantSource;
use chassis::client::Connection;
use chassis::clock::ManualClock;
use chassis::config::Oidc;
use chassis::{Failure, Server, Service, Settings};
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use policy::Grant;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use testkit::WithinTls;
use testkit::oidc::{AUDIENCE, Issuer, NOW};

/// One method for everybody, one for two roles, and one whose rule was forgotten.
const CONTRACT: &str = r#"
    syntax = "proto3";
    package test;
    import "registan/options/v1/options.proto";
    message Nothing {}
    service Who {
      rpc Read(Nothing) returns (Nothing) { option (registan.options.v1.rule) = {action: "test.read" anonymous: true}; }
      rpc Write(Nothing) returns (Nothing) {
        option (registan.options.v1.rule) = {action: "test.write" roles: [ROLE_EDITOR, ROLE_MONITOR]};
      }
      rpc Forgotten(Nothing) returns (Nothing);
      rpc Watch(Nothing) returns (stream Nothing) { option (registan.options.v1.rule) = {action: "test.read" anonymous: true}; }
      rpc Import(stream Nothing) returns (Nothing) {
        option (registan.options.v1.rule) = {action: "test.write" roles: ROLE_EDITOR};
      }
      rpc Relay(Nothing) returns (Nothing) { option (registan.options.v1.rule) = {action: "test.relay" anonymous: true}; }
    }
"#;

/// An empty message every ten milliseconds, for ever.
fn ticking() -> Response<Body> {
    let ticks = futures::stream::unfold((), |()| async {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        Some((Ok::<_, Status>(Frame::data(Bytes::from_static(&[0; 5]))), ()))
    });
    let mut response = Response::new(Body::new(StreamBody::new(ticks)));
    let kind = http::HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

/// Answers every method, also those that are not in the contract, with the caller;
/// `/test.Who/Relay` asks the next server.
#[derive(Clone, Default)]
pub struct Who {
    pub next: Option<Connection>,
}

impl NamedService for Who {
    const NAME: &'static str = "test.Who";
}

impl tower::Service<Request<Body>> for Who {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let next = self.next.clone();
        Box::pin(async move {
            let context = chassis::caller::current();
            if request.uri().path().ends_with("Watch") {
                return Ok(ticking());
            }
            if request.uri().path().ends_with("Import") {
                std::future::pending::<()>().await;
            }
            if let (true, Some(next)) = (request.uri().path().ends_with("Relay"), next) {
                return Ok(call(next, "/test.Who/Read").await.into_http());
            }
            let who = format!(
                "{} strong={} sees={:?} by={}",
                context.caller.subject,
                context.caller.strong,
                context.clearance.top(),
                context.rule.action
            );
            Ok(Status::already_exists(who).into_http())
        })
    }
}

/// A server, stopped with the test.
pub struct Running {
    /// Where it is called in plain text: itself, or a port before it that speaks TLS to it.
    pub address: SocketAddr,
    pub clock: Arc<ManualClock>,
    pub folder: TempDir,
    _stop: DropGuard,
}

/// The settings that differ from a server on loopback without an issuer.
#[derive(Default)]
pub struct With {
    pub oidc: Option<Oidc>,
    pub grants: Option<Arc<dyn GrantSource>>,
    /// How often it is asked what the caller of a stream still holds.
    pub lease: Option<Duration>,
    pub who: Who,
}

/// Serves [`Who`] on loopback; its clock stands at [`NOW`].
pub async fn serve(with: With) -> Running {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let within = WithinTls::chosen(&folder.path().join("tls"), &["test"]);
    let settings = Settings {
        listen: "127.0.0.1:0".parse().expect("an address"),
        data_dir: folder.path().to_owned(),
        oidc: with.oidc,
        tls: within.as_ref().map(WithinTls::tls),
        ..Settings::default()
    };
    let clock = Arc::new(ManualClock::at(NOW * 1_000_000));
    let mut service = Service::new("test", testkit::compiled(CONTRACT)).with(with.who);
    service.grant_source = with.grants;
    service.limits.lease = with.lease.unwrap_or(service.limits.lease);
    service.clock = clock.clone();
    let server = Server::bind(service, &settings).await.expect("a port is free");
    let (listens, stop) = (server.address(), CancellationToken::new());
    tokio::spawn(server.run(stop.clone()));
    let address = match &within {
        Some(within) => within.before(listens).await,
        None => listens,
    };
    Running { address, clock, folder, _stop: stop.drop_guard() }
}

/// Serves [`Who`] for the tokens of an issuer.
pub async fn serve_for(issuer: &Issuer) -> Running {
    serve(With { oidc: Some(oidc(issuer)), ..With::default() }).await
}

pub fn oidc(issuer: &Issuer) -> Oidc {
    Oidc { issuer: issuer.url.clone(), audience: AUDIENCE.to_owned(), untyped: false }
}

impl Running {
    /// A connection for nobody.
    pub fn connection(&self) -> Connection {
        Connection::to(&format!("http://{}", self.address)).expect("an address is a url")
    }

    /// Calls a method with a token, and gives how it ended.
    pub async fn call(&self, token: &str, path: &'static str) -> Status {
        let connection = self.connection().with_token(token).expect("it can be sent");
        call(connection, path).await
    }

    /// Begins a stream, as nobody or with a token; gives how it ended, once it has.
    pub async fn open(&self, token: Option<&str>, path: &'static str) -> JoinHandle<Status> {
        let connection = self.connection();
        let connection = match token {
            Some(token) => connection.with_token(token).expect("it can be sent"),
            None => connection,
        };
        let stream = tokio::spawn(stream(connection, path));
        // Until it is under way.
        tokio::time::sleep(Duration::from_millis(200)).await;
        stream
    }

    /// Returns the subject that the server sees in a token, or why it does not accept the token.
    pub async fn who(&self, token: &str) -> String {
        let status = self.call(token, "/test.Who/Read").await;
        match status.code() {
            Code::AlreadyExists => status.message().to_owned(),
            _ => problem(&status),
        }
    }

    /// Puts the clock forward.
    pub fn pass(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000_000);
    }
}

/// The reason of a refusal and, of a bad token, what is wrong with it.
pub fn problem(status: &Status) -> String {
    let info = status.get_details_error_info().expect("a refusal has a reason");
    match info.metadata.get("problem") {
        Some(problem) => format!("{:?} {} {problem}", status.code(), info.reason),
        None => format!("{:?} {}", status.code(), info.reason),
    }
}

/// Calls a unary method and gives how it ended.
pub async fn call(connection: Connection, path: &'static str) -> Status {
    let mut client = tonic::client::Grpc::new(connection);
    client.ready().await.expect("the channel is ready");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let path = http::uri::PathAndQuery::from_static(path);
    let answer = client.unary(tonic::Request::new(()), path, codec).await;
    answer.map_or_else(|status| status, |_| Status::ok(""))
}

/// Reads a stream of answers, or sends one of requests, until it ends, and gives how it did.
async fn stream(connection: Connection, path: &'static str) -> Status {
    let mut client = tonic::client::Grpc::new(connection);
    client.ready().await.expect("the channel is ready");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let uri = http::uri::PathAndQuery::from_static(path);
    if path.ends_with("Import") {
        let ticks = tokio::time::interval(Duration::from_millis(10));
        let ticks = futures::stream::unfold(ticks, |mut ticks| async {
            ticks.tick().await;
            Some(((), ticks))
        });
        let answer = client.client_streaming(tonic::Request::new(ticks), uri, codec).await;
        return answer.map_or_else(|status| status, |_| Status::ok(""));
    }
    let answers = client.server_streaming(tonic::Request::new(()), uri, codec).await;
    let mut answers = match answers {
        Ok(answers) => answers.into_inner(),
        Err(status) => return status,
    };
    loop {
        match answers.message().await {
            Ok(Some(())) => {}
            Ok(None) => return Status::ok(""),
            Err(status) => return status,
        }
    }
}

/// Grants by subject; a subject `broken` cannot be looked up, and none once it fails.
pub struct Granted {
    known: Mutex<Option<HashMap<String, Vec<Grant>>>>,
    hangs: AtomicBool,
    vain: AtomicUsize,
}

impl Granted {
    pub fn new(grants: HashMap<String, Vec<Grant>>) -> Self {
        let (hangs, vain) = (AtomicBool::new(false), AtomicUsize::new(0));
        Self { known: Mutex::new(Some(grants)), hangs, vain }
    }

    /// Sets the grants of a subject.
    pub fn set(&self, subject: &str, grants: Vec<Grant>) {
        let mut known = self.known.lock().expect("nothing panics");
        known.as_mut().expect("it has not failed").insert(subject.to_owned(), grants);
    }

    /// From now on it answers nobody, until the grants that are returned are put back.
    pub fn fail(&self) -> Option<HashMap<String, Vec<Grant>>> {
        self.known.lock().expect("nothing panics").take()
    }

    /// How often it was asked since it answers nobody.
    pub fn asked_in_vain(&self) -> usize {
        self.vain.load(Ordering::SeqCst)
    }

    /// Answers again.
    pub fn answer(&self, grants: Option<HashMap<String, Vec<Grant>>>) {
        *self.known.lock().expect("nothing panics") = grants;
    }

    /// From now on whoever it is asked by waits.
    pub fn hang(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }
}

impl GrantSource for Granted {
    fn grants<'a>(
        &'a self,
        subject: &'a str,
        _: &'a http::HeaderValue,
    ) -> BoxFuture<'a, Result<Vec<Grant>, Failure>> {
        Box::pin(async move {
            if self.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let known = self.known.lock().expect("nothing panics");
            match &*known {
                Some(known) if !subject.ends_with("#broken") => {
                    Ok(known.get(subject).cloned().unwrap_or_default())
                }
                Some(_) => Err(Failure::service_unavailable("the record")),
                // As one that is there and has no time answers.
                None => {
                    self.vain.fetch_add(1, Ordering::SeqCst);
                    Err(Failure::downstream("the record", Status::deadline_exceeded("late")))
                }
            }
        })
    }
}
