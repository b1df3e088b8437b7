//! Exact amounts, and how they are split so that the parts add up to the whole.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::date::Day;
use crate::source::{Confidence, SourceRef};
use crate::vocabulary;

/// Digits after the point that an amount may have.
pub const MOST_DECIMALS: u32 = 9;
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
    /// What a stated amount is. Amounts of different kinds are never summed.
    AmountKind {
        /// The figure the record follows.
        Total = 1 "TOTAL",
        /// Another official figure for the same thing.
        Alternative = 2 "ALTERNATIVE",
        /// The first figure, revised later.
        Original = 3 "ORIGINAL",
        /// A part of the total.
        Part = 4 "PART",
        /// What others add.
        CoFinancing = 5 "CO_FINANCING",
        /// The frame it is taken from.
        Envelope = 6 "ENVELOPE",
    }
}

/// An amount that a source states for a thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedAmount {
    /// What the amount is.
    pub kind: AmountKind,
    /// The amount.
    pub money: Money,
    /// Whose part, for what, or how exact.
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

/// An amount as two whole numbers, units and billionths of the same sign: both engines sum them exactly.
pub fn units_and_nanos(amount: Decimal) -> (i64, i64) {
    let units = amount.trunc();
    let nanos = (amount - units) * Decimal::from(NANOS);
    let number = |value: Decimal| i64::try_from(value.trunc()).unwrap_or(0);
    (number(units), number(nanos))
}

/// The sum of such numbers, as an amount.
pub fn from_units_and_nanos(units: i64, nanos: i64) -> Decimal {
    (Decimal::from(units) + Decimal::from(nanos) / Decimal::from(NANOS)).normalize()
}

/// Splits an amount by weights so that the parts add up to it, to its last digit, or to the cent where it has fewer. What
/// rounding leaves goes to the parts that lost most, the first of equals first. No weights, or none above zero: one part.
pub fn split(amount: Decimal, weights: &[Decimal]) -> Vec<Decimal> {
    let total: Decimal = weights.iter().sum();
    if weights.is_empty() || total <= Decimal::ZERO {
        return vec![amount];
    }
    let scale = amount.normalize().scale().max(2);
    let step = Decimal::new(1, scale)
        * if amount.is_sign_negative() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    let exact: Vec<Decimal> = weights.iter().map(|weight| amount * (*weight / total)).collect();
    let mut parts: Vec<Decimal> = exact.iter().map(|part| part.trunc_with_scale(scale)).collect();
    let mut order: Vec<usize> =
        (0..parts.len()).filter(|place| !weights[*place].is_zero()).collect();
    order.sort_by_key(|place| std::cmp::Reverse((exact[*place] - parts[*place]).abs()));
    let mut left = amount - parts.iter().sum::<Decimal>();
    for place in order.into_iter().cycle() {
        if (left / step) < Decimal::ONE {
            break;
        }
        parts[place] += step;
        left -= step;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let thirds = split(number("100"), &[number("33.33"), number("33.33"), number("33.33")]);
        assert_eq!(thirds, [number("33.34"), number("33.33"), number("33.33")]);

        for amount in ["100", "-0.01", "1234567.891", "0", "999999999999999.99"] {
            for weights in
                [vec!["50", "50"], vec!["1", "2", "97"], vec!["33.34", "66.65"], vec!["0", "100"]]
            {
                let weights: Vec<_> = weights.into_iter().map(number).collect();

                let parts = split(number(amount), &weights);

                assert_eq!(
                    parts.iter().sum::<Decimal>(),
                    number(amount),
                    "{amount} by {weights:?}: {parts:?}"
                );
            }
        }
    }

    #[test]
    fn amounts_survive_as_units_and_nanos() {
        for amount in ["0", "-1.5", "123456789012345678.123456789", "-0.000000001"] {
            let (units, nanos) = units_and_nanos(number(amount));

            assert_eq!(from_units_and_nanos(units, nanos), number(amount).normalize());
        }
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
