//! Reads a message into values and collects every violation on the way, so that a caller hears of
//! all at once.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::ErrorReason;
use crate::date::{Day, PartialDate};
use crate::vocabulary::{Vocabulary, Words};

/// A violation of one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field: `agreement.milestones[2].date`.
    pub field: String,
    /// The reason, for programs.
    pub reason: ErrorReason,
    /// The problem and the remedy, for people.
    pub description: String,
}

/// The violations found so far, and where in the message we are.
#[derive(Debug, Default)]
pub struct Check {
    path: String,
    today: Option<Day>,
    violations: Vec<Violation>,
}

impl Check {
    /// Starts at the field `root` of a request: `agreement`.
    pub fn new(root: &str) -> Self {
        Self { path: root.to_owned(), ..Self::default() }
    }

    /// Sets the latest day that it is anywhere.
    #[must_use]
    pub fn on(self, today: Option<Day>) -> Self {
        Self { today, ..self }
    }

    /// Returns whether all of a date lies in the future, as far as the check has the day.
    pub fn is_future(&self, date: &PartialDate) -> bool {
        self.today.is_some_and(|today| date.earliest() > today)
    }

    /// Every violation found, in the order of the message.
    pub fn finish(self) -> Vec<Violation> {
        self.violations
    }

    /// Returns whether no violation has been found in `field`, nor in what it holds.
    pub fn is_sound(&self, field: &str) -> bool {
        let path = self.path_of(field);
        let inside = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        let mut found = self.violations.iter().filter_map(|one| one.field.strip_prefix(&path));
        !found.any(inside)
    }

    /// Records a violation of `field`.
    pub fn violation(&mut self, field: &str, reason: ErrorReason, description: impl Into<String>) {
        let field = self.path_of(field);
        self.violations.push(Violation { field, reason, description: description.into() });
    }

    fn path_of(&self, field: &str) -> String {
        let dot = if self.path.is_empty() || field.is_empty() { "" } else { "." };
        format!("{}{dot}{field}", self.path)
    }

    /// Reads the message in `field`.
    pub fn within<T>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        self.path.push_str(field);
        let value = read(self);
        self.path.truncate(outer);
        value
    }

    /// Reads every message of a repeated `field`; at most `most` of them.
    pub fn each<M, T>(
        &mut self,
        field: &str,
        most: usize,
        items: Vec<M>,
        read: impl Fn(&mut Self, M) -> T,
    ) -> Vec<T> {
        if items.len() > most {
            self.violation(
                field,
                ErrorReason::TooMany,
                format!("has {} items; at most {most} are taken", items.len()),
            );
            return Vec::new();
        }
        let mut values = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            values.push(self.within(&format!("{field}[{place}]"), |check| read(check, item)));
        }
        values
    }

    /// A text of at most `most` bytes, trimmed; may be empty.
    pub fn text(&mut self, field: &str, value: String, most: usize) -> String {
        if value.len() > most {
            self.violation(
                field,
                ErrorReason::TooLong,
                format!("has {} bytes; at most {most} are taken", value.len()),
            );
        }
        if value
            .chars()
            .any(|character| character.is_control() && !matches!(character, '\n' | '\t' | '\r'))
        {
            self.violation(field, ErrorReason::ControlCharacter, "holds a control character");
        }
        let trimmed = value.trim();
        if trimmed.len() == value.len() { value } else { trimmed.to_owned() }
    }

    /// A text that must not be empty.
    pub fn required_text(&mut self, field: &str, value: String, most: usize) -> String {
        let text = self.text(field, value, most);
        if text.is_empty() {
            self.violation(field, ErrorReason::Required, "must not be empty");
        }
        text
    }

    /// A whole number within bounds.
    pub fn whole(&mut self, field: &str, number: i32, bounds: RangeInclusive<i32>) {
        if !bounds.contains(&number) {
            let (least, most) = bounds.into_inner();
            let description = format!("must be from {least} to {most}");
            self.violation(field, ErrorReason::NumberInvalid, description);
        }
    }

    /// A message that must be there.
    pub fn required<M>(&mut self, field: &str, value: Option<M>) -> Option<M> {
        if value.is_none() {
            self.violation(field, ErrorReason::Required, "must be given");
        }
        value
    }

    /// One of a vocabulary, which must be given.
    pub fn word<V: Vocabulary>(&mut self, field: &str, number: i32) -> V {
        let found = V::from_number(number);
        self.known(field, number, V::WORDS, found.is_some(), true);
        found.unwrap_or_default()
    }

    /// One of a vocabulary, or nothing.
    pub fn optional_word<V: Vocabulary>(&mut self, field: &str, number: i32) -> Option<V> {
        let found = V::from_number(number);
        self.known(field, number, V::WORDS, found.is_some(), false);
        found
    }

    /// The number of one of these words; 0 for none, unless it must be given.
    pub fn choice(&mut self, field: &str, number: i32, words: &Words, required: bool) {
        self.known(field, number, words.words, words.word(number).is_some(), required);
    }

    fn known(&mut self, field: &str, number: i32, words: &[&str], known: bool, required: bool) {
        let words = || words.join(", ");
        if number == 0 && required {
            let description = format!("must be one of {}", words());
            self.violation(field, ErrorReason::Required, description);
        } else if number != 0 && !known {
            let description = format!("{number} is not known; known are {}", words());
            self.violation(field, ErrorReason::UnknownValue, description);
        }
    }

    /// The name of a resource after one of these patterns, such as `parties/{party}`; empty if it
    /// may be.
    pub fn name(
        &mut self,
        field: &str,
        value: String,
        patterns: &[&str],
        required: bool,
    ) -> String {
        if value.is_empty() && !required {
            return value;
        }
        if !patterns.iter().any(|pattern| matches_pattern(&value, pattern)) {
            self.violation(field, ErrorReason::NameInvalid, no_name(&value, patterns));
        }
        value
    }

    /// Ids of the items of a list, held in their `field`: each of the right shape, and there once.
    pub fn ids<'a>(&mut self, list: &str, field: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = HashSet::new();
        for (place, id) in ids.enumerate() {
            let path = format!("{list}[{place}].{field}");
            if !is_id(id) {
                self.violation(
                    &path,
                    ErrorReason::IdInvalid,
                    "must be [a-z]([a-z0-9-]{0,61}[a-z0-9])?",
                );
            } else if !seen.insert(id) {
                self.violation(&path, ErrorReason::DuplicateId, format!("`{id}` is there twice"));
            }
        }
    }

    /// The names in a repeated field.
    pub fn names(&mut self, field: &str, values: Vec<String>, patterns: &[&str]) -> Vec<String> {
        self.each(field, 1000, values, |check, value| check.name("", value, patterns, true))
    }
}

/// Returns whether a text is an id: `[a-z]([a-z0-9-]{0,61}[a-z0-9])?` (AIP-122).
pub fn is_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    bytes.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last().is_some_and(|byte| *byte != b'-')
        && bytes.iter().all(inner)
}

/// Returns whether a name has the shape of a pattern: `projects/p1/transactions/t1` that of
/// `projects/{project}/transactions/{transaction}`.
pub fn matches_pattern(name: &str, pattern: &str) -> bool {
    let (mut parts, mut wanted) = (name.split('/'), pattern.split('/'));
    loop {
        match (parts.next(), wanted.next()) {
            (None, None) => return true,
            (Some(part), Some(variable)) if variable.starts_with('{') => {
                if !is_id(part) {
                    return false;
                }
            }
            (Some(part), Some(literal)) if part == literal => {}
            _ => return false,
        }
    }
}

/// Says that a value is no name of these patterns, and which it is perhaps meant to be: of `KZ`,
/// `parties/kz`.
pub fn no_name(value: &str, patterns: &[&str]) -> String {
    let description = format!("`{value}` is not a name like {}", patterns.join(" or "));
    let meant = patterns.iter().find_map(|pattern| {
        let lower = value.to_lowercase();
        let whole = pattern.split_once('/').map(|(collection, _)| format!("{collection}/{lower}"));
        [Some(lower), whole].into_iter().flatten().find(|name| matches_pattern(name, pattern))
    });
    match meant {
        Some(meant) => clip(format!("{description}; did you mean {meant}?")),
        None => clip(description),
    }
}

/// A description never repeats a whole megabyte of input.
fn clip(mut text: String) -> String {
    if text.len() > 300 {
        let end = (0..=297).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_aip_122() {
        for good in ["a", "kz", "eu-kz-epca-2015", &"a".repeat(63)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "1a", "a_b", "a/b", "ä", "a b", &"a".repeat(64)] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn of_what_is_no_name_it_is_said_which_is_meant() {
        for (value, wanted) in [
            ("kz", "; did you mean parties/kz?"),
            ("KZ", "; did you mean parties/kz?"),
            ("parties/KZ", "; did you mean parties/kz?"),
            ("projects/x", "{party}"),
            ("Kazakhstan!", "{party}"),
        ] {
            let said = no_name(value, &["parties/{party}"]);
            assert!(said.ends_with(wanted), "{said}");
        }
    }

    #[test]
    fn a_path_names_the_item_at_fault() {
        let mut check = Check::new("agreement");

        check.each("milestones", 9, vec!["", "x"], |check, text: &str| {
            check.required_text("place", text.to_owned(), 5)
        });

        let violations = check.finish();
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].field, "agreement.milestones[0].place");
    }

    #[test]
    fn a_field_is_sound_where_nothing_in_it_is_wrong() {
        let mut check = Check::new("agreement");
        check.violation("milestones[0].date", ErrorReason::DateInvalid, "");
        check.violation("note", ErrorReason::TooLong, "");

        let sound = |field| check.is_sound(field);
        assert!(!sound("milestones") && !sound("note"));
        assert!(sound("milestone") && sound("not") && sound("title"));
    }
}
