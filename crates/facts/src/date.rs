//! Dates as exactly as their source gives them.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Span, civil};
use serde::{Deserialize, Serialize};

use crate::vocabulary;

/// A day as the number `yyyymmdd`: ordered as days are, the same in SQL and in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Day(pub i32);

impl Day {
    /// The first and the last day there are: open ends.
    pub const FIRST: Self = Self(0);
    /// See [`Day::FIRST`].
    pub const LAST: Self = Self(99_991_231);

    /// A day of the calendar, or nothing: 30 February is none.
    pub fn new(year: i32, month: i32, day: i32) -> Option<Self> {
        let (year16, month8, day8) =
            (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let valid = year >= 1 && civil::Date::new(year16, month8, day8).is_ok();
        valid.then_some(Self(year * 10_000 + month * 100 + day))
    }

    /// The day (UTC) of an instant in microseconds since 1970, or nothing beyond the year 9999.
    pub fn at(micros: i64) -> Option<Self> {
        let instant = jiff::Timestamp::from_microsecond(micros).ok()?;
        Some(TimeZone::UTC.to_datetime(instant).date().into())
    }

    /// The day of an instant where it is latest on earth (UTC+14): what lies after it is in the
    /// future for everybody.
    pub fn latest_at(micros: i64) -> Option<Self> {
        Self::at(micros.checked_add(14 * 3_600 * 1_000_000)?)
    }

    /// The day after it; of the last there is, itself.
    #[must_use]
    pub fn next(self) -> Self {
        let (year, month) = (self.year(), self.month());
        let within = Self::new(year, month, self.day() + 1);
        within
            .or_else(|| Self::new(year, month + 1, 1))
            .or_else(|| Self::new(year + 1, 1, 1))
            .unwrap_or(self)
    }

    /// The day so many months after it, or the last of that month where that has no such day.
    /// Nothing beyond the year 9999, or of an open end.
    pub fn after_months(self, months: i32) -> Option<Self> {
        self.shifted(Span::new().try_months(months).ok()?)
    }

    /// The day so many days before it; nothing before the year 1, or of an open end.
    pub fn days_before(self, days: i32) -> Option<Self> {
        self.shifted(Span::new().try_days(days.checked_neg()?).ok()?)
    }

    fn shifted(self, by: Span) -> Option<Self> {
        let (year, month, day) = (self.year(), self.month(), self.day());
        let (year, month, day) =
            (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let shifted = civil::Date::new(year, month, day).ok()?.checked_add(by).ok()?;
        (shifted.year() >= 1).then(|| shifted.into())
    }

    /// Its year.
    pub const fn year(self) -> i32 {
        self.0 / 10_000
    }

    /// Its month, 1 to 12.
    pub const fn month(self) -> i32 {
        self.0 / 100 % 100
    }

    /// Its day of the month, 1 to 31.
    pub const fn day(self) -> i32 {
        self.0 % 100
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl From<civil::Date> for Day {
    fn from(date: civil::Date) -> Self {
        Self(
            i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day()),
        )
    }
}

vocabulary! {
    /// A qualifier of a date.
    Qualifier {
        /// About then.
        Circa = 1 "CIRCA",
        /// Then or later.
        From = 2 "FROM",
        /// Then or earlier.
        Until = 3 "UNTIL",
    }
}

/// A year, a month or a day, as exactly as the source gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialDate {
    /// 1 to 9999.
    pub year: i32,
    /// 1 to 12; 0 where only the year is known.
    #[serde(default)]
    pub month: i32,
    /// 1 to 31; 0 where the day is not known.
    #[serde(default)]
    pub day: i32,
    /// Its qualifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    /// How the source writes it, where that says more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub as_given: String,
    /// The other end, where the source gives two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// The later end of an interval, as exactly as its source gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// 1 to 9999.
    pub year: i32,
    /// 1 to 12; 0 where only the year is known.
    #[serde(default)]
    pub month: i32,
    /// 1 to 31; 0 where the day is not known.
    #[serde(default)]
    pub day: i32,
}

impl PartialDate {
    /// A date of these parts, or nothing: a day needs its month, and all must be in the calendar.
    pub fn new(year: i32, month: i32, day: i32) -> Option<Self> {
        let complete = match (month, day) {
            (0, 0) => Day::new(year, 1, 1),
            (_, 0) => Day::new(year, month, 1),
            _ => Day::new(year, month, day),
        };
        complete.map(|_| Self {
            year,
            month,
            day,
            qualifier: None,
            as_given: String::new(),
            end: None,
        })
    }

    /// The first day it can be. What is about a year can be a year earlier, what is about a month
    /// or a day a month.
    pub fn earliest(&self) -> Day {
        match self.qualifier {
            Some(Qualifier::Until) => Day::FIRST,
            Some(Qualifier::Circa) => self.first().days_before(self.about()).unwrap_or(Day::FIRST),
            _ => self.first(),
        }
    }

    /// The last day it can be. What is about a year can be a year later, what is about a month or a
    /// day a month.
    pub fn latest(&self) -> Day {
        match self.qualifier {
            Some(Qualifier::From) => Day::LAST,
            Some(Qualifier::Circa) => self.last().days_before(-self.about()).unwrap_or(Day::LAST),
            _ => self.last(),
        }
    }

    /// How many days a date that is about then can be off.
    const fn about(&self) -> i32 {
        if self.month == 0 { 366 } else { 31 }
    }

    /// The first day of what is given: for sorting.
    pub fn first(&self) -> Day {
        Day(self.year * 10_000 + self.month.max(1) * 100 + self.day.max(1))
    }

    /// Returns whether both can be the same day.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.earliest() <= other.latest() && other.earliest() <= self.latest()
    }

    /// It and the other end of its interval, or nothing where that is no date of the calendar or
    /// lies before it.
    pub fn until(self, year: i32, month: i32, day: i32) -> Option<Self> {
        let end = Self::new(year, month, day).map(|_| End { year, month, day })?;
        let sound = self.qualifier.is_none() && self.first() <= last_of(end);
        sound.then_some(Self { end: Some(end), ..self })
    }

    /// On its first day or later, without an end.
    #[must_use]
    pub fn opened(self) -> Self {
        let first = self.earliest();
        let (year, month, day) = (first.year(), first.month(), first.day());
        Self { year, month, day, qualifier: Some(Qualifier::From), end: None, ..self }
    }

    fn last(&self) -> Day {
        last_of(self.end.unwrap_or(End { year: self.year, month: self.month, day: self.day }))
    }
}

/// The parts that are known of it, and no others: `1998-01`, `by 2026-03`, `2006/2026-03`.
impl fmt::Display for PartialDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = End { year: self.year, month: self.month, day: self.day };
        match (self.qualifier, self.end) {
            (Some(Qualifier::Circa), _) => write!(out, "about {first}"),
            (Some(Qualifier::From), _) => write!(out, "{first} or later"),
            (Some(Qualifier::Until), _) => write!(out, "by {first}"),
            (_, Some(end)) => write!(out, "{first}/{end}"),
            _ => write!(out, "{first}"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.month, self.day) {
            (0, _) => write!(out, "{:04}", self.year),
            (month, 0) => write!(out, "{:04}-{month:02}", self.year),
            (month, day) => write!(out, "{:04}-{month:02}-{day:02}", self.year),
        }
    }
}

fn last_of(end: End) -> Day {
    let month = if end.month == 0 { 12 } else { end.month };
    let day = if end.day == 0 { days_in(end.year, month) } else { end.day };
    Day(end.year * 10_000 + month * 100 + day)
}

/// The number to sort and filter a date by: its first day, 0 where there is none.
pub fn sort_day(date: Option<&PartialDate>) -> i64 {
    date.map_or(0, |date| i64::from(date.first().0))
}

fn days_in(year: i32, month: i32) -> i32 {
    (28..=31).rev().find(|day| Day::new(year, month, *day).is_some()).unwrap_or(28)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_date_spans_the_days_it_can_be() {
        let month = PartialDate::new(2024, 2, 0).unwrap();
        let year = PartialDate::new(2023, 0, 0).unwrap();
        let until = PartialDate { qualifier: Some(Qualifier::Until), ..month.clone() };
        let from = PartialDate { qualifier: Some(Qualifier::From), ..month.clone() };

        assert_eq!((month.earliest(), month.latest()), (Day(20_240_201), Day(20_240_229)));
        assert_eq!((year.earliest(), year.latest()), (Day(20_230_101), Day(20_231_231)));
        assert_eq!((until.earliest(), until.latest()), (Day::FIRST, Day(20_240_229)));
        assert_eq!((from.earliest(), from.latest()), (Day(20_240_201), Day::LAST));
    }

    #[test]
    fn an_interval_has_two_ends() {
        let june = PartialDate::new(2022, 6, 0).unwrap();

        let either = june.clone().until(2022, 7, 0).unwrap();

        assert_eq!((either.earliest(), either.latest()), (Day(20_220_601), Day(20_220_731)));
        assert_eq!(june.clone().until(2022, 5, 31), None);
        assert_eq!(june.until(2022, 13, 0), None);
    }

    #[test]
    fn a_partial_date_is_written_without_invented_parts() {
        let date = |year, month, day| PartialDate::new(year, month, day).unwrap();
        let by = PartialDate { qualifier: Some(Qualifier::Until), ..date(2026, 3, 0) };

        assert_eq!(date(1998, 0, 0).to_string(), "1998");
        assert_eq!(date(1998, 1, 0).to_string(), "1998-01");
        assert_eq!(date(1998, 1, 2).to_string(), "1998-01-02");
        assert_eq!(by.to_string(), "by 2026-03");
        assert_eq!(date(2006, 0, 0).until(2026, 3, 0).unwrap().to_string(), "2006/2026-03");
    }

    #[test]
    fn dates_overlap_where_both_can_be_one_day() {
        let date = |year, month, day| PartialDate::new(year, month, day).unwrap();

        assert!(date(1998, 0, 0).overlaps(&date(1998, 1, 20)));
        assert!(date(1998, 1, 20).overlaps(&date(1998, 0, 0)));
        assert!(!date(1998, 1, 20).overlaps(&date(1998, 2, 0)));
    }

    #[test]
    fn a_day_knows_the_next_and_how_it_is_written() {
        for (day, next) in [(20_240_228, 20_240_229), (20_240_430, 20_240_501)] {
            assert_eq!(Day(day).next(), Day(next));
        }
        assert_eq!(Day(20_231_231).next().to_string(), "2024-01-01");
    }

    #[test]
    fn a_day_has_days_before_it_and_months_after_it() {
        assert_eq!(Day(20_240_131).after_months(1), Some(Day(20_240_229)));
        assert_eq!(Day(20_240_229).after_months(12), Some(Day(20_250_228)));
        assert_eq!(Day(99_990_101).after_months(12), None);
        assert_eq!(Day::FIRST.after_months(12), None);
        assert_eq!(Day(20_240_301).days_before(1), Some(Day(20_240_229)));
        assert_eq!(Day(20_240_301).days_before(0), Some(Day(20_240_301)));
        assert_eq!(Day(10_101).days_before(1), None);
    }

    #[test]
    fn the_day_of_an_instant_changes_at_midnight_utc() {
        let midnight = 1_766_707_200_000_000;

        assert_eq!(Day::at(midnight - 1), Day::new(2025, 12, 25));
        assert_eq!(Day::at(midnight), Day::new(2025, 12, 26));
        assert_eq!(Day::at(i64::MAX), None);
    }

    #[test]
    fn what_is_not_in_the_calendar_is_no_date() {
        for (year, month, day) in
            [(2023, 2, 29), (2023, 13, 1), (2023, 0, 5), (0, 1, 1), (2023, -1, 0), (10_000, 1, 1)]
        {
            assert_eq!(PartialDate::new(year, month, day), None, "{year}-{month}-{day}");
        }
    }
}
