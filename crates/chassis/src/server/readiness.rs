//! Which services of this process serve, and why one does not.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use instruments::table::SERVING;

/// The state of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Opening,
    Serving,
    Away,
    Draining,
}

impl State {
    /// Of an open service, whose database is there or away.
    pub const fn of(is_there: bool) -> Self {
        if is_there { Self::Serving } else { Self::Away }
    }

    /// The words for an operator.
    const fn words(self) -> &'static str {
        match self {
            Self::Opening => "not ready: it waits for its database",
            Self::Serving => "ok",
            Self::Away => "not ready: its database is away",
            Self::Draining => "not ready: it drains, after a stop signal",
        }
    }
}

/// Of the process: one suite in one process has one admin port.
static STATES: Mutex<BTreeMap<&'static str, State>> = Mutex::new(BTreeMap::new());

/// Notes the state of a service.
pub(super) fn set(service: &'static str, state: State) {
    STATES.lock().unwrap_or_else(PoisonError::into_inner).insert(service, state);
    SERVING.with(&[service]).set(f64::from(u8::from(state == State::Serving)));
}

/// Returns whether all serve, and a line for each.
pub(super) fn told() -> (bool, String) {
    let states = STATES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lines = String::new();
    for (service, state) in &*states {
        // A string takes all that is written.
        let _ = writeln!(lines, "{service}: {}", state.words());
    }
    (states.values().all(|state| *state == State::Serving), lines)
}
