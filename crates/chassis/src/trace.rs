//! The trace of a call: read from its headers, passed on to those who are asked on the way.

use http::{HeaderMap, HeaderName, HeaderValue};
use instruments::trace::{Trace, current};

/// The header of W3C Trace Context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Tells whom we ask, by `headers`, to which trace it belongs. What stands there is replaced: it
/// names the span of our caller.
pub fn forward(headers: &mut HeaderMap) {
    let Some(trace) = current() else { return };
    if let Ok(value) = HeaderValue::try_from(trace.written()) {
        headers.insert(TRACEPARENT, value);
    }
}

/// The place of a call in its trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traced {
    pub trace: Trace,
    /// The span of the caller, if they named one.
    pub parent: Option<Trace>,
}

/// Returns the place of a call to a service: below the span that its headers name, or in a new
/// trace, of which `percent` of a hundred are sampled.
pub(crate) fn of(headers: &HeaderMap, service: &'static str, percent: f64) -> Traced {
    let parent = headers.get(TRACEPARENT).and_then(|it| Trace::read(it.to_str().ok()?));
    let trace = match parent {
        Some(parent) => parent.below(service),
        None => Trace::new(service, fastrand::f64() * 100.0 < percent),
    };
    Traced { trace, parent }
}
