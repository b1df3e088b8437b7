//! The measures of each call: how many, how long, and why they failed.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use facts::ErrorReason;
use http::HeaderMap;
use instruments::table::{
    ACTIVE_CALLS, CALL_DURATION, CALL_ERRORS, CONNECTIONS, CONNECTIONS_REFUSED, OPEN_STREAMS,
    STREAM_DURATION,
};
use instruments::{Counter, Gauge, Held, Histogram, OTHER, Span, Trace, span};
use tokio::time::Instant;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::code::word;
use crate::failure::DOMAIN;
use crate::trace::Traced;

/// The codes by which a server says that it failed, and not its caller.
const FAULTS: [Code; 6] = [
    Code::Unknown,
    Code::DeadlineExceeded,
    Code::Unimplemented,
    Code::Internal,
    Code::Unavailable,
    Code::DataLoss,
];

/// The failures of which each method has a count from its first call on: of one that begins with a
/// failure, no rate would tell.
const FOREKNOWN: [(Code, ErrorReason); 4] = [
    (Code::Internal, ErrorReason::Internal),
    (Code::Unavailable, ErrorReason::ServiceUnavailable),
    (Code::Unavailable, ErrorReason::DatabaseUnavailable),
    (Code::DeadlineExceeded, ErrorReason::DeadlineExceeded),
];
/// The objectives have calls answered within this time: a caller who waits less, and in vain, finds
/// no fault.
const PATIENCE: Duration = Duration::from_millis(250);
/// The `error.type` of the call of such a caller.
const IMPATIENT: &str = "DEADLINE_SHORT";
/// That of a call whose deadline passed while it waited for others of its caller.
const QUEUED: &str = "DEADLINE_QUEUED";

/// The cells of a method, made with its first call: a method that nobody calls takes no memory.
#[derive(Debug, Default)]
pub(super) struct Meters(OnceLock<Arc<Cells>>);

#[derive(Debug)]
struct Cells {
    service: &'static str,
    /// Of the contract, or [`OTHER`].
    method: String,
    duration: Arc<Histogram>,
    open: Arc<Gauge>,
}

impl Meters {
    /// Begins to measure a call; `path` must be that of a method.
    pub fn begin(&self, traced: Traced, path: &str, is_stream: bool) -> Measure {
        let service = traced.trace.service;
        let cells = self.0.get_or_init(|| {
            let method = path.trim_start_matches('/').to_owned();
            let (duration, open) = if is_stream {
                (&STREAM_DURATION, OPEN_STREAMS.with(&[service]))
            } else {
                (&CALL_DURATION, ACTIVE_CALLS.with(&[service]))
            };
            let duration = duration.with(&[service, &method]);
            for (code, reason) in FOREKNOWN {
                CALL_ERRORS.with(&[service, &method, word(code), reason.as_str_name()]);
            }
            Arc::new(Cells { service, method, duration, open })
        });
        let (cells, open) = (Arc::clone(cells), cells.open.hold());
        Measure {
            cells,
            traced,
            reason: None,
            is_timed: true,
            is_patient: true,
            waits: None,
            waited: Duration::ZERO,
            _open: open,
        }
    }

    /// The same, for a path that is no method: a caller must not make labels.
    pub fn begin_other(&self, traced: Traced) -> Measure {
        self.begin(traced, OTHER, false)
    }
}

/// One call that is measured.
#[derive(Debug)]
pub(super) struct Measure {
    cells: Arc<Cells>,
    traced: Traced,
    reason: Option<&'static str>,
    is_timed: bool,
    is_patient: bool,
    /// Since when it waits for other calls of its caller, if it does.
    waits: Option<Instant>,
    /// How long it did.
    waited: Duration,
    _open: Held,
}

impl Measure {
    /// Leaves it out of the durations: a quota refused it. Refusals take no time, and a caller who
    /// is refused often enough would hide that the calls of all others are slow.
    pub fn refused(&mut self) {
        self.is_timed = false;
    }

    /// Notes how long its caller waits.
    pub fn allow(&mut self, allowed: Duration) {
        self.is_patient = allowed >= PATIENCE;
    }

    /// Notes that it waits for other calls of its caller.
    pub fn wait(&mut self) {
        self.waits = Some(Instant::now());
    }

    /// Notes that it waits no more.
    pub fn go_on(&mut self) {
        self.waited = self.waits.take().map_or(Duration::ZERO, |since| since.elapsed());
    }

    /// Takes over the reason of a failure from the headers that have its status.
    pub fn note(&mut self, headers: &HeaderMap) {
        let info = Status::from_header_map(headers).and_then(|it| it.get_details_error_info());
        let Some(info) = info.filter(|info| info.domain == DOMAIN) else { return };
        let reason = ErrorReason::from_str_name(&info.reason);
        self.reason = Some(reason.map_or(OTHER, |reason| reason.as_str_name()));
    }

    /// Counts how it ended. Of a call that waited for others of its caller, only the time since
    /// then is that of the suite; one that ended while it waited has none.
    pub fn end(&self, code: Code, took: Duration) {
        let Cells { service, method, duration, .. } = &*self.cells;
        if self.is_timed && self.waits.is_none() {
            duration.time(took.saturating_sub(self.waited));
        }
        if code != Code::Ok {
            let is_late = code == Code::DeadlineExceeded;
            let reason = match self {
                Self { is_patient: false, .. } if is_late => Some(IMPATIENT),
                Self { waits: Some(_), .. } if is_late => Some(QUEUED),
                _ => self.reason,
            };
            let code = word(code);
            CALL_ERRORS.with(&[service, method, code, reason.unwrap_or(code)]).one();
        }
        if span::wanted(self.traced.trace) {
            span::note(self.span(code, took));
        }
    }

    /// The trace of the call.
    pub fn trace(&self) -> Trace {
        self.traced.trace
    }

    fn span(&self, code: Code, took: Duration) -> Span {
        let method = &self.cells.method;
        let mut attributes = vec![
            ("rpc.system.name", "grpc".to_owned()),
            ("rpc.method", method.clone()),
            ("rpc.response.status_code", word(code).to_owned()),
        ];
        attributes.extend(self.reason.map(|reason| ("error.type", reason.to_owned())));
        Span {
            trace: self.traced.trace,
            parent: self.traced.parent,
            name: method.clone(),
            is_server: true,
            time: span::until_now(took),
            attributes,
            has_failed: FAULTS.contains(&code),
        }
    }
}

/// The counts of the connections of a service.
#[derive(Debug)]
pub(super) struct Sockets {
    pub open: Arc<Gauge>,
    /// The ones that were closed at once.
    pub refused: Arc<Counter>,
}

impl Sockets {
    pub fn of(service: &'static str) -> Self {
        let (open, refused) = (CONNECTIONS.with(&[service]), CONNECTIONS_REFUSED.with(&[service]));
        Self { open, refused }
    }
}
