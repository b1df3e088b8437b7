//! Look-ups that are made when somebody reads, and cost nothing before.

use std::sync::{Mutex, PoisonError};

use crate::family::Exported;
use crate::table::ALL;

/// Looks something up, and says whether it is still there to be looked up.
type Look = Box<dyn Fn() -> bool + Send + Sync>;

static LOOKS: Mutex<Vec<Look>> = Mutex::new(Vec::new());

/// Calls `look` before each reading of all metrics, until it returns false. It must not wait, and
/// should keep nothing alive.
pub fn on_read(look: impl Fn() -> bool + Send + Sync + 'static) {
    LOOKS.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(look));
}

/// Returns every metric, to be read now: what is looked up has been.
pub fn read() -> &'static [&'static dyn Exported] {
    LOOKS.lock().unwrap_or_else(PoisonError::into_inner).retain(|look| look());
    ALL
}
