//! The connections to one service: made when needed, one more when those there are carry their share, and left to fall idle
//! when they are needed no longer: the service closes what is idle.
//!
//! Not tonic's channel: that has one connection, on which the 1025th stream waits for the others, and hands every call to a
//! queue and a task of its own, which a pass-through pays for twice.

use std::error::Error;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tonic::body::Body;

/// How many requests a connection carries before another is made: a quarter of what a server allows on one.
const SHARE: usize = 256;
/// The maximum of calls on a connection where no other can be made.
const MOST: usize = 1000;
/// The most connections to one service. When all are full, requests wait on the one with the fewest.
const MOST_LINES: usize = 64;
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// After a failure calls are refused at once for this time, instead of each waiting for a try of its own.
const PAUSE: Duration = Duration::from_millis(250);
/// How much of one answer may wait here for a slow caller.
const STREAM_WINDOW: u32 = 64 * 1024;
/// Room for 1024 such answers: callers who do not read must not hold up the others on the connection.
const CONNECTION_WINDOW: u32 = 1024 * STREAM_WINDOW;
/// h2 closes a connection after 1024 cancelled calls in its life. A cancelled call is no attack from this side.
const MAX_LOCAL_RESETS: usize = usize::MAX;

/// Why a request could not be sent.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Connections to one service.
#[derive(Debug)]
pub struct Pool {
    authority: Authority,
    /// Connections that are used alike; those above fill up one after the other, so that they empty again.
    fewest: usize,
    lines: RwLock<Vec<Line>>,
    /// Held while connecting; knows the last failure.
    connecting: Mutex<Option<(Instant, String)>>,
}

#[derive(Clone, Debug)]
struct Line {
    sender: SendRequest<Body>,
    open: Arc<AtomicUsize>,
}

impl Pool {
    /// Connects to `url`, which is `http://` and an authority, when first used. Up to `fewest` connections are used alike:
    /// each is read and written by one task, so that two use two cores.
    pub fn new(url: &str, fewest: usize) -> anyhow::Result<Arc<Self>> {
        let uri: Uri = url
            .parse()
            .with_context(|| format!("{url} is not an address like http://127.0.0.1:50051"))?;
        anyhow::ensure!(
            uri.scheme_str().is_none_or(|scheme| scheme == "http"),
            "{url} is not an address like http://127.0.0.1:50051"
        );
        let authority = uri.authority().with_context(|| format!("{url} names no host"))?.clone();
        Ok(Arc::new(Self::to(authority, fewest)))
    }

    /// The same service, by connections of its own.
    pub fn apart(&self, fewest: usize) -> Arc<Self> {
        Arc::new(Self::to(self.authority.clone(), fewest))
    }

    fn to(authority: Authority, fewest: usize) -> Self {
        Self { authority, fewest, lines: RwLock::default(), connecting: Mutex::default() }
    }

    /// Gives the head of the answer; the frames follow in its body. Dropping either cancels the request.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, Cause> {
        *request.uri_mut() = self.uri(request.uri());
        loop {
            let mut line = self.line().await?;
            let open = Open::on(&line);
            match line.sender.try_send_request(request).await {
                Ok(response) => {
                    return Ok(response.map(|body| Body::new(Answer { body, _open: open })));
                }
                // The connection ended before the request left: nothing of it has reached the service.
                Err(mut failed) if failed.message().is_some() && line.sender.is_closed() => {
                    let Some(again) = failed.take_message() else {
                        unreachable!("there is a message")
                    };
                    request = again;
                }
                Err(failed) => return Err(failed.into_error().into()),
            }
        }
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.lines().iter().filter(|line| !line.sender.is_closed()).count()
    }

    /// The same path there.
    fn uri(&self, asked: &Uri) -> Uri {
        let path =
            asked.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).expect("scheme, authority and path make a uri")
    }

    /// A connection that has room, made if there is none.
    async fn line(&self) -> Result<Line, Cause> {
        if let Some(line) = self.with_room() {
            return Ok(line);
        }
        let mut last_failure = self.connecting.lock().await;
        // Another call was first.
        if let Some(line) = self.with_room() {
            return Ok(line);
        }
        if let Some((at, cause)) = &*last_failure
            && at.elapsed() < PAUSE
        {
            return self.least_used().ok_or_else(|| cause.clone().into());
        }
        let connected = timeout(CONNECT_WITHIN, connect(&self.authority)).await;
        match connected.unwrap_or_else(|_| Err("no connection in time".into())) {
            Ok(sender) => {
                let line = Line { sender, open: Arc::default() };
                let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
                lines.retain(|line| !line.sender.is_closed());
                lines.push(line.clone());
                Ok(line)
            }
            Err(cause) => {
                *last_failure = Some((Instant::now(), cause.to_string()));
                self.least_used().ok_or(cause)
            }
        }
    }

    /// A connection with room; none if one more should be made.
    fn with_room(&self) -> Option<Line> {
        let lines = self.lines();
        let live = || lines.iter().filter(|line| !line.sender.is_closed());
        let has_room = |line: &&Line| line.open() < SHARE;
        let count = live().count();
        if count < self.fewest {
            return None;
        }
        let found = live().take(self.fewest).filter(has_room).min_by_key(|line| line.open());
        let found = found.or_else(|| live().skip(self.fewest).find(has_room));
        let found = if count < MOST_LINES {
            found
        } else {
            found.or(live().min_by_key(|line| line.open()))
        };
        found.cloned()
    }

    /// The connection that carries least, where no other can be made.
    fn least_used(&self) -> Option<Line> {
        let lines = self.lines();
        let live = lines.iter().filter(|line| !line.sender.is_closed() && line.open() < MOST);
        live.min_by_key(|line| line.open()).cloned()
    }

    fn lines(&self) -> std::sync::RwLockReadGuard<'_, Vec<Line>> {
        self.lines.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// A request on a connection, from its head to the last frame of its answer.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn on(line: &Line) -> Self {
        line.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&line.open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Answer {
    body: Incoming,
    _open: Open,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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
