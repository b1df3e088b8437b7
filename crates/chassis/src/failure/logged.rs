//! Failures that the log tells of: the caller is told no cause of them.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tonic::Code;

use super::{Failure, chain};

/// An outage fails thousands of calls alike: one line in this time tells of it.
const EVERY: Duration = Duration::from_secs(1);

/// By reason, and by the service that is not available: that of one must not hide the cause of
/// another.
static UNAVAILABLE: Mutex<BTreeMap<(&str, String), Sampled>> = Mutex::new(BTreeMap::new());

/// The lines of one kind.
#[derive(Default)]
struct Sampled {
    last: Option<Instant>,
    left_out: u64,
}

impl Sampled {
    /// How many were left out before this one, if it is to be told.
    fn take(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now < last + EVERY) {
            self.left_out += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.left_out))
    }
}

/// Logs a fault of ours, each, and what was not available, of several in a second the first.
pub(super) fn log(failure: &Failure) {
    let reason = failure.reason.as_str_name();
    let causes = || failure.source().map_or_else(|| failure.message.clone(), chain);
    match failure.code {
        Code::Internal => tracing::error!(error = causes(), reason, "request failed"),
        Code::Unavailable => {
            let of = failure.metadata.iter().find(|(key, _)| *key == "service");
            let service = of.map_or("", |(_, service)| service);
            let mut all = UNAVAILABLE.lock().unwrap_or_else(PoisonError::into_inner);
            let lines = all.entry((reason, service.to_owned())).or_default();
            let Some(left_out) = lines.take(Instant::now()) else { return };
            drop(all);
            tracing::warn!(error = causes(), reason, service, left_out, "not available");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_says_how_many_it_stands_for() {
        let mut lines = Sampled::default();
        let start = Instant::now();

        let told = [0, 10, 999, 1_000, 1_001, 3_000]
            .map(|millis| lines.take(start + Duration::from_millis(millis)));

        assert_eq!(told, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
