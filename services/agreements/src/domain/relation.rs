//! Relations between agreements and acts: from when they hold, until when, and whether they do on a day.

use api::registan::r#type::v1 as wire;
use facts::wire::checked_date;
use facts::{Check, ErrorReason};

/// Checks that a relation does not end before it begins.
pub fn check(
    check: &mut Check,
    place: usize,
    (since, until): (Option<&wire::PartialDate>, Option<&wire::PartialDate>),
) {
    ends_after(check, (since, "since"), (until, &format!("relations[{place}].until")));
}

/// Checks that what ends does not end before it begins: `ended` is the field to name.
pub fn ends_after(
    check: &mut Check,
    (began, beginning): (Option<&wire::PartialDate>, &str),
    (ended, field): (Option<&wire::PartialDate>, &str),
) {
    let dates = checked_date(began).zip(checked_date(ended));
    if dates.is_some_and(|(began, ended)| ended.latest() < began.earliest()) {
        let description = format!("lies before `{beginning}`");
        check.violation(field, ErrorReason::OrderInvalid, description);
    }
}
