//! How long a request may take: what the caller grants, what we allow, and what is left for those
//! we ask.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use crate::failure::{Code, ErrorReason, Failure};

/// The header by which a caller says how long it waits.
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

tokio::task_local! {
    /// The end of the request that this task works for; [`crate::client::Connection`] passes on
    /// what is left of it.
    pub(crate) static DEADLINE: Instant;
}

/// When the request that this task works for must be answered; none outside of a request.
pub fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// Does `work` in so much of what is left of the present request. For what it asks of others the
/// request ends then, too.
pub async fn within<T>(allowed: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    let end = Instant::now() + allowed;
    let end = current().map_or(end, |whole| whole.min(end));
    timeout_at(end, DEADLINE.scope(end, work)).await
}

/// Tells whom we ask, by `headers`, what is left of the request that this task works for. A shorter
/// time that stands there already stays.
pub fn forward(headers: &mut HeaderMap) {
    let Some(deadline) = current() else { return };
    let rest = deadline.saturating_duration_since(Instant::now());
    if parse(headers).ok().flatten().is_none_or(|asked| asked > rest) {
        headers.insert(GRPC_TIMEOUT, format(rest));
    }
}

/// The timeout in these `headers`, if there is one.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    parse(headers).ok().flatten()
}

/// The bounds a server puts on every request.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// For a unary call whose caller says nothing.
    pub unary_default: Duration,
    pub unary_max: Duration,
    /// For a call with a stream in either direction; also when the caller says nothing.
    pub stream_max: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            unary_default: Duration::from_secs(15),
            unary_max: Duration::from_mins(1),
            stream_max: Duration::from_mins(30),
        }
    }
}

impl Deadlines {
    /// How long the request with these `headers` may take.
    pub(crate) fn allowed(
        &self,
        headers: &HeaderMap,
        is_stream: bool,
    ) -> Result<Duration, Failure> {
        let max = if is_stream { self.stream_max } else { self.unary_max };
        let default = if is_stream { self.stream_max } else { self.unary_default };
        Ok(parse(headers)?.map_or(default, |asked| asked.min(max)))
    }
}

/// Reads `grpc-timeout`: at most 8 digits and a unit. A malformed one is refused, for the caller
/// relies on it.
fn parse(headers: &HeaderMap) -> Result<Option<Duration>, Failure> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else { return Ok(None) };
    let duration = value.to_str().ok().and_then(duration);
    duration.map(Some).ok_or_else(|| {
        let message =
            "grpc-timeout must be 1 to 8 digits and one of H, M, S, m, u, n, for example 500m";
        Failure::new(Code::InvalidArgument, ErrorReason::TimeoutMalformed, message)
    })
}

fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_hours(amount)),
        "M" => Some(Duration::from_mins(amount)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

/// Writes `grpc-timeout`, as exactly as 8 digits allow.
fn format(rest: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let text = if rest.as_micros() <= MOST {
        format!("{}u", rest.as_micros())
    } else if rest.as_millis() <= MOST {
        format!("{}m", rest.as_millis())
    } else {
        format!("{}S", u128::from(rest.as_secs()).min(MOST))
    };
    HeaderValue::try_from(text).expect("digits and a letter are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Option<Duration>, Failure> {
        parse(&HeaderMap::from_iter([(GRPC_TIMEOUT, HeaderValue::from_str(text).unwrap())]))
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for duration in
            [Duration::from_micros(7), Duration::from_secs(99), Duration::from_hours(30)]
        {
            let text = format(duration);
            assert_eq!(parsed(text.to_str().unwrap()).unwrap(), Some(duration));
        }
    }

    #[test]
    fn a_malformed_timeout_is_refused() {
        for text in ["", "S", "5", "5s", "-5S", "+5S", "123456789S", "5 S", "0x5S"] {
            let failure = parsed(text).unwrap_err();
            assert_eq!(failure.reason, ErrorReason::TimeoutMalformed, "{text}");
        }
    }

    #[test]
    fn the_shorter_of_what_is_asked_and_what_is_allowed_wins() {
        let ask = |text: &'static str| {
            HeaderMap::from_iter([(GRPC_TIMEOUT, HeaderValue::from_static(text))])
        };
        let bounds = Deadlines::default();

        assert_eq!(bounds.allowed(&HeaderMap::new(), false).unwrap(), Duration::from_secs(15));
        assert_eq!(bounds.allowed(&ask("100m"), false).unwrap(), Duration::from_millis(100));
        assert_eq!(bounds.allowed(&ask("1H"), false).unwrap(), Duration::from_mins(1));
        assert_eq!(bounds.allowed(&ask("1H"), true).unwrap(), Duration::from_mins(30));
    }
}
