//! A gateway before a service whose methods do what a test needs.

use std::convert::Infallible;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use chassis::client::Connection;
use chassis::{Contract, Server, Service, Settings};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use http::{HeaderMap, Request, Response as HttpResponse};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use prost::Message;
use testkit::WithinTls;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::server::NamedService;
use tonic::transport::Channel;
use tonic::{Code, IntoRequest, IntoStreamingRequest, Response, Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_prost::ProstCodec;

/// The message of all methods here: one string.
pub type Text = HealthCheckRequest;

pub fn text(text: impl Display) -> Text {
    Text { service: format!("{text}") }
}

/// The contract, where the project service has the methods of [`Stub`], for everybody.
static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let methods = ["Echo", "Count", "CountDown", "Flood", "Timeout", "Token", "Refuse", "Hang"];
    testkit::contract_with(Stub::NAME, "ListProjects", &methods)
});

/// Stands in for the project service: its methods are named after what they do.
#[derive(Clone, Default)]
pub struct Stub {
    /// How many answers are being made or sent.
    pub running: Arc<AtomicUsize>,
}

impl NamedService for Stub {
    const NAME: &'static str = "registan.projects.v1.ProjectService";
}

impl tower::Service<Request<Body>> for Stub {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<HttpResponse<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.running.fetch_add(1, Ordering::SeqCst);
        let guard = OnDrop(self.running.clone());
        Box::pin(async move { Ok(answer(request, guard).await) })
    }
}

async fn answer(request: Request<Body>, guard: OnDrop) -> HttpResponse<Body> {
    let method = request.uri().path().rsplit('/').next().unwrap_or_default();
    match method {
        // Each message as it comes, then the metadata of the request as trailers.
        "Echo" => {
            let (head, body) = request.into_parts();
            let trailers = Frame::trailers(ok(&head.headers));
            let frames = body.into_data_stream().map(|data| data.map(Frame::data));
            respond(frames.chain(stream::iter([Ok(trailers)])), guard)
        }
        "Count" => {
            let all = request.into_body().collect().await.expect("the request is whole").to_bytes();
            let frames = [Frame::data(frame(all.len())), Frame::trailers(ok(&HeaderMap::new()))];
            respond(stream::iter(frames.map(Ok)), guard)
        }
        "CountDown" => {
            let numbers = (0..1000).rev().map(|number| Ok(Frame::data(frame(number))));
            let end = [Ok(Frame::trailers(ok(&HeaderMap::new())))];
            respond(stream::iter(numbers.chain(end)), guard)
        }
        "Flood" => {
            respond(stream::repeat_with(|| Ok(Frame::data(frame("x".repeat(16 * 1024))))), guard)
        }
        "Timeout" => {
            Status::already_exists(request.headers()["grpc-timeout"].to_str().expect("text"))
                .into_http()
        }
        "Token" => {
            Status::already_exists(request.headers()["authorization"].to_str().expect("text"))
                .into_http()
        }
        "Refuse" => refusal().into_http(),
        // One message, then nothing; the method that streams in the contract.
        "ImportIati" => {
            let first = stream::iter([Ok(Frame::data(frame("first")))]);
            respond(first.chain(stream::pending()), guard)
        }
        // Two messages, of which the second comes in halves; of a watch the other half with the
        // first of a third.
        "WatchProjects" | "ExportProjects" => {
            let second = frame("second");
            let (half, rest) = second.split_at(second.len() / 2);
            let rest =
                if method == "WatchProjects" { [rest, half].concat() } else { rest.to_vec() };
            let early = stream::iter([frame("first"), Bytes::copy_from_slice(half)]);
            let late = stream::once(async {
                tokio::time::sleep(Duration::from_millis(600)).await;
                Bytes::from(rest)
            });
            let frames = early.chain(late).map(|data| Ok(Frame::data(data)));
            respond(frames.chain(stream::pending()), guard)
        }
        _ => std::future::pending().await,
    }
}

/// A refusal with details that no type of ours describes.
pub fn refusal() -> Status {
    let mut status =
        Status::with_details(Code::DataLoss, "Бишкек %", Bytes::from_static(b"\0\x01details\xff"));
    status.metadata_mut().insert("x-plain", "a value".parse().expect("ascii"));
    status
        .metadata_mut()
        .insert_bin("x-raw-bin", tonic::metadata::MetadataValue::from_bytes(&[0, 255]));
    status
}

fn respond(
    frames: impl futures::Stream<Item = Result<Frame<Bytes>, Status>> + Send + 'static,
    guard: OnDrop,
) -> HttpResponse<Body> {
    let guarded = frames.map(move |frame| {
        let _ = &guard;
        frame
    });
    let mut response = HttpResponse::new(Body::new(StreamBody::new(guarded)));
    response.headers_mut().insert("content-type", "application/grpc".parse().expect("a header"));
    response
}

/// Trailers that say OK, and what of `headers` begins with `x-`.
fn ok(headers: &HeaderMap) -> HeaderMap {
    let custom = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-"));
    let mut trailers: HeaderMap =
        custom.map(|(name, value)| (name.clone(), value.clone())).collect();
    trailers.insert("grpc-status", 0.into());
    trailers
}

fn frame(content: impl Display) -> Bytes {
    framed(&text(content))
}

/// A message as it goes over the wire.
pub fn framed(message: &impl Message) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.encoded_len()).expect("a short message"));
    message.encode(&mut bytes).expect("the buffer grows");
    bytes.freeze()
}

struct OnDrop(Arc<AtomicUsize>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A server that ends with the test.
pub struct Running {
    /// Where it is called in plain text: itself, or a port before it that speaks TLS to it.
    pub address: SocketAddr,
    /// Where it listens.
    pub listens: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Running {
    /// Stops it and waits until it is gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.server).await.expect("it stops");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves `service` on `address`, without time to drain.
pub async fn serve_on(address: &str, service: Service) -> Running {
    serve_draining(address, service, 0).await
}

/// Serves `service` on `address`; when it stops, what is under way has `drain_seconds` to end.
pub async fn serve_draining(address: &str, service: Service, drain_seconds: u64) -> Running {
    let settings = Settings { drain_seconds, ..settings(address) };
    let server = Server::bind(service, &settings).await.expect("the port is free");
    let (listens, stop) = (server.address(), CancellationToken::new());
    let server = tokio::spawn(server.run(stop.clone()));
    let address = match &*WITHIN {
        Some(within) => within.before(listens).await,
        None => listens,
    };
    Running { address, listens, stop, server }
}

pub fn projects(stub: &Stub) -> Service {
    Service::new("projects", CONTRACT.clone()).with(stub.clone())
}

/// A gateway that finds projects at `projects`, and the other two nowhere.
pub async fn gateway(projects: SocketAddr) -> Running {
    gateway_draining(projects, 0).await
}

/// The same; when it stops, what is under way has `drain_seconds` to end.
pub async fn gateway_draining(projects: SocketAddr, drain_seconds: u64) -> Running {
    let service = gateway::service(Settings {
        drain_seconds,
        agreements_url: Some(url("127.0.0.1:1")),
        projects_url: Some(url(projects)),
        rights_reporting_url: Some(url("127.0.0.1:1")),
        ..settings("127.0.0.1:0")
    });
    let mut service = service.await.expect("the settings are whole");
    service.contract = CONTRACT.clone();
    serve_draining("127.0.0.1:0", service, drain_seconds).await
}

/// All processes of a suite share a data folder, and so take the same tokens.
pub fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("gateway-tests")
}

/// The certificate of all processes, if this is the run within TLS.
static WITHIN: LazyLock<Option<WithinTls>> = LazyLock::new(|| {
    let names = ["agreements", "projects", "rights-reporting", "gateway"];
    WithinTls::chosen(&data_dir().join("tls"), &names)
});

/// Where one process calls another.
pub fn url(address: impl Display) -> String {
    let scheme = if WITHIN.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

pub fn settings(address: &str) -> Settings {
    let listen = address.parse().expect("an address");
    let tls = WITHIN.as_ref().map(WithinTls::tls);
    Settings { listen, data_dir: data_dir(), tls, ..Settings::default() }
}

/// A stub and a gateway before it, both on free ports.
pub struct Suite {
    pub stub: Stub,
    pub gateway: Running,
    pub projects: Running,
}

pub async fn suite() -> Suite {
    let stub = Stub::default();
    let projects = serve_on(&testkit::free_address().to_string(), projects(&stub)).await;
    let gateway = gateway(projects.listens).await;
    Suite { stub, gateway, projects }
}

/// The token that every [`Client`] sends.
pub fn token() -> String {
    static TOKEN: LazyLock<String> = LazyLock::new(|| testkit::token(&data_dir()));
    TOKEN.clone()
}

/// A new connection to `address`.
pub fn channel(address: SocketAddr) -> Channel {
    chassis::client::channel(&format!("http://{address}")).expect("an address is a url")
}

/// Calls the methods of [`Stub`], or those of any path, as somebody who may call them all.
pub struct Client(Grpc<Connection>);

impl Client {
    /// A client with a connection of its own.
    pub fn of(address: SocketAddr) -> Self {
        let connection = Connection::to(&format!("http://{address}")).expect("an address is a url");
        Self(Grpc::new(connection.with_token(&token()).expect("a token is a header")))
    }

    pub async fn unary(
        &mut self,
        method: &str,
        request: impl IntoRequest<Text>,
    ) -> Result<Response<Text>, Status> {
        self.unary_at(&format!("/{}/{method}", Stub::NAME), request).await
    }

    pub async fn unary_at(
        &mut self,
        path: &str,
        request: impl IntoRequest<Text>,
    ) -> Result<Response<Text>, Status> {
        self.0.ready().await.expect("the channel is ready");
        self.0
            .unary(request.into_request(), path.parse().expect("a path"), ProstCodec::default())
            .await
    }

    /// Opens a stream of answers.
    pub async fn stream(
        &mut self,
        method: &str,
        request: impl IntoRequest<Text>,
    ) -> Streaming<Text> {
        let one = request.into_request().map(|message| stream::iter([message]));
        self.streams(method, one).await
    }

    /// Opens a stream both ways.
    pub async fn streams<S>(
        &mut self,
        method: &str,
        requests: impl IntoStreamingRequest<Stream = S, Message = Text>,
    ) -> Streaming<Text>
    where
        S: futures::Stream<Item = Text> + Send + 'static,
    {
        self.try_streams(method, requests).await.expect("the stream opens")
    }

    pub async fn try_streams<S>(
        &mut self,
        method: &str,
        requests: impl IntoStreamingRequest<Stream = S, Message = Text>,
    ) -> Result<Streaming<Text>, Status>
    where
        S: futures::Stream<Item = Text> + Send + 'static,
    {
        self.0.ready().await.expect("the channel is ready");
        let path = format!("/{}/{method}", Stub::NAME).parse().expect("a path");
        let requests = requests.into_streaming_request();
        let answer = self.0.streaming(requests, path, ProstCodec::<Text, Text>::default()).await;
        answer.map(Response::into_inner)
    }
}

/// Waits until `count` answers are being made.
pub async fn until_running(stub: &Stub, count: usize) {
    for _ in 0..500 {
        if stub.running.load(Ordering::SeqCst) == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} run instead of {count}", stub.running.load(Ordering::SeqCst));
}
