//! Calendars as calendar programs read them (RFC 5545): events of whole days.
//!
//! They are files to read, and no messages of a scheduling protocol: without METHOD, which would
//! have to be in the media type, and would ask for an ORGANIZER of each event (RFC 5546). A
//! calendar has at least one component (RFC 5545, section 3.6): one without events has the time
//! zone UTC, which shows nothing.
//!
//! No library: the one that writes them brings a second library of dates, for these few lines.

use std::fmt::Write;

/// The most bytes of a line, without its end.
const MAX_LINE: usize = 75;

/// An event of whole days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The same in every calendar that has the event.
    pub uid: String,
    /// Its first day: `20240630`.
    pub first: String,
    /// The day after its last.
    pub end: String,
    /// Its title.
    pub summary: String,
    /// Whatever else there is to say.
    pub description: String,
    /// Its category.
    pub category: String,
}

/// Returns a calendar of events. `product` names the program, `stamp` is when it was made, in UTC:
/// `20240630T120000Z`.
pub fn calendar(
    name: &str,
    product: &str,
    stamp: &str,
    events: impl Iterator<Item = Event>,
) -> String {
    let mut out = String::new();
    for (property, value) in [("BEGIN", "VCALENDAR"), ("VERSION", "2.0"), ("PRODID", product)] {
        line(&mut out, property, value);
    }
    line(&mut out, "CALSCALE", "GREGORIAN");
    line(&mut out, "X-WR-CALNAME", &text(name));
    let mut events = events.peekable();
    if events.peek().is_none() {
        time_zone(&mut out);
    }
    for event in events {
        line(&mut out, "BEGIN", "VEVENT");
        line(&mut out, "UID", &text(&event.uid));
        line(&mut out, "DTSTAMP", stamp);
        line(&mut out, "DTSTART;VALUE=DATE", &event.first);
        line(&mut out, "DTEND;VALUE=DATE", &event.end);
        line(&mut out, "SUMMARY", &text(&event.summary));
        line(&mut out, "DESCRIPTION", &text(&event.description));
        line(&mut out, "CATEGORIES", &text(&event.category));
        line(&mut out, "TRANSP", "TRANSPARENT");
        line(&mut out, "END", "VEVENT");
    }
    line(&mut out, "END", "VCALENDAR");
    out
}

/// Writes the component of a calendar that has no other.
fn time_zone(out: &mut String) {
    for (property, value) in [
        ("BEGIN", "VTIMEZONE"),
        ("TZID", "UTC"),
        ("BEGIN", "STANDARD"),
        ("DTSTART", "19700101T000000"),
        ("TZOFFSETFROM", "+0000"),
        ("TZOFFSETTO", "+0000"),
        ("END", "STANDARD"),
        ("END", "VTIMEZONE"),
    ] {
        line(out, property, value);
    }
}

/// A value of the type TEXT: what separates is escaped, other control characters are left out.
fn text(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push(' '),
            character if character.is_control() => {}
            character => escaped.push(character),
        }
    }
    escaped
}

/// Writes a line, folded where it is too long: a fold stands between two characters, never within
/// one.
fn line(out: &mut String, property: &str, value: &str) {
    let mut written = String::new();
    let _ = write!(written, "{property}:{value}");
    let mut length = 0;
    for character in written.chars() {
        if length + character.len_utf8() > MAX_LINE {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(character);
        length += character.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a calendar strictly: every line ends with CRLF and has at most 75 bytes, and a folded
    /// one goes on after one space. Returns the names and the unescaped values.
    fn read(calendar: &str) -> Vec<(String, String)> {
        let lines = calendar.strip_suffix("\r\n").expect("the last line ends, too");
        let lines: Vec<&str> = lines.split("\r\n").collect();
        assert!(lines.iter().all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
        let mut unfolded: Vec<String> = Vec::new();
        for line in lines {
            match (line.strip_prefix(' '), unfolded.last_mut()) {
                (Some(rest), Some(last)) => last.push_str(rest),
                _ => unfolded.push(line.to_owned()),
            }
        }
        let unescape = |value: &str| {
            let mut text = String::new();
            let mut characters = value.chars();
            while let Some(character) = characters.next() {
                match character {
                    '\\' => match characters.next() {
                        Some('n') => text.push('\n'),
                        Some(escaped @ ('\\' | ';' | ',')) => text.push(escaped),
                        other => panic!("\\{other:?} is no escape"),
                    },
                    other => text.push(other),
                }
            }
            text
        };
        let pair = |line: String| {
            let (name, value) = line.split_once(':').expect("a property has a value");
            (name.to_owned(), unescape(value))
        };
        unfolded.into_iter().map(pair).collect()
    }

    fn event(summary: &str, description: &str) -> Event {
        Event {
            uid: "report.1@registan".to_owned(),
            first: "20240630".to_owned(),
            end: "20240701".to_owned(),
            summary: summary.to_owned(),
            description: description.to_owned(),
            category: "agreements/cat".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was_meant() {
        let summary = "Отчёт; по статье 19, «в срок» \\ — ".repeat(9);
        let description = format!("first\nsecond\u{7} {}", "a,b;c\\".repeat(40));
        let written = calendar(
            "due",
            "-//Test//EN",
            "20240101T000000Z",
            [event(&summary, &description)].into_iter(),
        );

        let read = read(&written);
        let value = |name: &str| &read.iter().find(|(found, _)| found == name).unwrap().1;
        assert_eq!(value("SUMMARY"), &summary);
        assert_eq!(value("DESCRIPTION"), &description.replace('\u{7}', ""));
        assert_eq!(value("DTSTART;VALUE=DATE"), "20240630");
        assert_eq!(value("DTEND;VALUE=DATE"), "20240701");
        assert_eq!(
            (value("UID"), value("VERSION")),
            (&"report.1@registan".to_owned(), &"2.0".to_owned())
        );
        let blocks: Vec<_> =
            read.iter().filter(|(name, _)| name == "BEGIN" || name == "END").collect();
        assert_eq!(blocks.len(), 4);
        assert!(read.iter().all(|(name, _)| name != "METHOD"), "it is no message of RFC 5546");
    }

    #[test]
    fn a_calendar_without_events_has_a_component_all_the_same() {
        let written = calendar("due", "-//Test//EN", "20240101T000000Z", [].into_iter());

        let read = read(&written);
        let begun = read.iter().filter(|(name, _)| name == "BEGIN").map(|(_, value)| &**value);
        assert_eq!(begun.collect::<Vec<_>>(), ["VCALENDAR", "VTIMEZONE", "STANDARD"]);
        let ended = read.iter().filter(|(name, _)| name == "END").map(|(_, value)| &**value);
        assert_eq!(ended.collect::<Vec<_>>(), ["STANDARD", "VTIMEZONE", "VCALENDAR"]);
    }

    #[test]
    fn a_line_is_folded_at_75_bytes_and_not_before() {
        for (length, lines) in [(67, 1), (68, 2), (67 + 74, 2), (67 + 75, 3)] {
            let mut out = String::new();
            line(&mut out, "SUMMARY", &"x".repeat(length));
            assert_eq!(out.matches("\r\n").count(), lines, "{length}");
        }
    }
}
