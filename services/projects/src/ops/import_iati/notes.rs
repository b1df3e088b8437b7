//! Findings of what the file has and the record cannot hold.

use formats::{Finding, Severity};

use super::account::{Lost, Place};

/// The findings about one activity.
pub struct Notes {
    identifier: String,
    line: u64,
    pub found: Vec<Finding>,
    /// The parts of the activity, or of the transaction at hand, that the record cannot hold.
    pub lost: Lost,
}

/// A finding about an activity.
pub fn finding(
    severity: Severity,
    rule: &'static str,
    line: u64,
    identifier: &str,
    message: String,
) -> Finding {
    Finding { severity, rule, line, identifier: Some(identifier.to_owned()), message }
}

impl Notes {
    /// About the activity `identifier`; `line` is where it, or the transaction at hand, starts.
    pub fn new(identifier: &str, line: u64) -> Self {
        Self { identifier: identifier.to_owned(), line, found: Vec::new(), lost: Lost::new() }
    }

    /// Goes on to another line.
    pub fn at(&mut self, line: u64) {
        self.line = line;
    }

    /// Elements or attributes of a path are not recorded.
    pub fn lose(&mut self, path: &'static str, count: usize) {
        if count > 0 {
            self.lost.push((path, count as u64));
        }
    }

    /// An attribute of something that is recorded is not, where it says something and nothing of it was taken.
    pub fn lose_attribute(&mut self, path: &'static str, given: Option<&str>, taken: &str) {
        let says_something = given.is_some_and(|given| !given.is_empty());
        self.lose(path, usize::from(says_something && taken.is_empty()));
    }

    /// Something was not taken.
    pub fn error(&mut self, rule: &'static str, message: String) {
        self.found.push(finding(Severity::Error, rule, self.line, &self.identifier, message));
    }

    /// Something was taken in another form.
    pub fn warning(&mut self, rule: &'static str, message: String) {
        self.found.push(finding(Severity::Warning, rule, self.line, &self.identifier, message));
    }

    /// A text of at most `most` bytes: a longer one is cut.
    pub fn text(&mut self, what: &str, text: &str, most: usize) -> String {
        if text.len() <= most {
            return text.to_owned();
        }
        self.warning(
            "text-cut",
            format!("{what} has {} bytes; it was cut after {most}; shorten it", text.len()),
        );
        let end = (0..=most - 3).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        format!("{}…", &text[..end])
    }

    /// A code or reference of at most `most` bytes; a longer one is not taken: cut, it would be another.
    pub fn code(&mut self, what: &str, code: Option<&str>, most: usize) -> String {
        let code = code.unwrap_or_default();
        if code.len() <= most {
            return code.to_owned();
        }
        self.error(
            "code-too-long",
            format!("{what} has {} bytes; it was not taken; at most {most} are", code.len()),
        );
        String::new()
    }

    /// At most `most` items of a list; the others are lost.
    pub fn items<'a, T>(&mut self, place: Place, items: &'a [T], most: usize) -> &'a [T] {
        if items.len() <= most {
            return items;
        }
        self.error(
            "too-many-items",
            format!("there are {} {}; the first {most} were taken", items.len(), place.what),
        );
        self.lose(place.path, items.len() - most);
        &items[..most]
    }
}
