//! A connection to the gateway as somebody, which repeats nothing.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use super::calls::Calls;
use super::trust::Trust;

/// The deadline of one call.
const DEADLINE: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const PING_INTERVAL: Duration = Duration::from_secs(2);

/// An access token.
#[derive(Clone, Debug)]
pub enum Token {
    /// One that lives long enough.
    Fixed(String),
    /// The one in a file, read again for each call: somebody renews it.
    File(PathBuf),
}

impl From<PathBuf> for Token {
    fn from(file: PathBuf) -> Self {
        Self::File(file)
    }
}

impl Token {
    /// As metadata.
    fn bearer(&self) -> anyhow::Result<MetadataValue<Ascii>> {
        let text = match self {
            Self::Fixed(text) => text.clone(),
            Self::File(file) => std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?,
        };
        Ok(format!("Bearer {}", text.trim()).parse()?)
    }
}

/// A connection of its own, and the log of what is called on it.
#[derive(Clone, Debug)]
pub struct Session {
    /// The connection.
    pub channel: Channel,
    /// The log.
    pub calls: Calls,
    token: Token,
}

impl Session {
    /// Connects when first used: with TLS where the URL says so, which takes authorities to trust.
    /// Must be called in a runtime.
    pub fn open(
        url: &str,
        token: &Token,
        trust: Option<&Trust>,
        calls: &Calls,
    ) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(url.to_owned())?
            .connect_timeout(CONNECT_WITHIN)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_INTERVAL)
            .keep_alive_while_idle(true);
        token.bearer()?;
        let channel = if url.starts_with("https://") {
            let trust = trust.with_context(|| format!("{url} takes TLS: name its --ca"))?.clone();
            let connect = move |url: Uri| trust.clone().connect(url);
            endpoint.connect_with_connector_lazy(service_fn(connect))
        } else {
            endpoint.connect_lazy()
        };
        Ok(Self { channel, calls: calls.clone(), token: token.clone() })
    }

    /// A request of a call that ends.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = self.stream(message);
        request.set_timeout(DEADLINE);
        request
    }

    /// A request of a stream.
    pub fn stream<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        // Without it the call is refused, and that is in the log.
        if let Ok(bearer) = self.token.bearer() {
            request.metadata_mut().insert("authorization", bearer);
        }
        request
    }
}
