//! Exact amounts.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::date::Day;
use crate::source::{Confidence, SourceRef};
use crate::vocabulary;

/// Digits after the point that an amount may have.
pub const MOST_DECIMALS: u32 = 9;
/// Units that no single amount of a record exceeds: three times the yearly budget of Uzbekistan in
/// its own currency (3·10^14 UZS), and five thousand times that of the European Union. What is
/// larger is a slip of the pen.
pub const MOST_UNITS: i64 = 1_000_000_000_000_000;
const NANOS: i64 = 1_000_000_000;

/// An amount in a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Exact; may be negative.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// The day whose exchange rate applies, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_date: Option<Day>,
}

vocabulary! {
    /// The kind of a stated amount. Amounts of different kinds are never summed.
    AmountKind {
        /// The figure the record follows.
        Total = 1 "TOTAL",
        /// Another official figure for the same thing.
        Alternative = 2 "ALTERNATIVE",
        /// The first figure, revised later.
        Original = 3 "ORIGINAL",
        /// A part of the total.
        Part = 4 "PART",
        /// The part of other donors.
        CoFinancing = 5 "CO_FINANCING",
        /// The frame it is taken from.
        Envelope = 6 "ENVELOPE",
    }
}

/// An amount that a source states for a thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedAmount {
    /// The kind of the amount.
    pub kind: AmountKind,
    /// The amount.
    pub money: Money,
    /// A note: whose part it is, what it is for, or how exact.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Where the figure comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceRef>,
    /// How far it is to be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

/// A decimal number with `.`, at most 18 digits before and 9 after it; no exponent, no separators.
pub fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = whole.len() <= 18 && fraction.len() <= MOST_DECIMALS as usize;
    (plain(whole) && plain(fraction) && fits).then(|| Decimal::from_str(text).ok())?
}

/// A share in percent: a decimal number from 0 to 100.
pub fn percentage(text: &str) -> Option<Decimal> {
    decimal(text).filter(|number| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(number))
}

/// Returns whether an amount can be meant: at most [`MOST_UNITS`], either way.
pub fn is_plausible(amount: Decimal) -> bool {
    amount.abs() <= Decimal::from(MOST_UNITS)
}

/// An amount as two whole numbers, units and billionths of the same sign: both engines sum them
/// exactly.
pub fn units_and_nanos(amount: Decimal) -> (i64, i64) {
    let units = amount.trunc();
    let nanos = (amount - units) * Decimal::from(NANOS);
    let number = |value: Decimal| i64::try_from(value.trunc()).unwrap_or(0);
    (number(units), number(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    #[test]
    fn only_plain_decimals_are_read() {
        for text in [
            "1e3",
            "1,000",
            "",
            "-",
            ".5",
            "5.",
            " 1",
            "1.1234567890",
            "1234567890123456789",
            "NaN",
            "٣",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(decimal("-1234.50"), Some(number("-1234.50")));
    }
}
