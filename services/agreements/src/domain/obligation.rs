//! A duty, and what was done about it.

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Check, ErrorReason, PartialDate};
use standard::{Rules, Value};

use super::due;

/// A duty.
pub type Obligation = Value<wire::Obligation, OfDueDays>;

/// Due days follow from a date, a period or the meetings of a body, and each fulfilment answers
/// one.
pub enum OfDueDays {}

impl Rules<wire::Obligation> for OfDueDays {
    fn check(obligation: &mut wire::Obligation, check: &mut Check) {
        if check.is_sound("due") && check.is_sound("until") && check.is_sound("every_months") {
            check_days(obligation, check);
        }
        for (place, fulfilment) in obligation.fulfilments.iter().enumerate() {
            let at = format!("fulfilments[{place}]");
            check.within(&at, |check| check_fulfilment(obligation, fulfilment, check));
        }
    }
}

fn check_days(obligation: &wire::Obligation, check: &mut Check) {
    let recurs = obligation.every_months > 0;
    let due = checked_date(obligation.due.as_ref());
    let until = checked_date(obligation.until.as_ref());
    if recurs && due.is_none() {
        let description = "must be given where `every_months` is: it is the first due day";
        check.violation("due", ErrorReason::Required, description);
    }
    if recurs && due.as_ref().is_some_and(is_open) {
        let description = "must have no qualifier FROM or UNTIL where the duty recurs";
        check.violation("due", ErrorReason::DateInvalid, description);
    }
    if due.is_some() && !obligation.before_meetings_of.is_empty() {
        let description = "must be empty where the due days are those of meetings";
        check.violation("due", ErrorReason::DateInvalid, description);
    }
    if until.is_some() && !recurs {
        let description = "must be empty where `every_months` is 0";
        check.violation("until", ErrorReason::DateInvalid, description);
    }
    if due.zip(until).is_some_and(|(due, until)| until.earliest() < due.latest()) {
        check.violation("until", ErrorReason::OrderInvalid, "lies before `due`");
    }
}

fn is_open(date: &PartialDate) -> bool {
    use facts::Qualifier::{From, Until};
    matches!(date.qualifier, Some(From | Until))
}

fn check_fulfilment(
    obligation: &wire::Obligation,
    fulfilment: &wire::Fulfilment,
    check: &mut Check,
) {
    if checked_date(fulfilment.done.as_ref()).is_some_and(|done| check.is_future(&done)) {
        check.violation("done", ErrorReason::InTheFuture, "lies in the future");
    }
    let answered = checked_date(fulfilment.due.as_ref());
    let of_meetings = !obligation.before_meetings_of.is_empty();
    match answered {
        None if obligation.every_months > 0 || of_meetings => {
            let description = "must be given: the duty has many due days";
            check.violation("due", ErrorReason::Required, description);
        }
        Some(_) if obligation.every_months == 0 && !of_meetings => {
            let description = "must be empty: the duty has one due day";
            check.violation("due", ErrorReason::DateInvalid, description);
        }
        Some(answered)
            if !of_meetings
                && !due::due_days(obligation, &[]).any(|one| one.date.overlaps(&answered)) =>
        {
            let description = format!("none of the due days can be {answered}");
            check.violation("due", ErrorReason::DateInvalid, description);
        }
        _ => {}
    }
}
