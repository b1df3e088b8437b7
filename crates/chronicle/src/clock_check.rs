//! Refuses to record by a clock that is wrong: record time never goes back, so one write by a clock
//! that is years ahead would push the record there for good.
//!
//! A write is refused where the clock is more than the tolerance
//! - behind the head: the last change is later than now;
//! - away from the time of the database server, where there is one. It is read together with the
//!   head, and a steady clock that nobody sets, and that goes on while the machine sleeps, carries
//!   it on from there. So a good write asks for nothing;
//! - ahead of what it was, carried on by the steady clock, where there is no server: on SQLite. An
//!   idle record has an old head, so the head alone cannot tell.
//!
//! Nothing is refused for good where it need not be:
//! - A wrong clock that is put right fits again, and the next write goes through.
//! - A refusal makes the next write read the head, and the time of the server, afresh.
//! - On SQLite the clock may have been wrong when the process started, and is put right later. Had
//!   it been behind the head, the head has proven it wrong and its first time vouches for nothing:
//!   the next clock that is not behind is believed. Had it been ahead, its next time is behind and
//!   not ahead of it, which is allowed as far as the head allows it. One case needs a restart: the
//!   clock was behind, the record was idle for longer, and the clock is then put forwards; nothing
//!   tells that from a right clock that is put wrong. A machine that was paused without its clocks
//!   is the same case. The log says so.
//! - Where the last change lies in the future already, the tolerance can be raised until the time
//!   has come.

use std::sync::Arc;

use machine::Clock;
use machine::clock::Guard;

const SECOND: i64 = 1_000_000;

/// Watches the clock by which is recorded.
pub(crate) struct ClockCheck {
    clock: Arc<dyn Clock>,
    reference: Option<Reference>,
}

/// A time that is believed.
#[derive(Clone, Copy)]
struct Reference {
    /// That time less that of the steady clock.
    offset: i64,
    /// True if it is the time of the database server, and not that of this clock.
    of_server: bool,
}

impl ClockCheck {
    /// Believes the clock as it is, until something better is known.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let offset = clock.guard().map(|guard| clock.now() - guard.steady);
        Self { clock, reference: offset.map(|offset| Reference { offset, of_server: false }) }
    }

    /// Takes the time that the database server has now.
    pub fn compare_with(&mut self, server: i64) {
        if let Some(Guard { steady, .. }) = self.clock.guard() {
            self.reference = Some(Reference { offset: server - steady, of_server: true });
        }
    }

    /// Returns the time to record by, or in words why the clock is wrong. `head` is the time of the
    /// last change.
    pub fn now(&mut self, head: i64) -> Result<i64, String> {
        let now = self.clock.now();
        let Some(Guard { steady, tolerance }) = self.clock.guard() else { return Ok(now) };
        let expected = self.reference.map(|reference| steady.saturating_add(reference.offset));
        let of_server = self.reference.is_some_and(|reference| reference.of_server);
        if now < head.saturating_sub(tolerance) {
            let proven_wrong = expected.is_some_and(|it| it < head.saturating_sub(tolerance));
            if proven_wrong && !of_server {
                self.reference = None;
            }
            return Err(format!(
                "the clock of this machine is {} s behind the last change of the record",
                (head - now) / SECOND
            ));
        }
        let expected = expected.unwrap_or(now);
        if of_server && now.abs_diff(expected) > tolerance.unsigned_abs() {
            let (seconds, side) = difference(now, expected);
            return Err(format!(
                "the clock of this machine is {seconds} s {side} that of the database server"
            ));
        }
        if now > Ord::max(expected, head).saturating_add(tolerance) {
            let (seconds, _) = difference(now, expected);
            return Err(format!(
                "the clock of this machine was put forwards by {seconds} s while this process ran: if it is right now, start the process again"
            ));
        }
        // Small steps add up. One that went far back does not count: the time that was believed
        // before may be the right one.
        if now.abs_diff(expected) <= tolerance.unsigned_abs() {
            self.reference = Some(Reference { offset: now - steady, of_server });
        }
        Ok(now)
    }
}

fn difference(now: i64, expected: i64) -> (i64, &'static str) {
    ((now - expected).abs() / SECOND, if now < expected { "behind" } else { "ahead of" })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const TOLERANCE: i64 = 30 * SECOND;
    const HOUR: i64 = 3600 * SECOND;
    const START: i64 = 1_000_000 * HOUR;

    /// A clock that is off by something, beside one that is not.
    #[derive(Default)]
    struct Off {
        steady: AtomicI64,
        off: AtomicI64,
    }

    impl Clock for Off {
        fn now(&self) -> i64 {
            START + self.steady.load(Ordering::Relaxed) + self.off.load(Ordering::Relaxed)
        }

        fn guard(&self) -> Option<Guard> {
            Some(Guard { steady: self.steady.load(Ordering::Relaxed), tolerance: TOLERANCE })
        }
    }

    fn started(off: i64) -> (Arc<Off>, ClockCheck) {
        let clock = Arc::new(Off::default());
        clock.off.store(off, Ordering::Relaxed);
        (Arc::clone(&clock), ClockCheck::new(clock))
    }

    impl Off {
        fn put(&self, off: i64) {
            self.off.store(off, Ordering::Relaxed);
        }

        fn pass(&self, time: i64) {
            self.steady.fetch_add(time, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_step_forwards_is_refused_until_it_is_taken_back() {
        let (clock, mut check) = started(0);
        let idle = START - 24 * HOUR;
        assert!(check.now(idle).is_ok());
        for wrong in [10 * 60 * SECOND, 6 * HOUR, 24 * 3650 * HOUR] {
            clock.put(wrong);
            clock.pass(HOUR);
            assert!(check.now(idle).is_err_and(|why| why.contains("put forwards")), "{wrong}");

            clock.put(0);
            assert!(check.now(idle).is_ok(), "{wrong}");
        }
    }

    #[test]
    fn a_clock_behind_the_head_is_refused_until_it_is_right() {
        let (clock, mut check) = started(0);
        assert!(check.now(START).is_ok());
        clock.put(-10 * 60 * SECOND);
        assert!(check.now(START).is_err_and(|why| why.contains("600 s behind the last change")));
        clock.put(0);
        assert!(check.now(START).is_ok());
        clock.put(6 * HOUR);
        assert!(check.now(START).is_err());
    }

    #[test]
    fn small_steps_and_a_sleep_of_the_machine_are_no_fault() {
        let (clock, mut check) = started(0);
        for step in 1..100 {
            clock.put(step * 20 * SECOND);
            assert!(check.now(START).is_ok(), "{step}");
        }
        clock.pass(12 * HOUR);
        assert!(check.now(START).is_ok());
    }

    #[test]
    fn a_clock_that_was_wrong_at_the_start_is_believed_once_it_is_put_right() {
        let (clock, mut check) = started(-10 * 60 * SECOND);
        assert!(check.now(START).is_err());
        clock.pass(5 * 60 * SECOND);
        clock.put(0);
        assert!(check.now(START).is_ok(), "it was behind the head");

        let (clock, mut check) = started(10 * 60 * SECOND);
        clock.put(0);
        assert!(check.now(START - HOUR).is_ok(), "it was ahead");
    }

    #[test]
    fn the_time_of_the_server_decides() {
        let (clock, mut check) = started(10 * 60 * SECOND);
        check.compare_with(START);
        assert!(check.now(0).is_err_and(|why| why.contains("600 s ahead of that of the database")));
        clock.put(-10 * 60 * SECOND);
        assert!(check.now(0).is_err_and(|why| why.contains("600 s behind that of the database")));
        clock.put(5 * SECOND);
        assert!(check.now(0).is_ok());
        // A machine that was paused: the steady clock stood still, the server's did not.
        clock.put(HOUR);
        assert!(check.now(0).is_err());
        check.compare_with(START + HOUR);
        assert!(check.now(0).is_ok());
    }
}
