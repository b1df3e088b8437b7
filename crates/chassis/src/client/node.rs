//! One address of a service, and the connections to it: made when needed, one more when those there
//! are carry their share, and left to fall idle when they are needed no longer: the service closes
//! what is idle.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use http::Request;
use http::header::{CONTENT_TYPE, TE};
use http_body_util::Full;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};
use tonic::body::Body;

use super::Cause;
use super::meters::Meters;
use crate::tls::Dial;

/// How many requests a connection carries before another is made: a quarter of what a server allows
/// on one.
const SHARE: usize = 256;
/// The maximum of calls on a connection where no other can be made.
const MOST: usize = 1000;
/// The most connections to one address. When all are full, requests wait on the one with the
/// fewest.
const MOST_LINES: usize = 64;
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// After a failure calls are refused at once for this time, instead of each waiting for a try of
/// its own.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest rest of an address that fails again and again, while others answer.
const LONGEST_REST: Duration = Duration::from_secs(8);
/// A connection that has not answered a ping for so long is broken: with the time between pings,
/// and that of the try elsewhere, a lost node costs less than three seconds.
const PING_EVERY: Duration = Duration::from_millis(500);
const PONG_WITHIN: Duration = Duration::from_millis(1_600);
/// How much of one answer may wait here for a slow caller.
const STREAM_WINDOW: u32 = 64 * 1024;
/// Room for 1024 such answers: callers who do not read must not hold up the others on the
/// connection.
const CONNECTION_WINDOW: u32 = 1024 * STREAM_WINDOW;
/// h2 closes a connection after 1024 cancelled calls in its life. A cancelled call is no attack
/// from this side.
const MAX_LOCAL_RESETS: usize = usize::MAX;

/// One address of a service.
#[derive(Debug)]
pub(super) struct Node {
    pub address: SocketAddr,
    dial: Dial,
    meters: Meters,
    lines: RwLock<Vec<Line>>,
    /// Held while connecting.
    connecting: tokio::sync::Mutex<()>,
    failures: Mutex<Failures>,
}

/// The failures since it last answered.
#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last: Option<(Instant, String)>,
}

/// A connection to an address.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub sender: SendRequest<Body>,
    open: Arc<AtomicUsize>,
    /// It takes no more requests; those under way end on it.
    retired: Arc<AtomicBool>,
}

impl Node {
    pub fn new(address: SocketAddr, dial: Dial, meters: Meters) -> Self {
        Self {
            address,
            dial,
            meters,
            lines: RwLock::default(),
            connecting: tokio::sync::Mutex::default(),
            failures: Mutex::default(),
        }
    }

    /// How many requests it carries.
    pub fn open(&self) -> usize {
        live(&self.lines()).map(Line::open).sum()
    }

    /// How many connections to it are open.
    pub fn connections(&self) -> usize {
        live(&self.lines()).count()
    }

    /// Returns whether it failed lately, so that others are asked first: longer with each failure.
    pub fn rests(&self) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = PAUSE.saturating_mul(1 << failures.count.min(6)).min(LONGEST_REST);
        failures.last.as_ref().is_some_and(|(at, _)| at.elapsed() < rest)
    }

    /// Notes that a request or a connection broke.
    pub fn failed(&self, cause: &Cause) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.count == 0 {
            self.meters.ejected();
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = Some((Instant::now(), cause.to_string()));
    }

    /// Notes that it answered.
    pub fn answered(&self) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.count > 0 {
            *failures = Failures::default();
        }
    }

    /// A connection that has room, made if there is none. `fewest` are used alike: each is read and
    /// written by one task, so that two use two cores.
    pub async fn line(&self, fewest: usize) -> Result<Line, Cause> {
        if let Some(line) = self.with_room(fewest) {
            return Ok(line);
        }
        let _connecting = self.connecting.lock().await;
        // Another call was first.
        if let Some(line) = self.with_room(fewest) {
            return Ok(line);
        }
        if let Some(cause) = self.just_failed() {
            return self.least_used().ok_or_else(|| cause.into());
        }
        match self.connect().await {
            Ok(line) => Ok(line),
            Err(cause) => {
                self.failed(&cause);
                self.least_used().ok_or(cause)
            }
        }
    }

    /// Connects behind the scenes, on the threads of `short`, unless somebody does, or it failed
    /// lately.
    pub fn warm(self: &Arc<Self>, short: &Handle) {
        if self.connecting.try_lock().is_err() || self.rests() {
            return;
        }
        let node = Arc::clone(self);
        short.spawn(async move {
            if let Err(error) = node.line(1).await {
                tracing::debug!(error, address = %node.address, "cannot connect");
            }
        });
    }

    /// Why the try before failed, where that was just now.
    fn just_failed(&self) -> Option<String> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, cause) = failures.last.as_ref()?;
        (at.elapsed() < PAUSE).then(|| cause.clone())
    }

    async fn connect(&self) -> Result<Line, Cause> {
        let connecting = async {
            let mut sender = connect(self.address, &self.dial, &self.meters).await?;
            probe(&mut sender).await?;
            Ok::<_, Cause>(sender)
        };
        let connected = timeout(CONNECT_WITHIN, connecting).await;
        let sender = connected.unwrap_or_else(|_| Err("no connection in time".into()))?;
        let line = Line { sender, open: Arc::default(), retired: Arc::default() };
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        lines.retain(Line::is_live);
        lines.push(line.clone());
        Ok(line)
    }

    /// A connection with room; none if one more should be made.
    pub fn with_room(&self, fewest: usize) -> Option<Line> {
        let lines = self.lines();
        let has_room = |line: &&Line| line.open() < SHARE;
        let count = live(&lines).count();
        if count < fewest {
            return None;
        }
        let found = live(&lines).take(fewest).filter(has_room).min_by_key(|line| line.open());
        // Those above fill up one after the other, so that they empty again.
        let found = found.or_else(|| live(&lines).skip(fewest).find(has_room));
        let found = if count < MOST_LINES {
            found
        } else {
            found.or(live(&lines).min_by_key(|line| line.open()))
        };
        found.cloned()
    }

    /// The connection that carries least, where no other can be made.
    fn least_used(&self) -> Option<Line> {
        let lines = self.lines();
        live(&lines).filter(|line| line.open() < MOST).min_by_key(|line| line.open()).cloned()
    }

    fn lines(&self) -> RwLockReadGuard<'_, Vec<Line>> {
        self.lines.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn live(lines: &[Line]) -> impl Iterator<Item = &Line> {
    lines.iter().filter(|line| line.is_live())
}

impl Line {
    pub fn is_live(&self) -> bool {
        !self.sender.is_closed() && !self.retired.load(Ordering::Relaxed)
    }

    /// Sends nothing more on it; false if that was so.
    pub fn retire(&self) -> bool {
        !self.retired.swap(true, Ordering::Relaxed)
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// A request on a connection, from its head to the last frame of its answer.
pub(super) struct Open(Arc<AtomicUsize>);

impl Open {
    pub fn on(line: &Line) -> Self {
        line.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&line.open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Asks for the health of the other side before anything else: the system takes connections for a
/// process that hangs. Any answer will do.
async fn probe(sender: &mut SendRequest<Body>) -> Result<(), Cause> {
    let request = Request::post("http://health/grpc.health.v1.Health/Check")
        .header(CONTENT_TYPE, "application/grpc")
        .header(TE, "trailers");
    // One empty message.
    let body = Body::new(Full::from(vec![0_u8; 5]));
    sender.send_request(request.body(body)?).await?;
    Ok(())
}

async fn connect(
    address: SocketAddr,
    dial: &Dial,
    meters: &Meters,
) -> Result<SendRequest<Body>, Cause> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let socket = dial.connect(socket).await?;
    let (sender, connection) = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PONG_WITHIN)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_local_error_reset_streams(MAX_LOCAL_RESETS)
        .handshake(TokioIo::new(socket))
        .await?;
    let open = meters.connected(address);
    // Ends with the connection, or when the last sender is gone.
    tokio::spawn(async move {
        let _open = open;
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to a service broke");
        }
    });
    Ok(sender)
}
