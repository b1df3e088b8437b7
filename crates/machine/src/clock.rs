//! The one source of "now".

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustix::time::{ClockId, clock_gettime};

/// Tells the time, so that tests can choose it.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970-01-01T00:00:00Z: the unit of record time.
    fn now(&self) -> i64;

    /// By what the time is checked before something is recorded by it; nothing for a clock that may
    /// be put anywhere.
    fn guard(&self) -> Option<Guard> {
        None
    }
}

/// By what a clock is checked.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    /// Microseconds of a clock that nobody sets and that goes on while the machine sleeps, from any
    /// start.
    pub steady: i64,
    /// By how many microseconds clocks may differ and still count as right.
    pub tolerance: i64,
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }
}

/// The machine's clock, by which a service records only as long as it is right.
#[derive(Clone, Copy, Debug)]
pub struct GuardedClock {
    tolerance: i64,
}

impl GuardedClock {
    /// The clock of a process that may differ from others by so many seconds.
    pub fn new(tolerance_seconds: u64) -> Self {
        let tolerance = i64::try_from(tolerance_seconds).unwrap_or(i64::MAX);
        Self { tolerance: tolerance.saturating_mul(1_000_000) }
    }
}

impl Clock for GuardedClock {
    fn now(&self) -> i64 {
        SystemClock.now()
    }

    fn guard(&self) -> Option<Guard> {
        // CLOCK_MONOTONIC stands still while Linux sleeps, and only there.
        #[cfg(target_os = "linux")]
        let steady = clock_gettime(ClockId::Boottime);
        #[cfg(not(target_os = "linux"))]
        let steady = clock_gettime(ClockId::Monotonic);
        let steady = steady.tv_sec * 1_000_000 + steady.tv_nsec / 1000;
        Some(Guard { steady, tolerance: self.tolerance })
    }
}

/// A clock that stands where it is put: for tests, and for answers about a chosen instant.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at `micros` microseconds since the epoch.
    pub fn at(micros: i64) -> Self {
        Self(AtomicI64::new(micros))
    }

    /// Puts the clock on `micros`, also backwards.
    pub fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }

    /// Moves the clock by `micros`.
    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The day it is now, in UTC.
pub fn today(clock: &(impl Clock + ?Sized)) -> Date {
    let now = Timestamp::from_microsecond(clock.now()).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(now).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_at_midnight_utc() {
        let clock = ManualClock::at(1_766_707_199_999_999);
        assert_eq!(today(&clock), jiff::civil::date(2025, 12, 25));

        clock.advance(1);

        assert_eq!(today(&clock), jiff::civil::date(2025, 12, 26));
    }

    #[test]
    fn the_steady_clock_counts_microseconds_beside_the_time() {
        let clock = GuardedClock::new(30);
        let difference = || clock.now() - clock.guard().map_or(0, |guard| guard.steady);

        let before = difference();
        std::thread::sleep(std::time::Duration::from_millis(20));

        assert!((difference() - before).abs() < 10_000);
        assert_eq!(clock.guard().map(|guard| guard.tolerance), Some(30_000_000));
        assert!(SystemClock.guard().is_none());
    }

    #[test]
    fn the_system_clock_counts_microseconds() {
        let after_2025 = 1_735_689_600_000_000;
        assert!(SystemClock.now() > after_2025);
        assert!(SystemClock.now() < after_2025 * 10);
    }
}
