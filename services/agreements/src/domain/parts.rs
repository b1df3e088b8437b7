//! The parts of an agreement that were suspended, on a day.

use facts::Day;

use super::liftings::{Lifting, Liftings};
use super::milestone::{Milestone, MilestoneKind};
use super::moves::span;

/// A part that was suspended by a day.
pub struct Part<'a> {
    /// The suspension.
    pub suspended: &'a Milestone,
    /// The lifting that ended it, or may have, also later.
    pub lifted: Option<&'a Milestone>,
    /// True: it is suspended on that day, unless that is in doubt.
    pub is_open: bool,
    /// Why that is in doubt; empty where it is certain.
    pub doubt: String,
}

/// The parts that were suspended by a day, in the order of the record.
pub fn parts<'a>(
    followed: &[&'a Milestone],
    liftings: &Liftings<'a>,
    day: &OnDay<'a>,
) -> Vec<Part<'a>> {
    let begun = |one: &&&'a Milestone| one.suspends_a_part() && one.date.earliest() <= day.as_of;
    let begun = followed.iter().filter(begun);
    begun.map(|suspended| part(suspended, liftings.of(suspended), day)).collect()
}

/// A day, and what is known of the agreement as a whole by then.
pub struct OnDay<'a> {
    /// The day.
    pub as_of: Day,
    /// The lifting by which it returned to where it stood before it was suspended as a whole.
    pub returned: Option<&'a Milestone>,
}

/// Where a part that was suspended stands on a day.
pub fn part<'a>(
    suspended: &'a Milestone,
    lifting: Option<Lifting<'a>>,
    day: &OnDay<'a>,
) -> Part<'a> {
    let as_of = day.as_of;
    let over = lifting.as_ref().map_or(Day::LAST, |one| one.latest);
    let sure = suspended.date.latest().min(over);
    let lift = lifting.as_ref().map_or(Day::LAST, |one| one.earliest).max(sure);
    let open = lifting.as_ref().map_or("", |one| &one.open);
    let is_open = as_of < over || !open.is_empty();
    let is_shared = || {
        let of_whole = |by: &Milestone| by.date.latest() > suspended.date.earliest();
        lifting.as_ref().is_some_and(|one| one.is_shared) && day.returned.is_some_and(of_whole)
    };
    let doubt = if is_open && as_of < sure {
        span(suspended.kind, suspended.date.earliest(), sure)
    } else if is_open && lift <= as_of && open.is_empty() {
        span(MilestoneKind::SuspensionLifted, lift, over)
    } else if is_open && lift <= as_of {
        format!("SUSPENSION_LIFTED does not say of which: {open}")
    } else if !is_open && is_shared() {
        "SUSPENSION_LIFTED may be of the whole or of a part".to_owned()
    } else {
        String::new()
    };
    Part { suspended, lifted: lifting.map(|one| one.milestone), is_open, doubt }
}
