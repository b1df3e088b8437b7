//! A service behind the gateway: its sockets for short calls, and those for streams.

use std::sync::Arc;

use chassis::client::{Cause, Pool};
use chassis::{Failure, Settings};
use http::{Request, Response};
use tonic::body::Body;

/// Sockets for short calls that are used alike. Each is read and written by one task, so that two
/// use two cores.
const FOR_CALLS: usize = 2;
const FOR_STREAMS: usize = 1;

/// A service behind the gateway.
pub struct Upstream {
    pub name: &'static str,
    calls: Arc<Pool>,
    /// A stream lasts half an hour: however many there are, a call does not wait for them.
    streams: Arc<Pool>,
}

impl Upstream {
    /// The service of this name at `url`, reached as `settings` say.
    pub fn new(settings: &Settings, name: &'static str, url: &str) -> anyhow::Result<Arc<Self>> {
        let calls = Pool::between(settings, crate::NAME, name, url, FOR_CALLS)?;
        let streams = calls.apart(FOR_STREAMS);
        Ok(Arc::new(Self { name, calls, streams }))
    }

    /// Gives the head of the answer; the frames follow in its body. Dropping either cancels the
    /// call.
    pub async fn send(
        &self,
        request: Request<Body>,
        is_stream: bool,
    ) -> Result<Response<Body>, Failure> {
        let pool = if is_stream { &self.streams } else { &self.calls };
        pool.send(request).await.map_err(|cause| self.unavailable(cause))
    }

    /// `UNAVAILABLE`, naming this service.
    pub fn unavailable(&self, cause: impl Into<Cause>) -> Failure {
        Failure::service_unavailable(self.name).because(cause)
    }
}
