//! Findings of what the file has and the record cannot hold.

use formats::{Elements, Finding, Record, Severity};

use crate::account::Lost;

/// Bytes of an identifier.
pub const MAX_IDENTIFIER: usize = 256;

/// Where something of a list stands in a file.
#[derive(Clone, Copy)]
pub struct Place {
    /// Its name in a finding.
    pub what: &'static str,
    /// Its path below the root.
    pub path: &'static str,
}

/// The findings about one record.
pub struct Notes {
    identifier: String,
    line: u64,
    pub(crate) found: Vec<Finding>,
    /// The findings about the parent of the record, once it is made.
    pub(crate) of_parent: Vec<Finding>,
    /// The parts of the record, or of the child at hand, that cannot be held.
    pub(crate) lost: Lost,
    /// The elements of children, or of a whole record, that cannot be recorded.
    pub(crate) refused: Elements,
}

/// Returns a finding about a record.
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
    /// Begins those about a record.
    pub(crate) fn new(record: &impl Record) -> Self {
        let identifier = record.identifier();
        let end = (0..=identifier.len().min(MAX_IDENTIFIER)).rev();
        let shown = end.into_iter().find(|end| identifier.is_char_boundary(*end)).unwrap_or(0);
        Self {
            identifier: identifier[..shown].to_owned(),
            line: record.line(),
            found: Vec::new(),
            of_parent: Vec::new(),
            lost: Lost::new(),
            refused: Elements::default(),
        }
    }

    /// Goes on to another line.
    pub(crate) fn at(&mut self, line: u64) {
        self.line = line;
    }

    /// Notes elements or attributes of a path that are not recorded.
    pub fn lose(&mut self, path: &'static str, count: usize) {
        if count > 0 {
            self.lost.push((path, count as u64));
        }
    }

    /// Notes an attribute of something that is recorded, where it says something and nothing of it
    /// was taken.
    pub fn lose_attribute(&mut self, path: &'static str, given: Option<&str>, taken: &str) {
        let says_something = given.is_some_and(|given| !given.is_empty());
        self.lose(path, usize::from(says_something && taken.is_empty()));
    }

    /// Says that something was not taken.
    pub fn error(&mut self, rule: &'static str, message: String) {
        self.found.push(finding(Severity::Error, rule, self.line, &self.identifier, message));
    }

    /// Says that something was taken in another form.
    pub fn warning(&mut self, rule: &'static str, message: String) {
        self.found.push(finding(Severity::Warning, rule, self.line, &self.identifier, message));
    }

    /// Returns a text of at most `most` bytes: a longer one is cut.
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

    /// Returns a code or reference of at most `most` bytes; a longer one is not taken: cut, it
    /// would be another.
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

    /// Returns at most `most` items of a list; the others are lost.
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
