//! A strategy, roadmap, initiative or scheme, what it is for and who benefits from it.

use std::collections::HashSet;

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Check, ErrorReason};
use standard::{Rules, Value};

/// A framework.
pub type Framework = Value<wire::Framework, OfPriorities>;

/// A priority comes after the one it is part of, so there is no circle; no benefit ends before it
/// begins.
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
        for (place, one) in framework.beneficiaries.iter().enumerate() {
            let (since, until) =
                (checked_date(one.since.as_ref()), checked_date(one.until.as_ref()));
            if since.zip(until).is_some_and(|(since, until)| until.latest() < since.earliest()) {
                let field = format!("beneficiaries[{place}].until");
                check.violation(&field, ErrorReason::OrderInvalid, "lies before `since`");
            }
        }
    }
}
