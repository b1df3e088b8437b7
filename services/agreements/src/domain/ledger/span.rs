//! The days between which something happened, and the day that a rule counts from it.

use api::registan::agreements::v1::EntryIntoForceRule;
use api::registan::r#type::v1 as wire;
use facts::wire::checked_date;
use facts::{Day, PartialDate};

/// The first and the last day on which something can have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub earliest: Day,
    /// The last.
    pub latest: Day,
}

impl Span {
    /// Any day.
    pub const ANY: Self = Self { earliest: Day::FIRST, latest: Day::LAST };

    /// Returns the days that a date can be; nothing where there is no date.
    pub fn of(date: Option<&wire::PartialDate>) -> Option<Self> {
        checked_date(date).map(|date| Self { earliest: date.earliest(), latest: date.latest() })
    }

    /// Any day up to this one.
    pub const fn by(latest: Day) -> Self {
        Self { earliest: Day::FIRST, latest }
    }

    /// Any day after this one.
    pub fn after(day: Day) -> Self {
        Self { earliest: day.next(), latest: Day::LAST }
    }

    /// The days after these.
    pub fn next(self) -> Self {
        let next = |day: Day| if day == Day::FIRST { day } else { day.next() };
        Self { earliest: next(self.earliest), latest: next(self.latest) }
    }

    /// The earlier of two.
    pub fn min(self, other: Self) -> Self {
        let (earliest, latest) = (self.earliest.min(other.earliest), self.latest.min(other.latest));
        Self { earliest, latest }
    }

    /// The later of two.
    pub fn max(self, other: Self) -> Self {
        let (earliest, latest) = (self.earliest.max(other.earliest), self.latest.max(other.latest));
        Self { earliest, latest }
    }

    /// The days that are in both; nothing where there is none.
    pub fn both(self, other: Self) -> Option<Self> {
        let (earliest, latest) = (self.earliest.max(other.earliest), self.latest.min(other.latest));
        (earliest <= latest).then_some(Self { earliest, latest })
    }

    /// Returns the date that says as much; nothing of any day.
    pub fn date(self) -> Option<wire::PartialDate> {
        let date = |day: Day| PartialDate::new(day.year(), day.month(), day.day());
        let qualified = |day: Day, qualifier: wire::partial_date::Qualifier| {
            let qualifier = qualifier.into();
            date(day).map(|date| wire::PartialDate { qualifier, ..date.into() })
        };
        match (self.earliest, self.latest) {
            (Day::FIRST, Day::LAST) => None,
            (Day::FIRST, latest) => qualified(latest, wire::partial_date::Qualifier::Until),
            (earliest, Day::LAST) => qualified(earliest, wire::partial_date::Qualifier::From),
            (one, other) if one == other => date(one).map(Into::into),
            (one, other) => {
                date(one)?.until(other.year(), other.month(), other.day()).map(Into::into)
            }
        }
    }
}

/// Returns when an agreement enters into force of which the event of its rule happened on one of
/// these days. A later event never gives an earlier day, so the ends of the days are enough.
pub fn derived(rule: &EntryIntoForceRule, event: Span) -> Span {
    let on = |day: Day| {
        if day == Day::FIRST || day == Day::LAST {
            return day;
        }
        let begin = if rule.first_of_month { Day(day.0 / 100 * 100 + 1) } else { day };
        let later = begin.after_months(rule.months);
        later.and_then(|day| day.days_before(-rule.days)).unwrap_or(Day::LAST)
    };
    Span { earliest: on(event.earliest), latest: on(event.latest) }
}
