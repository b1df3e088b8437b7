//! A connection to another service: lazy, kept alive, and passing on what is left of the time.

use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use http::{Request, Response};
use tonic::body::Body;
use tonic::transport::channel::ResponseFuture;
use tonic::transport::{Channel, Endpoint, Error};
use tower::Service;

use crate::deadline;

/// A cancelled stream counts as a local reset, and h2 closes a connection after 1024 of them in its life. Between our
/// own services a cancelled call is daily business.
const MAX_LOCAL_RESETS: usize = 1 << 30;

/// A channel that connects when first used: `url` need not answer yet. An error means that `url` is no URL.
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

/// What a generated client takes: a [`channel`] that tells the other side how much of the present request's time is
/// left, so that it stops when nobody waits any more.
#[derive(Clone, Debug)]
pub struct Connection(Channel);

impl Connection {
    /// Connects to `url` when first used.
    pub fn to(url: &str) -> anyhow::Result<Self> {
        channel(url).map(Self)
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        deadline::forward(request.headers_mut());
        self.0.call(request)
    }
}
