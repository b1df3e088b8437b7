//! Counts of the activities of delegations, rounded so that they lead to no person.

use std::collections::BTreeMap;

use api::registan::partnership::v1::ActivityCount;
use api::registan::partnership::v1::activity_count::Exactness;
use api::registan::rights::v1::activity::{Kind, Outcome};
use facts::Day;

/// Below so many a number leads to persons; and in such steps numbers are given, so that none
/// follows from a difference between a region and its states. A step is taken at the end of a year:
/// two days of one year differ in nothing, and of two years only in how many steps lie between.
const STEP: i64 = 5;
/// The kinds of activities with persons: a small number reveals where a delegation was, and whom it
/// met.
const SENSITIVE: [Kind; 4] =
    [Kind::Monitoring, Kind::CourtHearing, Kind::DefendersMeeting, Kind::PrisonVisit];

/// Returns whether a number of this kind could lead to a person.
pub fn is_sensitive(kind: i32) -> bool {
    SENSITIVE.iter().any(|sensitive| i32::from(*sensitive) == kind)
}

/// The day up to which what is sensitive is counted for anonymous callers: numbers for each day
/// would reveal on which something was done. Of the first year its first day.
pub fn end_of_year_before(day: Day) -> Day {
    Day((day.year() - 1) * 10_000 + 1231).max(Day(10_101))
}

/// How many there are of each kind and outcome.
#[derive(Clone, Debug, Default)]
pub struct Counts(BTreeMap<(i32, i32), i64>);

impl Counts {
    /// Counts one.
    pub fn add(&mut self, kind: i32, outcome: i32) {
        *self.0.entry((kind, outcome)).or_default() += 1;
    }

    /// All of them, exactly.
    pub fn exact(self) -> Vec<ActivityCount> {
        let counts = self.0.into_iter();
        counts
            .map(|((kind, outcome), count)| told(kind, outcome, count, Exactness::Exact))
            .collect()
    }

    /// The counts for anonymous callers. Of each sensitive kind it is said that there are fewer
    /// than five of the outcomes that are not given, also where there are none: that one appears on
    /// a day would tell that something was done on it.
    pub fn for_anonymous(self) -> Vec<ActivityCount> {
        let mut counts = Vec::new();
        for ((kind, outcome), count) in self.0 {
            if !is_sensitive(kind) {
                counts.push(told(kind, outcome, count, Exactness::Exact));
            } else if count >= STEP {
                counts.push(told(kind, outcome, count - count % STEP, Exactness::AtLeast));
            }
        }
        for kind in SENSITIVE {
            let nothing = Outcome::Unspecified.into();
            counts.push(told(kind.into(), nothing, 0, Exactness::FewerThanFive));
        }
        counts.sort_by_key(|count| (count.kind, count.exactness, count.outcome));
        counts
    }
}

fn told(kind: i32, outcome: i32, count: i64, exactness: Exactness) -> ActivityCount {
    ActivityCount { kind, outcome, count, exactness: exactness.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(visits: usize, statements: usize) -> Counts {
        let mut counts = Counts::default();
        let done = Outcome::CarriedOut.into();
        for (kind, many) in [(Kind::PrisonVisit, visits), (Kind::Statement, statements)] {
            for _ in 0..many {
                counts.add(kind.into(), done);
            }
        }
        counts
    }

    fn shown(counts: &[ActivityCount]) -> Vec<String> {
        let row =
            |one: &ActivityCount| format!("{:?} {:?} {}", one.kind(), one.exactness(), one.count);
        counts.iter().map(row).collect()
    }

    #[test]
    fn small_numbers_are_not_told_and_none_follows_from_a_difference() {
        let none = shown(&counts(0, 0).for_anonymous());

        for few in 1..5 {
            assert_eq!(shown(&counts(few, 0).for_anonymous()), none, "{few}");
        }
        assert_eq!(none.len(), 4);
        for (visits, told) in [(5, 5), (9, 5), (10, 10)] {
            let row = format!("PrisonVisit AtLeast {told}");
            assert!(shown(&counts(visits, 0).for_anonymous()).contains(&row), "{visits}");
        }
        assert!(shown(&counts(3, 1).for_anonymous()).contains(&"Statement Exact 1".to_owned()));
    }

    #[test]
    fn who_has_a_name_is_told_all() {
        assert_eq!(shown(&counts(3, 1).exact()), ["Statement Exact 1", "PrisonVisit Exact 3"]);
    }
}
