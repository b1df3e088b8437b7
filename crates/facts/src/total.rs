//! Sums of amounts, exact however many there are, and how they are split so that the parts add up
//! to the whole.

use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;

use rust_decimal::Decimal;

use crate::money::MOST_DECIMALS;

const NANOS: i128 = 1_000_000_000;
/// Decimals of a weight that count: all that a percentage has, and three more.
const WEIGHT_SCALE: u32 = 12;

/// A sum of amounts, in billionths. Room for 10^11 amounts of 10^18 each: more than a record can
/// hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Total(i128);

impl Total {
    /// The sum of so many billions, units and billionths.
    pub fn new(billions: i64, units: i64, nanos: i64) -> Self {
        let units = i128::from(billions) * NANOS + i128::from(units);
        Self(units * NANOS + i128::from(nanos))
    }

    /// Returns whether another can be a part of it: nothing, or of its sign and not more.
    pub fn covers(self, other: Self) -> bool {
        let (least, most) = if self.0 < 0 { (self.0, 0) } else { (0, self.0) };
        (least..=most).contains(&other.0)
    }

    /// Subtracts from both what they have in common: the smaller of them where they have one sign,
    /// else nothing.
    pub fn settle(&mut self, other: &mut Self) {
        let common = if self.covers(*other) {
            other.0
        } else if other.covers(*self) {
            self.0
        } else {
            0
        };
        self.0 -= common;
        other.0 -= common;
    }

    /// How much it is, without its sign.
    #[must_use]
    pub const fn magnitude(self) -> Self {
        Self(self.0.abs())
    }

    /// Decimals it has after the point, at least two: the cent.
    fn scale(self) -> u32 {
        let mut scale = MOST_DECIMALS;
        let mut rest = self.0;
        while scale > 2 && rest % 10 == 0 {
            (rest, scale) = (rest / 10, scale - 1);
        }
        scale
    }

    /// Splits it by weights so that the parts add up to it, to its last digit, or to the cent where
    /// it has fewer. What rounding leaves goes to the parts that lost most, the first of equals
    /// first. No weights, or none above zero: one part.
    pub fn split(self, weights: &[Decimal]) -> Vec<Self> {
        let weights: Vec<i128> = weights.iter().map(|weight| scaled(*weight)).collect();
        let total: i128 = weights.iter().sum();
        if total <= 0 {
            return vec![self];
        }
        // In steps of the last digit, and without the sign.
        let step = 10_i128.pow(MOST_DECIMALS - self.scale());
        let steps = (self.0 / step).abs();
        // floor(steps · weight / total) without leaving 128 bits: the quotient and the rest apart.
        let (quotient, rest) = (steps / total, steps % total);
        let exact = weights.iter().map(|weight| {
            let product = rest * weight;
            (quotient * weight + product / total, product % total)
        });
        let (mut parts, lost): (Vec<i128>, Vec<i128>) = exact.unzip();
        let mut order: Vec<usize> = (0..parts.len()).filter(|place| weights[*place] > 0).collect();
        order.sort_by_key(|place| std::cmp::Reverse(lost[*place]));
        let left = steps - parts.iter().sum::<i128>();
        for (_, place) in (0..left).zip(order.into_iter().cycle()) {
            parts[place] += 1;
        }
        parts.into_iter().map(|part| Self(part * step * self.0.signum())).collect()
    }
}

/// A weight as a whole number; at most 100 of them, none above 100.
fn scaled(weight: Decimal) -> i128 {
    let mut weight = weight.clamp(Decimal::ZERO, Decimal::ONE_THOUSAND);
    weight.rescale(WEIGHT_SCALE);
    weight.mantissa()
}

impl AddAssign for Total {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for Total {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        Self(all.map(|one| one.0).sum())
    }
}

/// A decimal number without zeros at its end.
impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, nanos) = (self.0.abs() / NANOS, self.0.abs() % NANOS);
        if nanos == 0 {
            return write!(f, "{sign}{units}");
        }
        let text = format!("{nanos:09}");
        write!(f, "{sign}{units}.{}", text.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;
    use crate::money::units_and_nanos;

    fn total(text: &str) -> Total {
        let (units, nanos) = units_and_nanos(Decimal::from_str(text).unwrap());
        Total::new(0, units, nanos)
    }

    fn parts(amount: Total, weights: &[&str]) -> Vec<Total> {
        let weights: Vec<_> =
            weights.iter().map(|weight| Decimal::from_str(weight).unwrap()).collect();
        amount.split(&weights)
    }

    #[test]
    fn a_part_has_the_sign_of_the_whole_and_is_not_more() {
        for (whole, part, covers) in [
            (5, 5, true),
            (5, 0, true),
            (5, 6, false),
            (5, -1, false),
            (-5, -5, true),
            (-5, 1, false),
        ] {
            let [whole, part] = [whole, part].map(|units| Total::new(0, units, 0));
            assert_eq!(whole.covers(part), covers, "{part} of {whole}");
        }
    }

    #[test]
    fn of_two_what_they_have_in_common_is_taken_out() {
        for (one, other, left) in
            [(5, 3, (2, 0)), (3, 5, (0, 2)), (-5, -3, (-2, 0)), (5, -3, (5, -3)), (0, 3, (0, 3))]
        {
            let [mut first, mut second] = [one, other].map(|units| Total::new(0, units, 0));
            first.settle(&mut second);
            let wanted = (Total::new(0, left.0, 0), Total::new(0, left.1, 0));
            assert_eq!((first, second), wanted, "{one} {other}");
        }
        assert_eq!(total("-1.5").magnitude(), total("1.5"));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let thirds = parts(total("100"), &["33.33", "33.33", "33.33"]);
        assert_eq!(thirds, [total("33.34"), total("33.33"), total("33.33")]);

        let largest = Total::new(1_000_000_000_000, 999_999_999, -1);
        let amounts = ["100", "-0.01", "1234567.891", "0", "999999999999999.99"];
        for amount in amounts.map(total).into_iter().chain([largest]) {
            for weights in [
                vec!["50", "50"],
                vec!["1", "2", "97"],
                vec!["33.34", "66.65"],
                vec!["0", "100"],
                vec!["33.333333333333"; 3],
                vec!["1.010101010101"; 99],
            ] {
                let parts = parts(amount, &weights);

                assert_eq!(parts.len(), weights.len());
                assert_eq!(parts.into_iter().sum::<Total>(), amount, "{amount} by {weights:?}");
            }
        }
        assert_eq!(parts(total("7"), &[]), [total("7")]);
        assert_eq!(parts(total("7"), &["0", "0"]), [total("7")]);
    }

    #[test]
    fn amounts_are_shown_as_they_were() {
        for amount in ["0", "-1.5", "123456789012345678.123456789", "-0.000000001", "1200"] {
            assert_eq!(total(amount).to_string(), amount);
        }
    }
}
