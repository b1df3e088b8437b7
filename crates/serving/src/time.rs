//! Record time (microseconds since 1970 UTC) ↔ `google.protobuf.Timestamp`.

use chassis::failure::{ErrorReason, Failure, Violation};
use prost_types::Timestamp;

/// The metadata of every answer that names the instant it holds for, in RFC 3339.
pub const READ_TIME_KEY: &str = "registan-read-time";

const MICROS: i64 = 1_000_000;

/// A record time on the wire.
pub fn timestamp(micros: i64) -> Timestamp {
    let nanos = i32::try_from(micros.rem_euclid(MICROS) * 1000).unwrap_or(0);
    Timestamp { seconds: micros.div_euclid(MICROS), nanos }
}

/// The record time a caller asks for; finer parts than microseconds are cut off.
pub fn micros(read_time: Option<Timestamp>) -> Result<Option<i64>, Failure> {
    let Some(time) = read_time else { return Ok(None) };
    let whole = time.seconds.checked_mul(MICROS);
    let valid = (0..1_000_000_000).contains(&time.nanos);
    match whole {
        Some(whole) if valid && time.seconds >= 0 => Ok(Some(whole + i64::from(time.nanos) / 1000)),
        _ => {
            let description = "is no instant since 1970; leave it out for now";
            Err(Failure::invalid(vec![Violation::new(
                "read_time",
                ErrorReason::ReadTimeInvalid,
                description,
            )]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_times_survive_the_wire() {
        for time in [0, 1, 999_999, 1_000_000, 1_795_519_700_123_456] {
            assert_eq!(micros(Some(timestamp(time))).unwrap(), Some(time));
        }
        for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0)] {
            assert!(micros(Some(Timestamp { seconds, nanos })).is_err(), "{seconds} {nanos}");
        }
    }
}
