//! The day of a brief, and what can be determined for it.

use api::registan::r#type::v1 as wire;
use facts::wire::read_day;
use facts::{Check, Day, PartialDate};

/// The answer to whether something had happened by a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// It had.
    Then,
    /// It had not.
    Later,
    /// Its date is not known, or not exactly enough.
    Unknown,
}

/// A day, as far as it is one.
pub fn day(date: wire::Date) -> Option<Day> {
    read_day(&mut Check::default(), "as_of", date)
}

/// A date, if there is one.
pub fn date(message: Option<wire::PartialDate>) -> Option<PartialDate> {
    facts::wire::date(&mut Check::default(), message?)
}

impl By {
    /// Returns whether a date lies at or before a day.
    pub fn of(date: Option<&PartialDate>, day: Day) -> Self {
        match date {
            Some(date) if date.latest() <= day => Self::Then,
            Some(date) if date.earliest() > day => Self::Later,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_is_not_exact_is_uncertain_only_within() {
        let march = PartialDate::new(2024, 3, 0).unwrap();

        for (day, by) in [
            (20_240_229, By::Later),
            (20_240_301, By::Unknown),
            (20_240_330, By::Unknown),
            (20_240_331, By::Then),
        ] {
            assert_eq!(By::of(Some(&march), Day(day)), by, "{day}");
        }
        assert_eq!(By::of(None, Day(20_240_331)), By::Unknown);
    }
}
