//! Lists of names in which each is there once.

use std::collections::HashSet;

use facts::{Check, ErrorReason};

/// Reports the names that a list has a second time.
pub(super) fn once(list: &str, names: &[String], check: &mut Check) {
    let mut seen = HashSet::new();
    for (place, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if !seen.insert(name) {
            let description = format!("`{name}` is there twice");
            check.violation(&format!("{list}[{place}]"), ErrorReason::DuplicateId, description);
        }
    }
}
