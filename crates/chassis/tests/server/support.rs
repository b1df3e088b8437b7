//! A server on a free port, and a proto service that takes its time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chassis::client::Connection;
use chassis::{Contract, Server, Service, Settings};
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use prost::Message;
use tempfile::TempDir;
use testkit::WithinTls;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::server::NamedService;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// A server under test; ends with it.
pub struct Running {
    /// Where it is called in plain text: itself, or a port before it that speaks TLS to it.
    pub address: SocketAddr,
    /// Where it listens.
    pub listens: SocketAddr,
    /// Where it tells health alone, if it was asked to.
    pub probes: Option<SocketAddr>,
    pub stop: CancellationToken,
    pub server: JoinHandle<()>,
    _certificate: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Running {
    /// A connection of its own.
    pub fn channel(&self) -> Channel {
        chassis::client::channel(&format!("http://{}", self.address)).expect("an address is a url")
    }

    pub fn health(&self) -> HealthClient<Channel> {
        HealthClient::new(self.channel())
    }
}

/// The contract of [`Slow`]: everybody may call it.
const SLOW: &str = r#"
    syntax = "proto3";
    package test;
    import "registan/options/v1/options.proto";
    message Nothing {}
    message Much { string text = 1 [(registan.options.v1.tier) = TIER_PUBLIC]; }
    service Slow {
      rpc Nap(Nothing) returns (Nothing) { option (registan.options.v1.rule) = {action: "test" anonymous: true}; }
      rpc Sleep(Nothing) returns (Nothing) { option (registan.options.v1.rule) = {action: "test" anonymous: true}; }
      rpc Panic(Nothing) returns (Nothing) { option (registan.options.v1.rule) = {action: "test" anonymous: true}; }
      rpc Timeout(Nothing) returns (Nothing) { option (registan.options.v1.rule) = {action: "test" anonymous: true}; }
      rpc Large(Nothing) returns (Much) { option (registan.options.v1.rule) = {action: "test" anonymous: true}; }
      rpc Relay(Nothing) returns (Nothing) { option (registan.options.v1.rule) = {action: "test" anonymous: true}; }
    }
"#;

/// The contract of [`Slow`].
pub fn contract() -> Contract {
    testkit::compiled(SLOW)
}

/// Serves nothing but health, reflection and what `change` adds; `change` may also shorten limits.
pub async fn serve(change: impl FnOnce(Service, &mut Settings) -> Service) -> Running {
    let mut settings =
        Settings { listen: "127.0.0.1:0".parse().expect("an address"), ..Settings::default() };
    let service = change(Service::new("test", contract()), &mut settings);
    let certificate = tempfile::tempdir().expect("there is a folder for temporary files");
    let is_free = settings.listen.ip().is_loopback() && settings.tls.is_none();
    let within = WithinTls::chosen(certificate.path(), &["test"]).filter(|_| is_free);
    if let Some(within) = &within {
        settings.tls = Some(within.tls());
    }
    let server = Server::bind(service, &settings).await.expect("a port is free");
    let (listens, probes) = (server.address(), server.probe_address());
    let stop = CancellationToken::new();
    let server = tokio::spawn(server.run(stop.clone()));
    let address = match &within {
        Some(within) => within.before(listens).await,
        None => listens,
    };
    Running { address, listens, probes, stop, server, _certificate: certificate }
}

/// `/test.Slow/Nap` answers after 300 ms, `/test.Slow/Sleep` never, `/test.Slow/Panic` panics.
/// `/test.Slow/Timeout` says how long its caller waits, `/test.Slow/Large` sends 320 KiB,
/// `/test.Slow/Relay` what the next server answers to that.
#[derive(Clone, Default)]
pub struct Slow {
    /// How many of its methods run right now.
    pub running: Arc<AtomicUsize>,
    pub next: Option<Connection>,
}

impl NamedService for Slow {
    const NAME: &'static str = "test.Slow";
}

impl tower::Service<Request<Body>> for Slow {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = OnDrop(self.running.clone());
        let next = self.next.clone();
        Box::pin(async move {
            let _running = running;
            match request.uri().path() {
                "/test.Slow/Nap" => tokio::time::sleep(Duration::from_millis(300)).await,
                "/test.Slow/Sleep" => std::future::pending().await,
                "/test.Slow/Timeout" => {
                    let timeout =
                        request.headers().get("grpc-timeout").and_then(|it| it.to_str().ok());
                    return Ok(Status::already_exists(timeout.unwrap_or("none")).into_http());
                }
                "/test.Slow/Large" => return Ok(large()),
                "/test.Slow/Relay" => {
                    let next = next.expect("there is a next server");
                    return Ok(call(next, "/test.Slow/Timeout").await.into_http());
                }
                _ => panic!("a method panics"),
            }
            Ok(Status::already_exists("awake").into_http())
        })
    }
}

/// An answer of 320 KiB, and that it is well.
fn large() -> Response<Body> {
    let text = HealthCheckRequest { service: "x".repeat(320 * 1024) }.encode_to_vec();
    let length = u32::try_from(text.len()).expect("it is short").to_be_bytes();
    let message = Frame::data(Bytes::from([&[0][..], &length, &text].concat()));
    let ok = ("grpc-status".parse().expect("a name"), 0.into());
    let end = Frame::trailers(http::HeaderMap::from_iter([ok]));
    let frames = futures::stream::iter([Ok::<_, Status>(message), Ok(end)]);
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
    let kind = "application/grpc".parse().expect("a header");
    response.headers_mut().insert("content-type", kind);
    response
}

impl Slow {
    /// Waits until `count` of its methods run.
    pub async fn until_running(&self, count: usize) {
        for _ in 0..500 {
            if self.running.load(Ordering::SeqCst) == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} run instead of {count}", self.running.load(Ordering::SeqCst));
    }
}

struct OnDrop(Arc<AtomicUsize>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Calls a unary method of [`Slow`] and gives how it ended.
pub async fn call<C>(channel: C, path: &'static str) -> Status
where
    C: GrpcService<Body, ResponseBody = Body>,
    C::Error: std::fmt::Debug,
{
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("the channel is ready");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let answer = client
        .unary(tonic::Request::new(()), http::uri::PathAndQuery::from_static(path), codec)
        .await;
    answer.map_or_else(|status| status, |_| Status::ok(""))
}
