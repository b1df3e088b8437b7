//! The findings of one activity while it is read, bounded.

use std::fmt::Arguments;

use formats::Finding;
use rust_decimal::Decimal;

use crate::amount;
use crate::attributes::Attrs;
use crate::codes::CodeList;
use crate::date::{self, Date};
use crate::finding::Rule;
use crate::limits::MAX_FINDINGS;
use crate::text::shown;

/// Collects findings. Past the limit it only counts, so a hostile activity stays small.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    found: Vec<Finding>,
    left_out: u64,
}

impl Notes {
    pub(crate) fn add(&mut self, rule: Rule, line: u64, message: Arguments<'_>) {
        if self.found.len() < MAX_FINDINGS {
            self.found.push(rule.at(line, message.to_string()));
        } else {
            self.left_out += 1;
        }
    }

    /// Gives the findings, each with the activity's identifier.
    pub(crate) fn finish(mut self, line: u64, identifier: &str) -> Vec<Finding> {
        if self.left_out > 0 {
            let message = format!(
                "this activity has {} more findings; they were left out; correct the first ones and \
                 import again",
                self.left_out
            );
            self.found.push(Rule::FindingsLeftOut.at(line, message));
        }
        for finding in &mut self.found {
            finding.identifier = Some(identifier.to_owned());
        }
        self.found
    }

    /// Says so when a code is not in its list.
    pub(crate) fn check_code(&mut self, list: &CodeList, code: &str, line: u64) {
        if !list.has(code) {
            let (name, code) = (list.name, shown(code));
            self.add(
                Rule::CodeUnknown,
                line,
                // What becomes of it depends on the service that records it.
                format_args!("{code} is not a code of {name}; use a code of that list"),
            );
        }
    }

    /// Says that a text holds bytes that did not fit the encoding.
    pub(crate) fn damaged(&mut self, line: u64) {
        let message = format_args!(
            "there are bytes that do not fit the encoding; each was read as U+FFFD; declare the \
             encoding the file is written in"
        );
        self.add(Rule::EncodingInvalid, line, message);
    }

    /// Says that an element stands again and the first counts.
    pub(crate) fn repeated(&mut self, element: &str, line: u64) {
        self.add(
            Rule::ElementRepeated,
            line,
            format_args!("{element} stands more than once; the first counts; leave one"),
        );
    }

    /// Reads `iso-date`. `outcome` says what becomes of the owner without it.
    pub(crate) fn iso_date(
        &mut self,
        attrs: &Attrs<'_>,
        element: &str,
        outcome: &str,
        line: u64,
    ) -> Option<Date> {
        let Some(text) = attrs.get("iso-date") else {
            self.add(
                Rule::DateMissing,
                line,
                format_args!("{element} has no date; {outcome}; give @iso-date as YYYY-MM-DD"),
            );
            return None;
        };
        self.date(text, element, outcome, line)
    }

    /// Reads a date from the text of an attribute.
    pub(crate) fn date(
        &mut self,
        text: &str,
        element: &str,
        outcome: &str,
        line: u64,
    ) -> Option<Date> {
        match date::read(text) {
            Ok(read) => {
                if let Some(how) = read.repaired {
                    let text = shown(text);
                    self.add(
                        Rule::DateRepaired,
                        line,
                        format_args!(
                            "the date {text} of {element} was read as {}: {how}; write YYYY-MM-DD",
                            read.date
                        ),
                    );
                }
                Some(read.date)
            }
            Err(why) => {
                let text = shown(text);
                self.add(
                    Rule::DateInvalid,
                    line,
                    format_args!("the date {text} of {element} {why}; {outcome}; write YYYY-MM-DD"),
                );
                None
            }
        }
    }

    /// Reads `percentage`, if it is given.
    pub(crate) fn percentage(
        &mut self,
        attrs: &Attrs<'_>,
        element: &str,
        line: u64,
    ) -> Option<Decimal> {
        let text = attrs.get("percentage")?;
        match amount::percentage(text) {
            Ok(read) => {
                if let Some(how) = read.repaired {
                    let (text, value) = (shown(text), read.value.min(Decimal::ONE_HUNDRED));
                    self.add(
                        Rule::AmountRepaired,
                        line,
                        format_args!(
                            "the percentage {text} of {element} was read as {value}: {how}; write \
                             a plain decimal"
                        ),
                    );
                }
                Some(read.value)
            }
            Err(why) => {
                let text = shown(text);
                self.add(
                    Rule::PercentageInvalid,
                    line,
                    format_args!(
                        "the percentage {text} of {element} {why}; {element} was read without it; \
                         write a decimal from 0 to 100"
                    ),
                );
                None
            }
        }
    }

    /// Reads a flag, if it is given.
    pub(crate) fn flag(&mut self, attrs: &Attrs<'_>, name: &str, line: u64) -> Option<bool> {
        match attrs.get(name)? {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            other => {
                let other = shown(other);
                self.add(
                    Rule::AttributeInvalid,
                    line,
                    format_args!("@{name} is {other}; it was left out; write 1 or 0"),
                );
                None
            }
        }
    }
}
