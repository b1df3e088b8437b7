//! A connection to another service: lazy, kept alive, and passing on the caller and the rest of its
//! deadline.
//!
//! - `pool`: which address of the service a call goes to
//! - `nodes`: the addresses that are known
//! - `places`: how they are found
//! - `node`: one of them, with as many sockets as the streams on them need
//! - `order`: the one that a call tries first, and next
//! - `answer`: what comes back
//! - `again`: what is sent once more when a connection broke
//! - `meters`: what is counted of all that
//! - `health`: whether the service is there, and is the one that it should be

mod again;
mod answer;
mod broken;
mod health;
mod meters;
mod node;
mod nodes;
mod order;
mod places;
mod pool;

use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use http::{HeaderMap, Request, Response};
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::Service;

pub use self::health::{Health, health};
use self::meters::Meters;
pub use self::pool::{Cause, Pool};
use crate::tls::{Dial, Tls};
use crate::{Settings, caller, deadline, trace};

/// A cancelled stream counts as a local reset, and h2 closes a connection after 1024 of them in its
/// life. Between our own services a cancelled call is daily business.
const MAX_LOCAL_RESETS: usize = 1 << 30;
/// The minimum of connections: one core answers what another reads, so one will do until it is
/// full.
const FEWEST: usize = 1;
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("registan/", env!("CARGO_PKG_VERSION")));

/// A channel that connects when first used: `url` need not answer yet. An error means that `url` is
/// no URL.
pub fn channel(url: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .with_context(|| format!("{url} is not an address like http://127.0.0.1:50051"))?;
    Ok(endpoint
        .connect_timeout(Duration::from_secs(2))
        .tcp_nodelay(true)
        .tcp_keepalive(Some(Duration::from_secs(20)))
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .keep_alive_while_idle(true)
        .http2_max_local_error_reset_streams(Some(MAX_LOCAL_RESETS))
        .connect_lazy())
}

/// The channel of a generated client: a [`Pool`] that passes on the caller, and how much of the
/// present request's time is left, so that it stops when nobody waits any more.
#[derive(Clone, Debug)]
pub struct Connection {
    pool: Arc<Pool>,
    /// The caller, where it is not that of the present request. Shared, so that a connection stays
    /// small.
    authorization: Option<Arc<HeaderValue>>,
}

impl Connection {
    /// Connects to `url` when first used, in plain text, in the name of the caller of the present
    /// request.
    pub fn to(url: &str) -> anyhow::Result<Self> {
        Ok(Self { pool: Pool::new(url, FEWEST)?, authorization: None })
    }

    /// The same from the service `own` to the service `peer`, with the certificates that `settings`
    /// name.
    pub fn between(
        settings: &Settings,
        own: &str,
        peer: &'static str,
        url: &str,
    ) -> anyhow::Result<Self> {
        let pool = Pool::between(settings, own, peer, url, FEWEST)?;
        Ok(Self { pool, authorization: None })
    }

    /// The same to a host for which one of the authorities in a file vouches, or one of those that
    /// the system trusts. In plain text only to this machine, or where `plaintext` allows it.
    pub fn trusting(
        url: &str,
        authorities: Option<&Path>,
        plaintext: bool,
    ) -> anyhow::Result<Self> {
        let dial = Dial::trusting(url, authorities, plaintext)?;
        Ok(Self { pool: Pool::dialled(url, dial, FEWEST, Meters::default())?, authorization: None })
    }

    /// The same to the port of the service `own` that shows the certificate of `tls`, and to no
    /// other: a process on this machine, by whatever address.
    pub fn showing(tls: &Tls, own: &str, url: &str) -> anyhow::Result<Self> {
        let dial = Dial::showing(tls, own)?;
        Ok(Self { pool: Pool::dialled(url, dial, FEWEST, Meters::default())?, authorization: None })
    }

    /// The same service, by sockets of its own: what is asked here waits for nothing that is asked
    /// there. For long streams, and for what every call depends on.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { pool: self.pool.apart(FEWEST), authorization: self.authorization.clone() }
    }

    /// The same connection, for the holder of an access token. An error means that `token` is none.
    pub fn with_token(&self, token: &str) -> anyhow::Result<Self> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim()))
            .context("an access token is three words of letters and digits with dots between")?;
        value.set_sensitive(true);
        Ok(Self { pool: Arc::clone(&self.pool), authorization: Some(Arc::new(value)) })
    }

    /// The same, counted in no metric: to look whether it is there, which is no call.
    #[must_use]
    pub fn apart_uncounted(&self) -> Self {
        let pool = self.pool.apart_uncounted(FEWEST);
        Self { pool, authorization: self.authorization.clone() }
    }

    fn authorize(&self, headers: &mut HeaderMap) {
        if headers.contains_key(AUTHORIZATION) {
            return;
        }
        let authorization =
            self.authorization.as_deref().cloned().or_else(|| caller::current().token.clone());
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization);
        }
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        deadline::forward(request.headers_mut());
        trace::forward(request.headers_mut());
        self.authorize(request.headers_mut());
        request.headers_mut().entry(USER_AGENT).or_insert(AGENT);
        let within = deadline::asked(request.headers());
        let pool = Arc::clone(&self.pool);
        async move {
            let sent = pool.send(request);
            let answer = match within {
                None => sent.await,
                Some(within) => timeout(within, sent).await.map_err(|_| {
                    Status::deadline_exceeded("the other side did not answer in time")
                })?,
            };
            answer.map_err(unavailable)
        }
        .boxed()
    }
}

fn unavailable(cause: Cause) -> Status {
    let mut status = Status::unavailable(format!("no connection: {cause}"));
    status.set_source(Arc::from(cause));
    status
}
