//! Relations between agreements and acts: from when they hold, until when, and whether they do on a
//! day.

use api::registan::agreements::v1::lineage_edge::State;
use api::registan::r#type::v1 as wire;
use facts::wire::checked_date;
use facts::{Check, Day, ErrorReason};

use super::status::{self, Status};

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

/// Returns whether a relation holds on a day, of one with this status on it: where nothing is
/// recorded of when the relation began, it began with the one that refers to the other.
pub fn of(
    from: &Status,
    since: Option<&wire::PartialDate>,
    until: Option<&wire::PartialDate>,
) -> State {
    let state = on(since, until, from.as_of);
    let begun = checked_date(since).is_some_and(|since| since.earliest() != Day::FIRST);
    if begun || state == State::Ended {
        return state;
    }
    let not_started = status::State::NotStarted;
    match (from.state, from.range) {
        (at, _) if at == not_started => State::NotYet,
        (_, Some((at_least, _))) if at_least == not_started => State::Undetermined,
        _ => state,
    }
}

/// Returns whether a relation holds on a day by its own dates. Without dates it does on every day.
fn on(since: Option<&wire::PartialDate>, until: Option<&wire::PartialDate>, as_of: Day) -> State {
    let (since, until) = (checked_date(since), checked_date(until));
    if since.as_ref().is_some_and(|since| as_of < since.earliest()) {
        return State::NotYet;
    }
    if until.as_ref().is_some_and(|until| until.latest() <= as_of) {
        return State::Ended;
    }
    let is_open = since.is_some_and(|since| as_of < since.latest())
        || until.is_some_and(|until| until.earliest() <= as_of);
    if is_open { State::Undetermined } else { State::Holds }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::milestone::{Milestone, MilestoneKind};

    fn date(year: i32, month: i32, day: i32) -> wire::PartialDate {
        let date = Some(wire::Date { year, month, day });
        wire::PartialDate { date, ..wire::PartialDate::default() }
    }

    #[test]
    fn a_relation_holds_from_the_day_it_begins_until_the_day_it_ends() {
        let (exact, year) = (date(1999, 7, 1), date(2010, 0, 0));
        for (day, since, until, state) in [
            (19_990_630, Some(&exact), None, State::NotYet),
            (19_990_701, Some(&exact), None, State::Holds),
            (19_990_630, None, Some(&exact), State::Holds),
            (19_990_701, None, Some(&exact), State::Ended),
            (20_091_231, Some(&year), None, State::NotYet),
            (20_100_601, Some(&year), None, State::Undetermined),
            (20_100_601, Some(&exact), Some(&year), State::Undetermined),
            (20_101_231, Some(&exact), Some(&year), State::Ended),
            (20_240_101, None, None, State::Holds),
        ] {
            assert_eq!(on(since, until, Day(day)), state, "{day} {since:?} {until:?}");
        }
    }

    /// The status on a day of one with a milestone in a year.
    fn status(kind: MilestoneKind, year: i32, as_of: i32) -> Status {
        let date = facts::PartialDate::new(year, 0, 0).unwrap();
        status::on(&[Milestone::new(kind, date)], "", Day(as_of))
    }

    #[test]
    fn a_relation_without_a_begin_begins_with_the_one_that_refers() {
        use MilestoneKind::{Adopted, Signed};
        let by = wire::PartialDate {
            qualifier: wire::partial_date::Qualifier::Until.into(),
            ..date(2016, 0, 0)
        };
        let (ended, early) = (date(2010, 1, 1), date(2001, 1, 1));
        for (kind, day, since, until, state) in [
            (Signed, 20_141_231, None, None, State::NotYet),
            (Signed, 20_150_601, None, None, State::Undetermined),
            (Signed, 20_160_101, None, None, State::Holds),
            (Adopted, 20_141_231, None, None, State::NotYet),
            // It says itself from when it holds.
            (Signed, 20_141_231, Some(&early), None, State::Holds),
            (Signed, 20_141_231, Some(&by), None, State::NotYet),
            (Signed, 20_160_101, Some(&by), None, State::Undetermined),
            (Signed, 20_141_231, None, Some(&ended), State::Ended),
        ] {
            let found = of(&status(kind, 2015, day), since, until);
            assert_eq!(found, state, "{kind:?} {day} {since:?} {until:?}");
        }
        let unknown = status::on(&[], "", Day(20_240_101));
        assert_eq!(of(&unknown, None, None), State::Holds);
    }
}
