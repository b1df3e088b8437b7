//! A connection to another service: lazy, kept alive, and passing on who asks and what is left of the time.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Request, Response};
use tonic::body::Body;
use tonic::transport::channel::ResponseFuture;
use tonic::transport::{Channel, Endpoint, Error};
use tower::Service;

use crate::{caller, deadline};

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

/// What a generated client takes: a [`channel`] that tells the other side who asks, and how much of the present request's
/// time is left, so that it stops when nobody waits any more.
#[derive(Clone, Debug)]
pub struct Connection {
    channel: Channel,
    /// Who asks, where that is not whoever asks us. Shared, so that a connection stays small.
    authorization: Option<Arc<HeaderValue>>,
}

impl Connection {
    /// Connects to `url` when first used, for whoever asks us.
    pub fn to(url: &str) -> anyhow::Result<Self> {
        Ok(Self { channel: channel(url)?, authorization: None })
    }

    /// The same connection, for the holder of an access token. An error means that `token` is none.
    pub fn with_token(&self, token: &str) -> anyhow::Result<Self> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim()))
            .context("an access token is three words of letters and digits with dots between")?;
        value.set_sensitive(true);
        Ok(Self { channel: self.channel.clone(), authorization: Some(Arc::new(value)) })
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
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        deadline::forward(request.headers_mut());
        self.authorize(request.headers_mut());
        self.channel.call(request)
    }
}
