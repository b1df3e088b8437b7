//! Servers that answer every call, and can be lost in the ways in which real ones are.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;

/// A server that answers every call with an empty message. It ends when it is dropped.
pub struct Backend {
    pub address: SocketAddr,
    state: State,
}

/// How it behaves.
#[derive(Clone)]
struct State {
    answered: Arc<AtomicUsize>,
    /// The time it takes for an answer.
    takes: Duration,
    /// Each connection is closed in good order when it is so old.
    age: Duration,
    /// Ends it and its connections at once, as `kill -9` does.
    cut: CancellationToken,
    /// Keeps its connections, and does nothing more, as `SIGSTOP` does.
    frozen: CancellationToken,
    /// Answers that it is not available, as without its database.
    away: CancellationToken,
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Backend {
    /// Takes `takes` for each answer.
    pub async fn start(takes: Duration) -> Self {
        Self::aging(takes, Duration::from_hours(1)).await
    }

    /// Closes each connection in good order when it is `age` old.
    pub async fn aging(takes: Duration, age: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        Self::on(listener, takes, age)
    }

    pub fn on(listener: TcpListener, takes: Duration, age: Duration) -> Self {
        let address = listener.local_addr().expect("it is bound");
        let [cut, frozen, away] = [(); 3].map(|()| CancellationToken::new());
        let state = State { answered: Arc::default(), takes, age, cut, frozen, away };
        tokio::spawn(state.clone().accept(listener));
        Self { address, state }
    }

    /// How many calls it has answered.
    pub fn answered(&self) -> usize {
        self.state.answered.load(Ordering::SeqCst)
    }

    pub fn kill(&self) {
        self.state.cut.cancel();
    }

    pub fn freeze(&self) {
        self.state.frozen.cancel();
    }

    pub fn lose_database(&self) {
        self.state.away.cancel();
    }
}

impl State {
    async fn accept(self, listener: TcpListener) {
        loop {
            let socket = tokio::select! {
                taken = listener.accept() => taken.expect("it accepts").0,
                () = self.cut.cancelled() => return,
                () = self.frozen.cancelled() => return self.cut.cancelled().await,
            };
            tokio::spawn(self.clone().serve(socket));
        }
    }

    async fn serve(self, socket: TcpStream) {
        let answer = service_fn(|request| self.clone().answer(request));
        let http = Builder::new(TokioExecutor::new());
        let mut connection = pin!(http.serve_connection(TokioIo::new(socket), answer));
        tokio::select! {
            _ = &mut connection => return,
            () = self.cut.cancelled() => return,
            () = self.frozen.cancelled() => return self.cut.cancelled().await,
            () = sleep(self.age) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        // A lost server loses the calls under way, too.
        let lost = async {
            tokio::select! {
                () = self.cut.cancelled() => {}
                () = self.frozen.cancelled() => {}
            }
        };
        // A new connection asks for health first.
        let is_call = !request.uri().path().starts_with("/grpc.health.");
        if self.away.is_cancelled() && is_call {
            self.answered.fetch_add(1, Ordering::SeqCst);
            return Ok(Status::unavailable("the database is away").into_http());
        }
        let _ = request.into_body().collect().await;
        self.answered.fetch_add(usize::from(is_call), Ordering::SeqCst);
        tokio::select! {
            () = sleep(self.takes), if is_call => {}
            () = std::future::ready(()), if !is_call && !self.frozen.is_cancelled() => {}
            () = lost => std::future::pending().await,
        }
        let ended = HeaderMap::from_iter([("grpc-status".parse().expect("a name"), 0.into())]);
        let frames = [Frame::data(Bytes::from_static(&[0; 5])), Frame::trailers(ended)];
        let frames = futures::stream::iter(frames.map(Ok::<_, Status>));
        let mut response = Response::new(Body::new(StreamBody::new(frames)));
        let kind = HeaderValue::from_static("application/grpc");
        response.headers_mut().insert("content-type", kind);
        Ok(response)
    }
}
