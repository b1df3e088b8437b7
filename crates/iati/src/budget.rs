//! A budget while it is read.

use crate::activity::Budget;
use crate::attributes::Attrs;
use crate::codes::{self, CodeList};
use crate::finding::Rule;
use crate::money::ValueDraft;
use crate::node::Node;
use crate::notes::Notes;
use crate::shares::DayDraft;

const NOT_TAKEN: &str = "the budget was not taken";

/// A budget as far as it was read.
#[derive(Debug)]
pub(crate) struct BudgetDraft {
    line: u64,
    type_: String,
    status: String,
    period_start: DayDraft,
    period_end: DayDraft,
    value: Option<ValueDraft>,
}

impl BudgetDraft {
    pub(crate) fn new(attrs: &Attrs<'_>, notes: &mut Notes, line: u64) -> Self {
        Self {
            line,
            type_: code_or_first(attrs, "type", &codes::BUDGET_TYPE, notes, line),
            status: code_or_first(attrs, "status", &codes::BUDGET_STATUS, notes, line),
            period_start: DayDraft::default(),
            period_end: DayDraft::default(),
            value: None,
        }
    }

    /// Takes the start of a child. False when nothing below it counts.
    pub(crate) fn start(
        &mut self,
        node: Node,
        attrs: &Attrs<'_>,
        notes: &mut Notes,
        line: u64,
    ) -> bool {
        match node {
            Node::PeriodStart => {
                return self.period_start.start(
                    attrs,
                    "budget/period-start",
                    NOT_TAKEN,
                    notes,
                    line,
                );
            }
            Node::PeriodEnd => {
                return self.period_end.start(attrs, "budget/period-end", NOT_TAKEN, notes, line);
            }
            Node::Value if self.value.is_some() => {
                notes.repeated("budget/value", line);
                return false;
            }
            Node::Value => self.value = Some(ValueDraft::start(attrs, notes, line)),
            _ => {}
        }
        true
    }

    /// Takes the text of `value`.
    pub(crate) fn end_value(&mut self, text: &str, notes: &mut Notes) {
        if let Some(value) = &mut self.value {
            value.end(text, "budget", notes);
        }
    }

    /// Gives the budget if it has all it must have; else findings say what it lacks.
    pub(crate) fn finish(
        self,
        default_currency: Option<&str>,
        notes: &mut Notes,
    ) -> Option<Budget> {
        let line = self.line;
        let mut lacks = |rule, what: &str| {
            notes.add(
                rule,
                line,
                format_args!("the budget has no {what}; it was not taken; give it"),
            );
        };
        if !self.period_start.seen {
            lacks(Rule::DateMissing, "period-start");
        }
        if !self.period_end.seen {
            lacks(Rule::DateMissing, "period-end");
        }
        if self.value.is_none() {
            lacks(Rule::AmountMissing, "value");
        }
        let value = self.value.and_then(|it| it.finish(default_currency, "budget", notes));
        Some(Budget {
            type_: self.type_,
            status: self.status,
            period_start: self.period_start.date?,
            period_end: self.period_end.date?,
            value: value?,
            line,
        })
    }
}

/// The code, or 1, which the standard means when there is none.
fn code_or_first(
    attrs: &Attrs<'_>,
    name: &str,
    list: &CodeList,
    notes: &mut Notes,
    line: u64,
) -> String {
    let Some(code) = attrs.get(name) else {
        return "1".to_owned();
    };
    notes.check_code(list, code, line);
    code.to_owned()
}
