//! The connections to one service: made when first needed, made again when they end.
//!
//! Not tonic's channel: that hands every call to a queue and a task of its own, which a pass-through pays for twice.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use axum::body::Body;
use chassis::Failure;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// Connections to one service. Each is read and written by one task, so that two use two cores.
const LANES: usize = 2;
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// After a failure calls are refused at once for this time, instead of each waiting for a try of its own.
const PAUSE: Duration = Duration::from_millis(250);
/// How much of one answer may wait here for a slow caller.
const STREAM_WINDOW: u32 = 64 * 1024;
/// Room for 1024 such answers: callers who do not read must not hold up the others on the connection.
const CONNECTION_WINDOW: u32 = 1024 * STREAM_WINDOW;
/// h2 closes a connection after 1024 cancelled calls in its life. A cancelled call is no attack from this side.
const MAX_LOCAL_RESETS: usize = usize::MAX;

type Cause = Box<dyn Error + Send + Sync>;

/// A service behind the gateway.
pub struct Upstream {
    pub name: &'static str,
    authority: Authority,
    lanes: [Lane; LANES],
    next: AtomicUsize,
}

impl Upstream {
    /// `url` is `http://` and an authority.
    pub fn new(name: &'static str, url: &str) -> anyhow::Result<Arc<Self>> {
        let uri: Uri = url
            .parse()
            .with_context(|| format!("{url} is not an address like http://127.0.0.1:50051"))?;
        let authority = uri.authority().with_context(|| format!("{url} names no host"))?.clone();
        Ok(Arc::new(Self { name, authority, lanes: Default::default(), next: AtomicUsize::new(0) }))
    }

    /// The same path there.
    pub fn uri(&self, asked: &Uri) -> Uri {
        let path =
            asked.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).expect("scheme, authority and path make a uri")
    }

    /// Gives the head of the answer; the frames follow in its body. Dropping either cancels the call.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Incoming>, Failure> {
        let lane = &self.lanes[self.next.fetch_add(1, Ordering::Relaxed) % LANES];
        loop {
            let mut sender =
                lane.sender(&self.authority).await.map_err(|cause| self.unavailable(cause))?;
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(response),
                // The connection ended before the request left: nothing of it has reached the service.
                Err(mut failed) if failed.message().is_some() && sender.is_closed() => {
                    let Some(again) = failed.take_message() else {
                        unreachable!("there is a message")
                    };
                    request = again;
                }
                Err(failed) => return Err(self.unavailable(failed.into_error())),
            }
        }
    }

    /// `UNAVAILABLE`, naming this service.
    pub fn unavailable(&self, cause: impl Into<Cause>) -> Failure {
        Failure::service_unavailable(self.name).because(cause)
    }
}

/// One connection at a time.
#[derive(Default)]
struct Lane {
    sender: RwLock<Option<SendRequest<Body>>>,
    /// Held while connecting; knows the last failure.
    connecting: Mutex<Option<(Instant, String)>>,
}

impl Lane {
    async fn sender(&self, authority: &Authority) -> Result<SendRequest<Body>, Cause> {
        if let Some(sender) = self.open() {
            return Ok(sender);
        }
        let mut last_failure = self.connecting.lock().await;
        // Another call was first.
        if let Some(sender) = self.open() {
            return Ok(sender);
        }
        if let Some((at, cause)) = &*last_failure
            && at.elapsed() < PAUSE
        {
            return Err(cause.clone().into());
        }
        let connected = timeout(CONNECT_WITHIN, connect(authority)).await;
        match connected.unwrap_or_else(|_| Err("no connection in time".into())) {
            Ok(sender) => {
                *self.sender.write().unwrap_or_else(PoisonError::into_inner) = Some(sender.clone());
                Ok(sender)
            }
            Err(cause) => {
                *last_failure = Some((Instant::now(), cause.to_string()));
                Err(cause)
            }
        }
    }

    fn open(&self) -> Option<SendRequest<Body>> {
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().filter(|sender| !sender.is_closed()).cloned()
    }
}

async fn connect(authority: &Authority) -> Result<SendRequest<Body>, Cause> {
    let port = authority.port_u16().unwrap_or(80);
    // An IPv6 address stands in brackets.
    let host = authority.host().trim_matches(['[', ']']);
    let socket = TcpStream::connect((host, port)).await?;
    socket.set_nodelay(true)?;
    let (sender, connection) = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_local_error_reset_streams(MAX_LOCAL_RESETS)
        .handshake(TokioIo::new(socket))
        .await?;
    // Ends with the connection, or when the last sender is gone.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to a service broke");
        }
    });
    Ok(sender)
}
