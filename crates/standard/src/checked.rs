//! Checks that a message holds what the contract says. For the messages of resources this is
//! generated from their options; here are the values that all of them use, whose rules `facts` has.

use api::registan::r#type::v1 as wire;
use facts::wire as read;
use facts::{Check, ErrorReason, LocalizedText};
use prost_types::Timestamp;

use crate::Reference;
use crate::known::Known;
use crate::time::{micros, timestamp};

/// Most bytes of a text in a language.
const MOST_TEXT: usize = 1024;

/// A message that is checked, and brought to its one form, as the contract says.
pub trait Checked: Sized {
    /// Returns the message in its one form; nothing where it is so wrong that it has none. Every
    /// violation goes to `check`, which stands at the message.
    fn checked(check: &mut Check, message: Self) -> Option<Self>;

    /// Adds every name of another resource in it. `at` is where it stands: empty, or a path with
    /// its point.
    fn refer(&self, at: &str, all: &mut Vec<Reference>) {
        let _ = (at, all);
    }

    /// Keeps of it what was known; false where it was not known itself.
    fn keep(&mut self, known: &Known) -> bool {
        let _ = known;
        true
    }
}

/// Checks the message in `field`, which may have to be given.
pub(crate) fn one<M: Checked>(
    check: &mut Check,
    field: &str,
    message: Option<M>,
    required: bool,
) -> Option<M> {
    let message = if required { check.required(field, message) } else { message }?;
    check.within(field, |check| M::checked(check, message))
}

/// Checks the messages in `field`, at most `most` of them.
pub(crate) fn many<M: Checked>(
    check: &mut Check,
    field: &str,
    most: usize,
    messages: Vec<M>,
) -> Vec<M> {
    check.each(field, most, messages, M::checked).into_iter().flatten().collect()
}

impl Checked for wire::Money {
    fn checked(check: &mut Check, message: Self) -> Option<Self> {
        read::money(check, message).map(Into::into)
    }
}

impl Checked for wire::PartialDate {
    fn checked(check: &mut Check, message: Self) -> Option<Self> {
        read::date(check, message).map(Into::into)
    }
}

impl Checked for wire::Date {
    fn checked(check: &mut Check, message: Self) -> Option<Self> {
        read::read_day(check, "", message).map(Into::into)
    }
}

/// An instant after 1970, in microseconds: finer parts are cut off.
impl Checked for Timestamp {
    fn checked(check: &mut Check, message: Self) -> Option<Self> {
        let instant = micros(Some(message)).ok().flatten().filter(|instant| *instant > 0);
        if instant.is_none() {
            check.violation("", ErrorReason::TimeInvalid, "is no instant after 1970");
        }
        instant.map(timestamp)
    }
}

impl Checked for wire::ExternalId {
    fn checked(check: &mut Check, message: Self) -> Option<Self> {
        Some(read::id(check, message).into())
    }
}

impl Checked for wire::LocalizedText {
    fn checked(check: &mut Check, message: Self) -> Option<Self> {
        let text: LocalizedText = read::text(check, message, MOST_TEXT);
        Some(text.into())
    }
}

impl Checked for wire::StatedAmount {
    fn checked(check: &mut Check, message: Self) -> Option<Self> {
        read::amount(check, message).map(Into::into)
    }

    fn refer(&self, at: &str, all: &mut Vec<Reference>) {
        if let Some(source) = &self.source {
            source.refer(&format!("{at}source."), all);
        }
    }

    fn keep(&mut self, known: &Known) -> bool {
        known.has(self.source.as_ref())
    }
}

impl Checked for wire::SourceRef {
    fn checked(check: &mut Check, message: Self) -> Option<Self> {
        Some(read::source(check, message).into())
    }

    fn refer(&self, at: &str, all: &mut Vec<Reference>) {
        all.extend(Reference::optional(format!("{at}source"), &self.source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_a_language_has_a_maximum() {
        let reasons = |bytes: usize| {
            let text = wire::LocalizedText { text: "x".repeat(bytes), ..Default::default() };
            let mut check = Check::default();
            many(&mut check, "names", 1000, vec![text]);
            let found = check.finish().into_iter();
            found.map(|one| (one.field, one.reason)).collect::<Vec<_>>()
        };

        assert_eq!(reasons(MOST_TEXT), []);
        let too_long = ("names[0].text".to_owned(), facts::ErrorReason::TooLong);
        assert_eq!(reasons(MOST_TEXT + 1), [too_long]);
    }
}
