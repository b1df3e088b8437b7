//! The body of an answer: ends a stream at its deadline or with its lease, turns faults into
//! trailers, and notes how the request ended.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use instruments::trace::within;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, timeout_at};
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::Span;

use super::activity::Busy;
use super::lease::Lease;
use super::measured::Measure;
use super::rates::{Bill, Permit};
use crate::failure::Failure;

/// Frames shorter than this many bytes do not count for a caller who does not read.
const WORTH_HOLDING: usize = 4096;

/// The frames of an answer. tonic's own `grpc-timeout` ends with the response head; this holds to
/// the last frame.
pub(super) struct Answer {
    body: Body,
    /// When the stream must end, and how long it was allowed. A unary answer is ready by the time
    /// it gets here.
    deadline: Option<(Pin<Box<Sleep>>, Duration)>,
    /// The time until which its caller may receive anything.
    lease: Option<Lease>,
    outcome: Outcome,
}

impl Answer {
    pub fn new(
        mut response: Response<Body>,
        mut outcome: Outcome,
        deadline: Option<(Instant, Duration)>,
    ) -> Response<Self> {
        outcome.note(response.headers());
        // axum writes one to answers without a body.
        response.headers_mut().remove(CONTENT_LENGTH);
        let deadline =
            deadline.map(|(at, allowed)| (Box::pin(tokio::time::sleep_until(at)), allowed));
        response.map(|body| Self { body, deadline, lease: None, outcome })
    }

    /// The same, for as long as a lease.
    pub fn within(self, lease: Option<Lease>) -> Self {
        Self { lease, ..self }
    }

    /// An answer that is nothing but `status`.
    pub fn from_status(status: Status, outcome: Outcome) -> Response<Self> {
        Self::new(status.into_http(), outcome, None)
    }

    /// Ends the stream with `status` and drops what made it.
    fn end(&mut self, status: &Status) -> Frame<Bytes> {
        self.body = Body::empty();
        self.deadline = None;
        self.lease = None;
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            trailers.insert("grpc-status", i32::from(Code::Internal).into());
        }
        self.outcome.note(&trailers);
        Frame::trailers(trailers)
    }
}

impl Answer {
    /// The next frame.
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let span = self.outcome.span.clone();
        let _entered = span.enter();
        if let Some((timer, allowed)) = &mut self.deadline
            && timer.as_mut().poll(context).is_ready()
        {
            let late = Failure::deadline_exceeded(*allowed).into();
            return Poll::Ready(Some(Ok(self.end(&late))));
        }
        if let Some(Poll::Ready(over)) = self.lease.as_mut().map(|it| it.as_mut().poll(context)) {
            return Poll::Ready(Some(Ok(self.end(&over.into()))));
        }
        match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.body).poll_frame(context))) {
            Ok(Poll::Ready(Some(Ok(frame)))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.outcome.note(trailers);
                }
                if let (Some(bill), Some(data)) = (self.outcome.bill(), frame.data_ref()) {
                    bill.answered(data.len());
                }
                Poll::Ready(Some(Ok(self.outcome.held(frame))))
            }
            Ok(Poll::Ready(Some(Err(status)))) => Poll::Ready(Some(Ok(self.end(&status)))),
            Ok(other) => other,
            Err(_panic) => Poll::Ready(Some(Ok(self.end(&panicked())))),
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let trace = self.outcome.measure.as_ref().map(Measure::trace);
        within(trace, || self.next(context))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    /// Unknown: an answer may be cut short.
    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// A part of an answer, and the turn of its call.
struct Held {
    bytes: Bytes,
    _turn: Arc<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How a request ended; logged when it is dropped.
pub(super) struct Outcome {
    span: Span,
    started: Instant,
    code: Option<Code>,
    permit: Option<Permit>,
    measure: Option<Measure>,
    /// The turn of a unary call.
    pub turn: Option<Arc<OwnedSemaphorePermit>>,
    _busy: Option<Busy>,
}

impl Outcome {
    /// Keeps its connection `busy` until it has ended.
    pub fn new(span: Span, busy: Option<Busy>, measure: Option<Measure>) -> Self {
        let started = Instant::now();
        Self { span, started, code: None, permit: None, measure, turn: None, _busy: busy }
    }

    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Notes that a quota of the caller is used up.
    pub fn refused(&mut self) {
        if let Some(measure) = &mut self.measure {
            measure.refused();
        }
    }

    /// Notes how long its caller waits.
    pub fn allow(&mut self, allowed: Duration) {
        if let Some(measure) = &mut self.measure {
            measure.allow(allowed);
        }
    }

    /// Keeps the caller's permit until the answer has ended.
    pub fn keep(&mut self, permit: Option<Permit>) {
        self.permit = permit;
    }

    /// Waits for the turn of a unary call among those of its caller, then among those of its
    /// connection, and returns whether it came before the deadline. The first wait is left out of
    /// the measures: a caller of many at a time waits for their own calls.
    pub async fn wait(&mut self, calls: Arc<Semaphore>, deadline: Instant) -> bool {
        if let Some(permit) = &mut self.permit {
            if let Some(measure) = &mut self.measure {
                measure.wait();
            }
            if timeout_at(deadline, permit.turn()).await.is_err() {
                return false;
            }
            if let Some(measure) = &mut self.measure {
                measure.go_on();
            }
        }
        let Ok(turn) = timeout_at(deadline, calls.acquire_owned()).await else { return false };
        self.turn = turn.ok().map(Arc::new);
        true
    }

    /// Returns the bill for the bytes of a unary call, if there is one.
    pub fn bill(&self) -> Option<&Arc<Bill>> {
        self.permit.as_ref()?.bill.as_ref()
    }

    /// A frame that keeps the turn of the call until it has left: HTTP/2 takes a whole frame from
    /// here when the caller can take a single byte of it. A short one is not worth it.
    fn held(&self, frame: Frame<Bytes>) -> Frame<Bytes> {
        let Some(turn) = &self.turn else { return frame };
        frame.map_data(|bytes| {
            if bytes.len() < WORTH_HOLDING {
                return bytes;
            }
            Bytes::from_owner(Held { bytes, _turn: Arc::clone(turn) })
        })
    }

    /// Takes over the status, when `headers` hold one.
    fn note(&mut self, headers: &HeaderMap) {
        if let Some(code) = headers.get("grpc-status") {
            let code = Code::from_bytes(code.as_bytes());
            self.code = Some(code);
            if let Some(measure) = self.measure.as_mut().filter(|_| code != Code::Ok) {
                measure.note(headers);
            }
        }
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        // A caller who left before the end saw no status.
        let code = self.code.unwrap_or(Code::Cancelled);
        let took = self.started.elapsed();
        if let Some(measure) = &self.measure {
            measure.end(code, took);
        }
        if self.span.is_none() {
            return;
        }
        let duration_ms = took.as_secs_f64() * 1000.0;
        tracing::debug!(parent: &self.span, ?code, duration_ms, "answered");
    }
}

/// The answer to a request whose handler panicked. The panic itself is logged by the panic hook.
pub(super) fn panicked() -> Status {
    Failure::internal("the method panicked").into()
}
