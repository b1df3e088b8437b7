//! The calendar of due days.

use formats::icalendar::{Event, calendar as write};
use prost_types::Timestamp;

use super::Due;

/// The most bytes of a calendar.
const MAX_CALENDAR: usize = 4 << 20;

/// Returns a calendar with an event for each due day, which lasts as long as the day is not known,
/// and how many there are; nothing where it is larger than an answer may be. The UID of an event is
/// made of the duty and of its due day, so that it stays when other due days come.
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
    let (first, last) = (due.day.date.earliest(), due.day.date.latest());
    Event {
        uid: format!("{id}.{which}@registan"),
        first: number(first),
        end: number(last.next()),
        summary: due.duty.title.clone(),
        description: lines.join("\n"),
        category: due.duty.under.clone(),
    }
}

/// `20240630`.
fn number(day: facts::Day) -> String {
    format!("{:08}", day.0.max(10_101))
}

/// `20240630T120000Z`.
fn stamp(time: &Timestamp) -> String {
    let text = time.to_string();
    let to_the_second = text.split(['.', 'Z']).next().unwrap_or_default();
    format!("{}Z", to_the_second.replace(['-', ':'], ""))
}
