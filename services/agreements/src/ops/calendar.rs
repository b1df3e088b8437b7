//! The calendar of due days.

use facts::{Day, PartialDate};
use formats::icalendar::{Event, calendar as write};
use prost_types::Timestamp;

use super::Due;

/// The most bytes of a calendar.
const MAX_CALENDAR: usize = 4 << 20;

/// Returns a calendar with an event for each due day, which lasts as long as the day is not known,
/// and how many there are; nothing where it is larger than an answer may be. The UID of an event is
/// made of the duty and of its due day, so that it stays when other due days come, and so do its
/// days, whatever interval is asked for.
pub fn calendar(due: impl Iterator<Item = Due>, read_time: &Timestamp) -> Option<(String, i32)> {
    let (mut events, mut bytes) = (0, 0);
    let fits = |event: &Event| {
        events += 1;
        bytes += event.uid.len() + event.summary.len() + event.description.len();
        bytes <= MAX_CALENDAR
    };
    let all = due.map(|due| event(&due)).take_while(fits);
    let stamp = stamp(read_time);
    let content = write("Registan: due", "-//Registan//Obligations//EN", &stamp, all);
    (bytes <= MAX_CALENDAR && content.len() <= MAX_CALENDAR).then_some((content, events))
}

fn event(due: &Due) -> Event {
    let id = due.duty.name.trim_start_matches("obligations/");
    let meeting = due.day.meeting.trim_start_matches("meetings/");
    let which = if meeting.is_empty() { due.day.number.to_string() } else { meeting.to_owned() };
    let mut lines = Vec::new();
    if !due.duty.duty.is_empty() {
        lines.push(due.duty.duty.clone());
    }
    lines.push(format!("Due: {}", due.day.date));
    if !due.duty.bearers.is_empty() {
        lines.push(format!("By: {}", due.duty.bearers.join(", ")));
    }
    let article =
        if due.duty.article.is_empty() { String::new() } else { format!(", {}", due.duty.article) };
    lines.push(format!("Under: {}{article}", due.duty.under));
    if !due.reason.is_empty() {
        lines.push(format!("Uncertain: {}", due.reason));
    }
    let (first, last) = days(&due.day.date);
    Event {
        uid: format!("{id}.{which}@registan"),
        first: number(first),
        end: number(last.next()),
        summary: due.duty.title.clone(),
        description: lines.join("\n"),
        category: due.duty.under.clone(),
    }
}

/// The first and the last day of an event. A date that is open at one end is on the day that is
/// known of it.
fn days(date: &PartialDate) -> (Day, Day) {
    match (date.earliest(), date.latest()) {
        (Day::FIRST, last) => (last, last),
        (first, Day::LAST) => (first, first),
        ends => ends,
    }
}

/// `20240630`.
fn number(day: Day) -> String {
    format!("{:08}", day.0.max(10_101))
}

/// `20240630T120000Z`.
fn stamp(time: &Timestamp) -> String {
    let text = time.to_string();
    let to_the_second = text.split(['.', 'Z']).next().unwrap_or_default();
    format!("{}Z", to_the_second.replace(['-', ':'], ""))
}

#[cfg(test)]
mod tests {
    use facts::Qualifier;

    use super::*;

    #[test]
    fn a_date_that_is_open_at_one_end_is_on_the_day_that_is_known() {
        let date = |qualifier| {
            let date = PartialDate::new(2030, 1, 1);
            date.map(|date| PartialDate { qualifier, ..date })
        };
        let year = PartialDate::new(2030, 0, 0);
        for (date, wanted) in [
            (date(Some(Qualifier::Until)), (20_300_101, 20_300_101)),
            (date(Some(Qualifier::From)), (20_300_101, 20_300_101)),
            (date(None), (20_300_101, 20_300_101)),
            (year, (20_300_101, 20_301_231)),
        ] {
            let (first, last) = days(&date.unwrap());
            assert_eq!((first.0, last.0), wanted);
        }
    }
}
