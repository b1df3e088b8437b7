//! Days of the calendar as IATI writes them.

use std::fmt;

/// A day of the Gregorian calendar. Always one that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A day that was read, and how its writing was repaired if it was not quite as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateRead {
    pub date: Date,
    pub repaired: Option<&'static str>,
}

/// Reads `YYYY-MM-DD`, with or without a time zone as `xsd:date` allows.
///
/// A time of day is dropped, a missing leading zero is added. A year alone, a day that does not
/// exist and every other order of day and month give the reason why not.
pub(crate) fn read(text: &str) -> Result<DateRead, &'static str> {
    let (day_part, time_part) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (without_zone(text), None),
    };
    let mut parts = day_part.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("is not a day written YYYY-MM-DD");
    };
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return Err("is not a day written YYYY-MM-DD");
    }
    let (Some(year_number), Some(month_number), Some(day_number)) =
        (number(year), number(month), number(day))
    else {
        return Err("is not a day written YYYY-MM-DD");
    };
    let date = exact(year_number, month_number, day_number).ok_or("is not a day that exists")?;

    let repaired = match time_part {
        Some(time) if !looks_like_time(time) => return Err("is not a day written YYYY-MM-DD"),
        Some(_) => Some("its time of day was dropped"),
        None if month.len() == 1 || day.len() == 1 => Some("a leading zero was added"),
        None => None,
    };
    Ok(DateRead { date, repaired })
}

/// The text before `Z` or `+hh:mm` or `-hh:mm`.
fn without_zone(text: &str) -> &str {
    if let Some(day) = text.strip_suffix('Z') {
        return day;
    }
    match text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at)) {
        Some(at) if is_zone(&text.as_bytes()[at..]) => &text[..at],
        _ => text,
    }
}

fn is_zone(bytes: &[u8]) -> bool {
    matches!(bytes, [b'+' | b'-', h1, h2, b':', m1, m2]
        if [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()))
}

fn looks_like_time(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b":.+-Z ".contains(&byte))
}

fn number(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn exact(year: u16, month: u16, day: u16) -> Option<Date> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if year == 0 || day == 0 || day > days {
        return None;
    }
    Some(Date { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<String> {
        read(text).ok().map(|read| read.date.to_string())
    }

    #[test]
    fn a_day_is_read_with_and_without_a_zone() {
        for text in ["2024-02-29", "2024-02-29Z", "2024-02-29+06:00", "2024-02-29-05:00"] {
            let read = read(text).unwrap();

            assert_eq!(read.date, Date { year: 2024, month: 2, day: 29 }, "{text}");
            assert_eq!(read.repaired, None, "{text}");
        }
    }

    #[test]
    fn a_time_of_day_and_a_missing_zero_are_mended() {
        for text in ["2014-01-02T23:59:59.9+05:00", "2014-01-02 00:00:00", "2014-1-02", "2014-1-2"]
        {
            let read = read(text).unwrap();

            assert_eq!(read.date, Date { year: 2014, month: 1, day: 2 }, "{text}");
            assert!(read.repaired.is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2014",
            "2014-02",
            "2014-02-30",
            "2023-02-29",
            "1900-02-29",
            "0000-01-01",
            "2014-13-01",
            "2014-00-10",
            "01/02/2014",
            "2014/01/02",
            "02-01-2014",
            "2014-01-02Tx",
            "2014-01-+2",
            "２０１４-01-02",
            "é014-01-02",
            "2014-01-02-03",
            "not a date",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
