//! The measures of the calls from one service to another.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::HeaderMap;
use instruments::table::{
    CLIENT_CALL_DURATION, CLIENT_CALL_ERRORS, CLIENT_CONNECTIONS, CLIENT_EJECTIONS, CLIENT_RETRIES,
};
use instruments::{Counter, HeldOf, Histogram};
use tonic::Code;

use super::again::{Method, count};
use crate::code::word;
use crate::deadline;

/// A call was measured a moment after the time began that it may take.
const LEEWAY: Duration = Duration::from_millis(5);

/// The measures of the calls to a service; none where it is not known which one it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Meters(Option<Arc<Ways>>);

/// From one service to another.
#[derive(Debug)]
struct Ways {
    own: String,
    peer: &'static str,
    /// By the number of the method, made with its first call.
    durations: Box<[OnceLock<Arc<Histogram>>]>,
    retries: [Arc<Counter>; 3],
    ejections: Arc<Counter>,
}

/// Why a request is sent again, or not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Again {
    /// Nothing of it arrived.
    Unsent,
    /// It may have arrived, and may arrive twice.
    Repeated,
    /// It may arrive twice, and too many did.
    Refused,
}

impl Meters {
    /// Of the calls from the service `own` to the service `peer`.
    pub fn between(own: &str, peer: &'static str) -> Self {
        let retries = ["unsent", "repeated", "refused"];
        let retries = retries.map(|reason| CLIENT_RETRIES.with(&[own, peer, reason]));
        Self(Some(Arc::new(Ways {
            own: own.to_owned(),
            peer,
            durations: (0..count()).map(|_| OnceLock::new()).collect(),
            retries,
            ejections: CLIENT_EJECTIONS.with(&[own, peer]),
        })))
    }

    /// Begins to measure a call with these headers.
    pub fn begin(&self, method: &'static Method, headers: &HeaderMap) -> Option<Call> {
        let ways = Arc::clone(self.0.as_ref()?);
        let within = deadline::asked(headers);
        Some(Call { ways, method, began: Instant::now(), within, code: None })
    }

    /// Counts a request that is sent again, or is not.
    pub fn again(&self, why: Again) {
        if let Some(ways) = &self.0 {
            ways.retries[why as usize].one();
        }
    }

    /// Counts an address that is set aside.
    pub fn ejected(&self) {
        if let Some(ways) = &self.0 {
            ways.ejections.one();
        }
    }

    /// Counts a connection until what is returned is dropped.
    pub fn connected(&self, to: SocketAddr) -> Option<HeldOf> {
        let ways = self.0.as_ref()?;
        let (address, port) = (to.ip().to_string(), to.port().to_string());
        Some(CLIENT_CONNECTIONS.hold(&[&ways.own, ways.peer, &address, &port]))
    }
}

/// A call that is measured until it is dropped.
#[derive(Debug)]
pub(super) struct Call {
    ways: Arc<Ways>,
    method: &'static Method,
    began: Instant,
    /// How long it may take.
    within: Option<Duration>,
    code: Option<Code>,
}

impl Call {
    /// Takes over the status, when `headers` hold one.
    pub fn note(&mut self, headers: &HeaderMap) {
        if let Some(code) = headers.get("grpc-status") {
            self.code = Some(Code::from_bytes(code.as_bytes()));
        }
    }

    /// Notes that it did not reach the service.
    pub fn failed(&mut self) {
        self.code = Some(Code::Unavailable);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Self { ways, method, within, .. } = self;
        let took = self.began.elapsed();
        if method.is_unary {
            let duration = ways.durations[method.number]
                .get_or_init(|| CLIENT_CALL_DURATION.with(&[&ways.own, ways.peer, method.name()]));
            duration.time(took);
        }
        // Who left before the end saw no status.
        let code = self.code.unwrap_or_else(|| {
            let is_late = within.is_some_and(|within| took + LEEWAY >= within);
            if is_late { Code::DeadlineExceeded } else { Code::Cancelled }
        });
        if code != Code::Ok {
            CLIENT_CALL_ERRORS.with(&[&ways.own, ways.peer, method.name(), word(code)]).one();
        }
    }
}
