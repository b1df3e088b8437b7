//! The due days of a duty: one, every so many months, or before each meeting of a body.

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Day, End, PartialDate, Qualifier};

/// The most due days of a duty that recurs.
const MAX_DUE_DAYS: i32 = 1000;

/// A day on which a duty falls due, as exactly as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct DueDay {
    /// Its number among those of the duty, from 1.
    pub number: i32,
    /// The day.
    pub date: PartialDate,
    /// True if the duty certainly recurs until then.
    pub certain: bool,
    /// The meeting before which it is due; empty where none decides.
    pub meeting: String,
    /// Of a meeting that is planned, the first day after which it is not known whether it was held.
    pub planned: Option<Day>,
}

impl DueDay {
    /// Returns a due day of the calendar.
    pub const fn new(number: i32, date: PartialDate) -> Self {
        Self { number, date, certain: true, meeting: String::new(), planned: None }
    }
}

/// A meeting before which something may be due.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// `meetings/{meeting}`.
    pub name: String,
    /// The day it was held, or is planned for.
    pub date: PartialDate,
    /// True until somebody says that it was held.
    pub is_planned: bool,
}

impl Meeting {
    /// Returns the meeting in a message; nothing of one that was put off or called off.
    pub fn of(message: &wire::Meeting) -> Option<Self> {
        use wire::meeting::State::{Held, Planned};
        let counts = matches!(message.state(), Held | Planned);
        let date = checked_date(message.date.as_ref()).filter(|_| counts)?;
        let is_planned = message.state() == Planned;
        Some(Self { name: message.name.clone(), date, is_planned })
    }
}

/// Returns the due days of a duty, in their order. `meetings` are those of the body before whose
/// meetings it is due, in the order of their days. A duty whose due day is not known has none.
pub fn due_days<'a>(
    obligation: &'a wire::Obligation,
    meetings: &'a [Meeting],
) -> impl Iterator<Item = DueDay> + 'a {
    (1..).map_while(move |number| due_day(obligation, meetings, number))
}

/// Returns the due day of a duty with a number from 1.
pub fn due_day(obligation: &wire::Obligation, meetings: &[Meeting], number: i32) -> Option<DueDay> {
    match checked_date(obligation.due.as_ref()) {
        Some(first) => by_calendar(obligation, &first, number),
        None => before_meeting(obligation, meetings, number),
    }
}

fn by_calendar(obligation: &wire::Obligation, first: &PartialDate, number: i32) -> Option<DueDay> {
    let months = obligation.every_months;
    let most = if months > 0 { MAX_DUE_DAYS } else { 1 };
    let place = (number <= most).then_some(number - 1)?;
    let date = shifted(first, months.checked_mul(place)?)?;
    let until = checked_date(obligation.until.as_ref()).filter(|_| place > 0);
    if until.as_ref().is_some_and(|until| until.latest() < date.earliest()) {
        return None;
    }
    let certain = until.is_none_or(|until| date.latest() <= until.earliest());
    Some(DueDay { certain, ..DueDay::new(number, date) })
}

fn before_meeting(
    obligation: &wire::Obligation,
    meetings: &[Meeting],
    number: i32,
) -> Option<DueDay> {
    let meeting = meetings.get(usize::try_from(number - 1).ok()?)?;
    // The calendar begins with the year 1.
    let date = days_before(&meeting.date, obligation.days_before);
    let date = date.unwrap_or_else(|| meeting.date.clone());
    let planned = meeting.is_planned.then(|| meeting.date.earliest());
    let meeting = meeting.name.clone();
    Some(DueDay { meeting, planned, ..DueDay::new(number, date) })
}

/// Returns the number of a due day before which none can be on a day or after it, without looking
/// at those before.
pub fn first_number(obligation: &wire::Obligation, day: Day) -> i32 {
    let months = obligation.every_months;
    let Some(first) = checked_date(obligation.due.as_ref()).filter(|_| months > 0) else {
        return 1;
    };
    let last = first.latest();
    let between = (day.year() - last.year()) * 12 + day.month() - last.month();
    // The day of the month may decide, and an inexact date lasts longer than a month.
    (between / months).clamp(0, MAX_DUE_DAYS - 1).max(1)
}

/// The date so many months later, as exactly as it was.
fn shifted(date: &PartialDate, months: i32) -> Option<PartialDate> {
    if months == 0 {
        return Some(date.clone());
    }
    let first = End { year: date.year, month: date.month, day: date.day };
    let last = date.end.unwrap_or(first);
    let (from, to) = (later(first, months, 1)?, later(last, months, 12)?);
    let shifted = PartialDate::new(from.year, from.month, from.day)?;
    if from == to {
        return Some(PartialDate { qualifier: date.qualifier, ..shifted });
    }
    match date.qualifier {
        None => shifted.until(to.year, to.month, to.day),
        Some(_) => moved(date, |day| day.after_months(months)),
    }
}

/// The date between the first and the last day that a date can be, each moved; an open end stays
/// open.
fn moved(date: &PartialDate, by: impl Fn(Day) -> Option<Day>) -> Option<PartialDate> {
    let of = |day: Day| by(day).and_then(|it| PartialDate::new(it.year(), it.month(), it.day()));
    let qualified = |qualifier, date| PartialDate { qualifier: Some(qualifier), ..date };
    match (date.earliest(), date.latest()) {
        (Day::FIRST, last) => Some(qualified(Qualifier::Until, of(last)?)),
        (first, Day::LAST) => Some(qualified(Qualifier::From, of(first)?)),
        (first, last) => {
            let last = of(last)?;
            of(first)?.until(last.year, last.month, last.day)
        }
    }
}

/// An end of a date so many months later. Of a year that is not shifted by whole years it is that
/// of `month`.
fn later(end: End, months: i32, month: i32) -> Option<End> {
    if end.day > 0 {
        let day = Day::new(end.year, end.month, end.day)?.after_months(months)?;
        return Some(End { year: day.year(), month: day.month(), day: day.day() });
    }
    if end.month == 0 && months % 12 == 0 {
        return Some(End { year: end.year + months / 12, ..end });
    }
    let month = if end.month == 0 { month } else { end.month };
    let all = end.year * 12 + month - 1 + months;
    Some(End { year: all / 12, month: all % 12 + 1, day: 0 })
}

/// The day so many days before a date, or the days that it can be.
fn days_before(date: &PartialDate, days: i32) -> Option<PartialDate> {
    if days == 0 {
        return Some(date.clone());
    }
    if date.day > 0 && date.end.is_none() {
        let day = date.first().days_before(days)?;
        let day = PartialDate::new(day.year(), day.month(), day.day())?;
        return Some(PartialDate { qualifier: date.qualifier, ..day });
    }
    moved(date, |day| day.days_before(days))
}

#[cfg(test)]
mod tests {
    use api::registan::r#type::v1 as types;
    use facts::Qualifier;

    use super::*;

    fn date(year: i32, month: i32, day: i32) -> PartialDate {
        PartialDate::new(year, month, day).unwrap()
    }

    fn obligation(
        due: PartialDate,
        every_months: i32,
        until: Option<PartialDate>,
    ) -> wire::Obligation {
        let due = Some(types::PartialDate::from(due));
        let until = until.map(types::PartialDate::from);
        wire::Obligation { due, every_months, until, ..wire::Obligation::default() }
    }

    fn texts(obligation: &wire::Obligation, meetings: &[Meeting]) -> Vec<String> {
        let mark = |one: DueDay| format!("{}{}", one.date, if one.certain { "" } else { "?" });
        due_days(obligation, meetings).take(4).map(mark).collect()
    }

    #[test]
    fn due_days_are_as_exact_as_the_first() {
        let cases = [
            (date(2024, 1, 31), 1, None, "2024-01-31 2024-02-29 2024-03-31 2024-04-30"),
            (date(2023, 2, 0), 12, None, "2023-02 2024-02 2025-02 2026-02"),
            (date(1999, 0, 0), 48, None, "1999 2003 2007 2011"),
            (date(1999, 0, 0), 18, None, "1999 2000-07/2001-06 2002 2003-07/2004-06"),
            (date(2024, 5, 1), 0, None, "2024-05-01"),
            (date(2024, 5, 1), 12, Some(date(2026, 0, 0)), "2024-05-01 2025-05-01 2026-05-01?"),
        ];
        for (due, months, until, wanted) in cases {
            let found = texts(&obligation(due, months, until), &[]);
            assert_eq!(found.join(" "), wanted);
        }
        let ever = obligation(date(2024, 1, 1), 1, None);
        assert_eq!(due_days(&ever, &[]).count(), 1000);
        let late = obligation(date(9990, 0, 0), 48, None);
        assert_eq!(due_days(&late, &[]).count(), 3, "the calendar ends in 9999");
    }

    #[test]
    fn what_is_due_before_meetings_follows_them() {
        let meeting = |date| {
            let name = "meetings/one".to_owned();
            Meeting { name, date, is_planned: false }
        };
        let two_days = date(2024, 3, 1).until(2024, 3, 2).unwrap();
        let meetings = [meeting(date(2023, 0, 0)), meeting(two_days), meeting(date(2025, 3, 1))];
        let before = |days_before| wire::Obligation { days_before, ..wire::Obligation::default() };

        let wanted = ["2023", "2024-03-01/2024-03-02", "2025-03-01"];
        assert_eq!(texts(&before(0), &meetings), wanted);
        let wanted = ["2022-12-31/2023-12-30", "2024-02-29/2024-03-01", "2025-02-28"];
        assert_eq!(texts(&before(1), &meetings), wanted);
    }

    fn qualified(qualifier: Qualifier, date: PartialDate) -> PartialDate {
        PartialDate { qualifier: Some(qualifier), ..date }
    }

    #[test]
    fn what_is_open_or_about_then_stays_so() {
        use Qualifier::{Circa, From, Until};
        for (due, months, wanted) in [
            (qualified(Circa, date(2010, 0, 0)), 18, "about 2010 2010-06-30/2013-07-01 about 2013"),
            (qualified(Circa, date(2010, 0, 0)), 12, "about 2010 about 2011 about 2012"),
            (
                qualified(From, date(2010, 0, 0)),
                18,
                "2010 or later 2011-07-01 or later 2013 or later",
            ),
            (qualified(Until, date(2010, 0, 0)), 18, "by 2010 by 2012-06-30 by 2013"),
            (qualified(Until, date(2010, 5, 0)), 18, "by 2010-05 by 2011-11 by 2013-05"),
        ] {
            let all = texts(&obligation(due, months, None), &[]);
            assert_eq!(all[..3].join(" "), wanted);
        }
    }

    #[test]
    fn what_is_due_before_an_inexact_meeting_can_be_due_as_early_and_as_late() {
        use Qualifier::{Circa, From, Until};
        for (on, wanted) in [
            (qualified(Circa, date(2027, 6, 0)), "2027-04-17/2027-07-17"),
            (qualified(Circa, date(2027, 6, 20)), "about 2027-06-06"),
            (qualified(From, date(2027, 3, 0)), "2027-02-15 or later"),
            (qualified(From, date(2027, 3, 1)), "2027-02-15 or later"),
            (qualified(Until, date(2027, 3, 0)), "by 2027-03-17"),
            (qualified(Until, date(2027, 3, 31)), "by 2027-03-17"),
        ] {
            let name = "meetings/one".to_owned();
            let meeting = Meeting { name, date: on, is_planned: true };
            let before = wire::Obligation { days_before: 14, ..wire::Obligation::default() };
            assert_eq!(texts(&before, &[meeting]), [wanted]);
        }
    }

    #[test]
    fn what_is_not_looked_at_has_no_due_day_on_the_day_or_later() {
        for (due, months) in [
            (date(2024, 1, 31), 1),
            (date(1999, 0, 0), 18),
            (date(2001, 5, 1).until(2002, 4, 3).unwrap(), 24),
            (qualified(Qualifier::Circa, date(1999, 0, 0)), 18),
            (qualified(Qualifier::From, date(1999, 0, 0)), 18),
            (date(2024, 5, 1), 0),
        ] {
            let duty = obligation(due, months, None);
            for day in [19_980_101, 20_000_229, 20_240_131, 20_240_201, 20_310_630, 99_991_231] {
                let number = first_number(&duty, Day(day));
                let before = due_days(&duty, &[]).take_while(|one| one.number < number);
                let is_late = |one: &DueDay| one.date.latest() >= Day(day);
                assert!(!before.into_iter().any(|one| is_late(&one)), "{day} of {months}");
            }
        }
        let monthly = obligation(date(2024, 1, 31), 1, None);
        assert_eq!(first_number(&monthly, Day(20_340_115)), 120, "those before are left out");
    }
}
