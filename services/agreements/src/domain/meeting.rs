//! A meeting of a body.

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Check, ErrorReason};
use standard::{Rules, Value};

/// A meeting.
pub type Meeting = Value<wire::Meeting, OfMeetings>;

/// The rule that what was held lies in the past.
pub enum OfMeetings {}

impl Rules<wire::Meeting> for OfMeetings {
    fn check(meeting: &mut wire::Meeting, check: &mut Check) {
        let was_held = meeting.state() == wire::meeting::State::Held;
        let date = checked_date(meeting.date.as_ref());
        if was_held && date.is_some_and(|date| check.is_future(&date)) {
            let description = "lies in the future, so `state` cannot be HELD: is it PLANNED?";
            check.violation("date", ErrorReason::InTheFuture, description);
        }
    }
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1 as wire;
    use api::registan::agreements::v1::meeting::State;
    use api::registan::r#type::v1::{Date, PartialDate, SourceRef};
    use facts::{Check, Day};
    use standard::Served;

    use super::Meeting;

    /// The violations of a meeting in June 2024, seen on the first day of a month of that year.
    fn violations(state: State, month: i32) -> Vec<String> {
        let june = Date { year: 2024, month: 6, day: 0 };
        let meeting = wire::Meeting {
            body: "bodies/dialogue".to_owned(),
            state: state.into(),
            date: Some(PartialDate { date: Some(june), ..PartialDate::default() }),
            source: Some(SourceRef { citation: "Example".to_owned(), ..SourceRef::default() }),
            ..wire::Meeting::default()
        };
        let mut check = Check::new("meeting").on(Some(Day(20_240_001 + 100 * month)));
        Meeting::read(&mut check, "meetings/dialogue-2024".to_owned(), meeting);
        let found = check.finish().into_iter();
        found.map(|one| format!("{} {}", one.field, one.reason.as_str_name())).collect()
    }

    #[test]
    fn a_meeting_that_was_held_is_not_to_come() {
        let cases = [
            (State::Held, 5, vec!["meeting.date IN_THE_FUTURE".to_owned()]),
            (State::Held, 6, Vec::new()),
            (State::Planned, 5, Vec::new()),
        ];
        for (state, month, wanted) in cases {
            assert_eq!(violations(state, month), wanted, "{state:?} seen in month {month}");
        }
    }
}
