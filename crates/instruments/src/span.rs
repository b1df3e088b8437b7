//! The spans that are noted of sampled traces, until somebody takes them away.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::table::SPANS_DROPPED;
use crate::trace::Trace;

/// The most spans that wait; others are dropped, and counted.
const MOST_WAITING: usize = 4096;

static TAKEN: AtomicBool = AtomicBool::new(false);
static WAITING: Mutex<Vec<Span>> = Mutex::new(Vec::new());

/// A piece of work that is over. It has names alone: of a method, of a database, of a reason.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its place in the trace.
    pub trace: Trace,
    /// The span above it.
    pub parent: Option<Trace>,
    /// Its name.
    pub name: String,
    /// It answers a call; otherwise it asks somebody else.
    pub is_server: bool,
    /// When it began and ended, in nanoseconds since 1970.
    pub time: [u64; 2],
    /// Its attributes, by the names of OpenTelemetry.
    pub attributes: Vec<(&'static str, String)>,
    /// It failed by a fault of ours.
    pub has_failed: bool,
}

/// Has spans noted from now on: somebody takes them.
pub fn begin() {
    TAKEN.store(true, Ordering::Relaxed);
}

/// Returns whether a span of a trace would be noted.
pub fn wanted(trace: Trace) -> bool {
    trace.is_sampled() && TAKEN.load(Ordering::Relaxed)
}

/// Notes a span, if it is [`wanted`].
pub fn note(span: Span) {
    if !wanted(span.trace) {
        return;
    }
    let mut waiting = waiting();
    if waiting.len() >= MOST_WAITING {
        drop(waiting);
        SPANS_DROPPED.with(&[]).one();
        return;
    }
    waiting.push(span);
}

/// Takes all that wait.
pub fn take() -> Vec<Span> {
    mem::take(&mut *waiting())
}

/// Begin and end of what took so long until now.
#[expect(clippy::disallowed_methods, reason = "spans of all machines lie on one line of time")]
pub fn until_now(took: Duration) -> [u64; 2] {
    let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or_default();
    [nanos(end.saturating_sub(took)), nanos(end)]
}

fn waiting() -> MutexGuard<'static, Vec<Span>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
