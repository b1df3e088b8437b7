//! A `value` element of a transaction or a budget while it is read.

use rust_decimal::Decimal;

use crate::activity::Money;
use crate::amount;
use crate::attributes::Attrs;
use crate::date::Date;
use crate::finding::Rule;
use crate::notes::Notes;
use crate::text::shown;

/// A value as far as it was read. What it lacks has its finding already.
#[derive(Debug)]
pub(crate) struct ValueDraft {
    currency: Option<String>,
    value_date: Option<Date>,
    amount: Option<Decimal>,
    line: u64,
}

impl ValueDraft {
    pub(crate) fn start(attrs: &Attrs<'_>, notes: &mut Notes, line: u64) -> Self {
        let value_date = attrs
            .get("value-date")
            .and_then(|text| notes.date(text, "value", "the value was read without it", line));
        Self { currency: attrs.text("currency"), value_date, amount: None, line }
    }

    /// Takes the text of the element. `owner` is what is lost if it is no number.
    pub(crate) fn end(&mut self, text: &str, owner: &str, notes: &mut Notes) {
        match amount::read(text) {
            Ok(read) => {
                if let Some(how) = read.repaired {
                    let (text, value) = (shown(text), read.value);
                    notes.add(
                        Rule::AmountRepaired,
                        self.line,
                        format_args!(
                            "the amount {text} of the {owner} was read as {value}: {how}; write a \
                             plain decimal"
                        ),
                    );
                }
                self.amount = Some(read.value);
            }
            Err(why) => {
                let text = shown(text);
                notes.add(
                    Rule::AmountInvalid,
                    self.line,
                    format_args!(
                        "the amount {text} of the {owner} {why}; the {owner} was not taken; write \
                         a plain decimal such as -1234.50"
                    ),
                );
            }
        }
    }

    /// Gives the money, with the activity's currency when the value names none.
    pub(crate) fn finish(
        self,
        default_currency: Option<&str>,
        owner: &str,
        notes: &mut Notes,
    ) -> Option<Money> {
        let Some(code) = self.currency.as_deref().or(default_currency) else {
            notes.add(
                Rule::CurrencyMissing,
                self.line,
                format_args!(
                    "the value of the {owner} has no currency and the activity has no default; \
                     the {owner} was not taken; give value/@currency or @default-currency"
                ),
            );
            return None;
        };
        let Some(currency) = mend_currency(code) else {
            let code = shown(code);
            notes.add(
                Rule::CurrencyInvalid,
                self.line,
                format_args!(
                    "{code} is not a currency; the {owner} was not taken; write an ISO 4217 code \
                     such as EUR"
                ),
            );
            return None;
        };
        if currency != code {
            let code = shown(code);
            notes.add(
                Rule::CurrencyRepaired,
                self.line,
                format_args!(
                    "the currency {code} of the {owner} was read as {currency}; write capitals"
                ),
            );
        }
        Some(Money { amount: self.amount?, currency, value_date: self.value_date })
    }
}

/// Three letters, made capitals.
fn mend_currency(code: &str) -> Option<String> {
    let three_letters = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    three_letters.then(|| code.to_ascii_uppercase())
}
