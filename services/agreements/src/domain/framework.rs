//! A strategy, roadmap, initiative or scheme, and what it is for.

use std::collections::HashSet;

use api::registan::agreements::v1 as wire;
use facts::{Check, ErrorReason};
use standard::{Rules, Value};

/// A framework.
pub type Framework = Value<wire::Framework, OfPriorities>;

/// A priority comes after the one it is part of, so there is no circle.
pub enum OfPriorities {}

impl Rules<wire::Framework> for OfPriorities {
    fn check(framework: &mut wire::Framework, check: &mut Check) {
        let mut before = HashSet::new();
        for (place, priority) in framework.priorities.iter().enumerate() {
            let parent = priority.parent_id.as_str();
            if !parent.is_empty() && !before.contains(parent) {
                check.violation(
                    &format!("priorities[{place}].parent_id"),
                    ErrorReason::ParentMissing,
                    format!("its parent `{parent}` does not come before it"),
                );
            }
            before.insert(priority.priority_id.as_str());
        }
    }
}
