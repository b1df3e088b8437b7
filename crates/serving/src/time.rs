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

/// The record time in `read_time`; finer parts than microseconds are cut off.
pub fn micros(read_time: Option<Timestamp>) -> Result<Option<i64>, Failure> {
    micros_of("read_time", read_time)
}

/// As [`micros`], in another field of a request.
pub fn micros_of(field: &str, time: Option<Timestamp>) -> Result<Option<i64>, Failure> {
    let Some(Timestamp { seconds, nanos }) = time else { return Ok(None) };
    let whole = seconds.checked_mul(MICROS).filter(|whole| *whole >= 0);
    let part = (0..1_000_000_000).contains(&nanos).then(|| i64::from(nanos) / 1000);
    let micros = whole.zip(part).and_then(|(whole, part)| whole.checked_add(part));
    micros.map(Some).ok_or_else(|| {
        let description = "is no instant since 1970; leave it out for now";
        Failure::invalid(vec![Violation::new(field, ErrorReason::ReadTimeInvalid, description)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_times_survive_the_wire() {
        for time in [0, 1, 999_999, 1_000_000, 1_795_519_700_123_456] {
            assert_eq!(micros(Some(timestamp(time))).unwrap(), Some(time));
        }
        let last = i64::MAX / MICROS;
        let wrong = [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0), (last, 999_999_999)];
        for (seconds, nanos) in wrong {
            assert!(micros(Some(Timestamp { seconds, nanos })).is_err(), "{seconds} {nanos}");
        }
    }

    #[test]
    fn a_wrong_instant_is_that_of_its_field() {
        let time = Timestamp { seconds: -1, nanos: 0 };

        let refused = micros_of("from_time", Some(time)).unwrap_err();

        assert_eq!(refused.violations[0].field, "from_time");
    }
}
