//! Takes connections, gives each its place, and sees them off.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::edge::Edge;
use super::first_bytes::FirstBytes;
use super::limits::Limits;
use super::measured::Sockets;
use super::places::{Place, Places};
use crate::Settings;
use crate::bulk;
use crate::tls::{Peer, Port, Socket};

/// How long a connection that is to make room may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);
/// The bytes that are kept of a connection that speaks HTTP/1: more than its headers may be.
const HTTP1_BUFFER: usize = 16 * 1024;

/// How many connections there may be, and how old each may get.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub connections: usize,
    /// 0 is any number.
    pub per_address: u32,
    pub age: Duration,
}

impl Room {
    /// The room of a server; `per_address` is that of its quotas.
    pub fn of(settings: &Settings, per_address: u32) -> Self {
        let age = Duration::from_secs(settings.max_connection_age_seconds);
        Self { connections: settings.max_connections, per_address, age }
    }
}

/// The open connections of a server.
pub(super) struct Connections {
    edge: Edge,
    limits: Limits,
    first_bytes: Duration,
    max_age: Duration,
    /// After so long without a request a connection is asked to close.
    idle: Duration,
    /// How long the streams of a connection that is asked to close may go on.
    grace: Duration,
    /// How many unary calls each connection may have at a time.
    calls: usize,
    places: Arc<Places>,
    port: Port,
    sockets: Option<Sockets>,
    tasks: TaskTracker,
    /// Asks every connection to finish what it does.
    finish: CancellationToken,
    /// Closes every connection.
    cut: CancellationToken,
}

impl Connections {
    /// Connections that lead to `edge`.
    pub fn new(edge: Edge, limits: &Limits, room: Room, port: Port) -> Self {
        Self {
            sockets: edge.service().map(Sockets::of),
            edge,
            limits: *limits,
            first_bytes: limits.first_bytes,
            max_age: room.age,
            idle: limits.idle,
            grace: limits.deadlines.stream_max,
            calls: limits.calls,
            places: Places::new(room.connections, room.per_address, limits.gives_way),
            port,
            tasks: TaskTracker::new(),
            finish: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }

    /// Takes connections until `stop`, then closes the port. Those above the limit wait in the
    /// system's queue; those of an address that has its share are closed.
    pub async fn take(&self, listener: TcpListener, stop: &CancellationToken) {
        while let Some((socket, peer)) = stop.run_until_cancelled(next(&listener)).await {
            let Some(place) = stop.run_until_cancelled(self.places.take(peer.ip())).await else {
                return;
            };
            match (place, &self.sockets) {
                (Some(place), _) => drop(self.tasks.spawn(self.serve(socket, peer.ip(), place))),
                (None, Some(sockets)) => sockets.refused.one(),
                (None, None) => {}
            }
        }
    }

    /// Serves one connection to its end.
    fn serve(
        &self,
        socket: TcpStream,
        peer: IpAddr,
        place: Place,
    ) -> impl Future<Output = ()> + use<> {
        let (edge, finish, cut) = (self.edge.clone(), self.finish.clone(), self.cut.clone());
        let threads = Threads::default();
        let http = http(&self.limits, threads.clone());
        let calls = Arc::new(Semaphore::new(self.calls));
        let (first_bytes, max_age, grace) = (self.first_bytes, jittered(self.max_age), self.grace);
        let (idle, port) = (self.idle, self.port.clone());
        let open = self.sockets.as_ref().map(|sockets| sockets.open.hold());
        async move {
            let _open = open;
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
            let start = Instant::now();
            let begun = tokio::select! {
                begun = begin(&port, socket, first_bytes) => begun,
                () = cut.cancelled() => return,
                () = finish.cancelled() => return,
                () = place.make_room.cancelled() => return,
            };
            let Some((socket, from)) = begun else { return };
            let socket = FirstBytes::new(socket, first_bytes.saturating_sub(start.elapsed()));
            let activity = Arc::clone(&place.activity);
            let answer = service_fn(move |mut request| {
                if let Some(from) = &from {
                    request.extensions_mut().insert(from.clone());
                }
                threads.choose(edge.is_long(&request));
                // Apart from what hyper keeps until the last frame: an answer that lasts is small
                // then.
                Box::pin(edge.clone().answer(request, peer, calls.clone(), activity.begin()))
            });
            let mut connection = pin!(http.serve_connection(socket, answer));
            tokio::select! {
                _ = &mut connection => return,
                () = cut.cancelled() => return,
                () = finish.cancelled() => {}
                () = sleep(max_age) => {}
                () = place.activity.quiet_for(idle) => {}
                () = place.make_room.cancelled() => {}
            }
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                _ = connection => {}
                () = cut.cancelled() => {}
                () = sleep(grace) => {}
                // A request that came at the same moment is still answered.
                () = place.gone(FAREWELL) => {}
            }
        }
    }

    /// Lets requests under way end within `limit`; gives how many connections had to be cut.
    pub async fn drain(self, limit: Duration) -> usize {
        self.finish.cancel();
        self.tasks.close();
        if timeout(limit, self.tasks.wait()).await.is_ok() {
            return 0;
        }
        let open = self.tasks.len();
        self.cut.cancel();
        self.tasks.wait().await;
        open
    }
}

async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(taken) => return taken,
            Err(error) => {
                // Mostly no file descriptors; some will be free soon.
                tracing::warn!(%error, "cannot take a connection");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// The handshake, if it comes to an end in time. A place is held meanwhile, so there are no more at
/// a time than connections.
async fn begin(port: &Port, socket: TcpStream, within: Duration) -> Option<(Socket, Option<Peer>)> {
    match timeout(within, port.accept(socket)).await {
        Ok(Ok(begun)) => Some(begun),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the handshake failed");
            None
        }
        Err(_elapsed) => None,
    }
}

/// Which threads answer the requests of a connection. hyper hands each over right after its service
/// was called, on the task of the connection, so that what was chosen there holds for it.
#[derive(Clone, Default)]
struct Threads(Arc<AtomicBool>);

impl Threads {
    /// Chooses for the request that is at hand.
    fn choose(&self, is_long: bool) {
        self.0.store(is_long, Ordering::Relaxed);
    }
}

impl<F> Executor<F> for Threads
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, answer: F) {
        if self.0.swap(false, Ordering::Relaxed) {
            bulk::handle().spawn(answer);
        } else {
            tokio::spawn(answer);
        }
    }
}

fn http(limits: &Limits, threads: Threads) -> Builder<Threads> {
    let mut builder = Builder::new(threads);
    // Spoken for the pages of the admin port; elsewhere only to say that this is no HTTP/1 port.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.first_bytes)
        .max_buf_size(HTTP1_BUFFER)
        .keep_alive(false);
    let (interval, timeout) = limits.keepalive;
    let (stream_window, connection_window) = limits.windows;
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(interval)
        .keep_alive_timeout(timeout)
        .max_concurrent_streams(limits.streams)
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(connection_window)
        .max_local_error_reset_streams(limits.local_resets)
        .max_pending_accept_reset_streams(limits.pending_resets)
        .max_header_list_size(limits.headers);
    builder
}

/// Up to a tenth more or less, so that connections made together do not end together.
fn jittered(age: Duration) -> Duration {
    let dice = u32::try_from(RandomState::new().hash_one(0) % 2001).unwrap_or(1000);
    (age / 10_000).saturating_mul(9_000 + dice)
}
