//! Which projects there were by a day, and where they stood.

use api::registan::projects::v1::project::Status;
use api::registan::projects::v1::project_date::Kind;
use api::registan::projects::v1::{Project, ProjectDate};
use facts::{Day, PartialDate};

use super::day::{By, date};

/// The days of a brief: that for which it is, and today.
#[derive(Clone, Copy, Debug)]
pub struct Days {
    /// The day in the world.
    pub as_of: Day,
    /// Today: for it what is recorded holds as it is.
    pub today: Day,
}

/// The dates of a project.
pub struct Dates(Vec<(Kind, PartialDate)>);

impl Dates {
    /// Reads those that are dates.
    pub fn of(project: &Project) -> Self {
        let read = |it: &ProjectDate| Some((it.kind(), date(it.date.clone())?));
        Self(project.dates.iter().filter_map(read).collect())
    }

    fn find(&self, wanted: Kind) -> Option<&PartialDate> {
        self.0.iter().find(|(kind, _)| *kind == wanted).map(|(_, date)| date)
    }

    /// Returns whether a project had begun or was announced by a day. What is recorded exists
    /// today; before, a plan proves nothing, and what ended had begun.
    pub fn by(&self, days: Days) -> By {
        if days.as_of >= days.today {
            return By::Then;
        }
        let beginnings = [Kind::Announced, Kind::ActualStart].map(|kind| self.find(kind));
        let by: Vec<By> =
            beginnings.iter().flatten().map(|date| By::of(Some(date), days.as_of)).collect();
        let ended = self.find(Kind::ActualEnd);
        if by.contains(&By::Then) || ended.is_some_and(|end| end.latest() <= days.as_of) {
            By::Then
        } else if !by.is_empty() && by.iter().all(|by| *by == By::Later) {
            By::Later
        } else {
            By::Unknown
        }
    }

    /// Where a project stood on a day, of which only where it stands now is recorded; nothing where
    /// that cannot be determined. What is planned now was planned before; what runs now ran since
    /// it began; what is closed now ran until it ended.
    pub fn status(&self, now: Status, days: Days) -> Option<Status> {
        if days.as_of == days.today {
            return Some(now);
        }
        if days.as_of > days.today {
            return None;
        }
        let began = self.find(Kind::ActualStart).is_some_and(|it| it.latest() <= days.as_of);
        let end = self.find(Kind::ActualEnd);
        let is_past_end = end.is_some_and(|end| end.latest() <= days.as_of);
        let is_before_end = end.is_some_and(|end| end.earliest() > days.as_of);
        match now {
            Status::Unspecified => Some(now),
            Status::Pipeline if !began => Some(now),
            Status::Closed if is_past_end => Some(now),
            Status::Closed | Status::Finalisation if began && is_before_end => {
                Some(Status::Implementation)
            }
            Status::Implementation if began && (end.is_none() || is_before_end) => Some(now),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use api::registan::r#type::v1 as wire;

    use super::*;

    fn dates(dates: &[(Kind, i32, i32)]) -> Dates {
        let read = |(kind, year, month): &(Kind, i32, i32)| {
            (*kind, PartialDate::new(*year, *month, 0).unwrap())
        };
        Dates(dates.iter().map(read).collect())
    }

    fn on(as_of: i32) -> Days {
        Days { as_of: Day(as_of), today: Day(20_260_101) }
    }

    #[test]
    fn what_began_or_was_announced_is_there_and_a_plan_proves_nothing() {
        use Kind::{ActualEnd, ActualStart, Announced, PlannedStart};
        for (recorded, day, by) in [
            (dates(&[(Announced, 2025, 4)]), 20_050_101, By::Later),
            (dates(&[(Announced, 2025, 4)]), 20_250_501, By::Then),
            (dates(&[(ActualStart, 2003, 0)]), 20_030_601, By::Unknown),
            (dates(&[(Announced, 2002, 1), (ActualStart, 2003, 0)]), 20_020_601, By::Then),
            (dates(&[(PlannedStart, 2030, 0)]), 20_250_101, By::Unknown),
            (dates(&[(ActualEnd, 2010, 0)]), 20_150_101, By::Then),
            (dates(&[]), 20_150_101, By::Unknown),
            (dates(&[]), 20_260_101, By::Then),
        ] {
            assert_eq!(recorded.by(on(day)), by, "{day}");
        }
    }

    #[test]
    fn where_it_stands_now_says_where_it_stood_only_where_that_follows() {
        use Status::{Cancelled, Closed, Implementation, Pipeline};
        let both = || dates(&[(Kind::ActualStart, 2015, 6), (Kind::ActualEnd, 2019, 9)]);
        let open = || dates(&[(Kind::ActualStart, 2015, 6)]);
        for (recorded, now, day, then) in [
            (both(), Closed, 20_170_101, Some(Implementation)),
            (both(), Closed, 20_200_101, Some(Closed)),
            (both(), Closed, 20_190_915, None),
            (open(), Closed, 20_170_101, None),
            (open(), Implementation, 20_170_101, Some(Implementation)),
            (dates(&[]), Implementation, 20_170_101, None),
            (dates(&[]), Pipeline, 20_170_101, Some(Pipeline)),
            (open(), Cancelled, 20_170_101, None),
            (open(), Cancelled, 20_260_101, Some(Cancelled)),
            (open(), Cancelled, 20_270_101, None),
        ] {
            assert_eq!(recorded.status(now, on(day)), then, "{now:?} {day}");
        }
    }

    #[test]
    fn a_date_of_no_calendar_is_none() {
        let wrong = wire::PartialDate {
            date: Some(wire::Date { year: 2024, month: 13, day: 1 }),
            ..wire::PartialDate::default()
        };

        assert!(date(Some(wrong)).is_none() && date(None).is_none());
    }
}
