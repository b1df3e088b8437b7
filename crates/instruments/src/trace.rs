//! The trace that a piece of work belongs to, after W3C Trace Context.

use std::fmt;
use std::future::Future;

tokio::task_local! {
    static CURRENT: Trace;
}

/// A place in a trace: the span that is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    span: u64,
    /// True if its spans are wanted.
    is_sampled: bool,
    /// The service that is at work.
    pub service: &'static str,
}

impl Trace {
    /// A new trace, without a parent.
    pub fn new(service: &'static str, is_sampled: bool) -> Self {
        Self { id: fastrand::u128(1..), span: fastrand::u64(1..), is_sampled, service }
    }

    /// Reads a `traceparent`: the span of the caller. What is malformed is none.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, id) = (parts.next()?, parts.next()?);
        let (span, flags) = (parts.next()?, parts.next()?);
        let is_whole = version != "00" || parts.next().is_none();
        let is_known = is_hex(version, 2) && version != "ff" && is_whole;
        if !(is_known && is_hex(id, 32) && is_hex(span, 16) && is_hex(flags, 2)) {
            return None;
        }
        let (id, span) = (u128::from_str_radix(id, 16).ok()?, u64::from_str_radix(span, 16).ok()?);
        let is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        (id != 0 && span != 0).then_some(Self { id, span, is_sampled, service: "" })
    }

    /// A new span below this one, of a service.
    #[must_use]
    pub fn below(self, service: &'static str) -> Self {
        Self { span: fastrand::u64(1..), service, ..self }
    }

    /// The same place, in a trace whose spans are wanted or not.
    #[must_use]
    pub fn sampled(self, is_sampled: bool) -> Self {
        Self { is_sampled, ..self }
    }

    /// Writes `traceparent`, for those who are asked on the way.
    pub fn written(self) -> String {
        let Self { id, span, is_sampled, .. } = self;
        format!("00-{id:032x}-{span:016x}-{:02x}", u8::from(is_sampled))
    }

    /// Returns whether somebody wants its spans.
    pub const fn is_sampled(self) -> bool {
        self.is_sampled
    }

    /// The id of the trace, in bytes.
    pub const fn id(self) -> [u8; 16] {
        self.id.to_be_bytes()
    }

    /// The id of the span, in bytes.
    pub const fn span(self) -> [u8; 8] {
        self.span.to_be_bytes()
    }
}

/// The id of the trace, as logs and errors have it.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.id)
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|one| matches!(one, b'0'..=b'9' | b'a'..=b'f'))
}

/// The trace that this task works for, if it works for one.
pub fn current() -> Option<Trace> {
    CURRENT.try_with(|trace| *trace).ok()
}

/// Does work for a trace.
pub async fn scope<F: Future>(trace: Option<Trace>, work: F) -> F::Output {
    match trace {
        Some(trace) => CURRENT.scope(trace, work).await,
        None => work.await,
    }
}

/// Does for a trace what needs no waiting.
pub fn within<T>(trace: Option<Trace>, work: impl FnOnce() -> T) -> T {
    match trace {
        Some(trace) => CURRENT.sync_scope(trace, work),
        None => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_read_is_written_the_same() {
        let trace = Trace::read(GIVEN).unwrap();

        assert_eq!(trace.written(), GIVEN);
        assert_eq!(trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let below = trace.below("projects");
        assert!(below.is_sampled() && below.id() == trace.id() && below.span() != trace.span());
        // A later version may say more.
        assert!(Trace::read(&format!("cc{}-more", &GIVEN[2..])).is_some());
    }

    #[test]
    fn what_is_malformed_is_no_trace() {
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Trace::read(text), None, "{text}");
        }
    }
}
