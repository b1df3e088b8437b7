//! Numbers as publishers write them. What has one reading is read; the rest is refused.

use std::str::FromStr;

use rust_decimal::Decimal;

/// Longer than any number with 28 digits and separators.
const MAX_LENGTH: usize = 64;
/// How far above 100 a percentage is one of 100 that was computed: as far as a sum may be.
const ROUNDING: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
const ABOVE: &str = "it is above 100 by rounding";

/// A number that was read, and how its writing was repaired if it was not a plain decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AmountRead {
    pub value: Decimal,
    pub repaired: Option<&'static str>,
}

/// Reads an `xsd:decimal`, or else a number whose separators leave no doubt.
///
/// `1,234` is refused: it may be 1234 or 1.234. `1,234.5`, `1.234,5`, `1 234` and `12,5` each
/// have one reading. Gives the reason why not.
pub(crate) fn read(text: &str) -> Result<AmountRead, &'static str> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("is empty");
    }
    if trimmed.len() > MAX_LENGTH {
        return Err("is too long for a number");
    }
    if is_plain(trimmed) {
        return plain(trimmed);
    }
    if trimmed.contains(['e', 'E']) {
        return exponent(trimmed);
    }
    separated(trimmed)
}

/// Reads a percentage: a number as above, perhaps with a percent sign, from 0 to 100, or above that
/// by what rounding adds: it stays as it is written, and means 100.
pub(crate) fn percentage(text: &str) -> Result<AmountRead, &'static str> {
    let trimmed = text.trim();
    let without_sign = trimmed.strip_suffix('%');
    let number = without_sign.unwrap_or(trimmed);
    // No share is thousands: one comma is the point.
    let is_fraction = number.split_once(',').is_some_and(|(whole, fraction)| {
        !fraction.is_empty() && is_plain(&format!("{whole}{fraction}")) && !whole.contains('.')
    });
    let mut amount = if is_fraction {
        let value = read(&number.replacen(',', ".", 1))?.value;
        AmountRead { value, repaired: Some("its separators were repaired") }
    } else {
        read(number)?
    };
    if amount.value < Decimal::ZERO || amount.value > Decimal::ONE_HUNDRED + ROUNDING {
        return Err("is not between 0 and 100");
    }
    if without_sign.is_some() {
        amount.repaired = Some("its percent sign was dropped");
    }
    if amount.value > Decimal::ONE_HUNDRED {
        amount.repaired = Some(ABOVE);
    }
    Ok(amount)
}

/// `xsd:decimal`: a sign, digits, at most one point, at least one digit.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let points = digits.bytes().filter(|byte| *byte == b'.').count();
    points <= 1
        && digits.len() > points
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn plain(text: &str) -> Result<AmountRead, &'static str> {
    // A point at the end is legal in XML Schema; the decimal parser wants a digit after it.
    let padded;
    let digits = if text.ends_with('.') {
        padded = format!("{text}0");
        &padded
    } else {
        text
    };
    if let Ok(value) = Decimal::from_str_exact(digits) {
        return Ok(AmountRead { value, repaired: None });
    }
    let value = Decimal::from_str(digits).map_err(|_| "has more digits than can be kept")?;
    Ok(AmountRead { value, repaired: Some("it was rounded to 28 digits") })
}

fn exponent(text: &str) -> Result<AmountRead, &'static str> {
    let (mantissa, power) = text.split_once(['e', 'E']).ok_or("is not a number")?;
    let power_digits = power.strip_prefix(['+', '-']).unwrap_or(power);
    let short = (1..=2).contains(&power_digits.len());
    if !is_plain(mantissa) || !short || !power_digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("is not a number");
    }
    let value = Decimal::from_scientific(text).map_err(|_| "has more digits than can be kept")?;
    Ok(AmountRead { value, repaired: Some("it was written with an exponent") })
}

fn separated(text: &str) -> Result<AmountRead, &'static str> {
    let with_sign = text.replace('\u{2212}', "-");
    let (sign, digits) = match with_sign.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", with_sign.strip_prefix('+').unwrap_or(&with_sign)),
    };
    let (whole, fraction) = split_fraction(digits)?;
    let bare = without_separators(whole)?;
    if bare.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("is not a number");
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let read = plain(&format!("{sign}{bare}{point}{fraction}"))?;
    Ok(AmountRead { value: read.value, repaired: Some("its separators were repaired") })
}

/// Removes separators of thousands: all of one kind, all where thousands part.
fn without_separators(whole: &str) -> Result<String, &'static str> {
    let mut separators = whole.chars().filter(|c| !c.is_ascii_digit());
    if let Some(first) = separators.next() {
        if !is_separator(first) || separators.any(|c| c != first) {
            return Err("is not a number");
        }
        let mut groups = whole.split(first);
        let lead = groups.next().unwrap_or_default();
        if !(1..=3).contains(&lead.len()) || !groups.all(|group| group.len() == 3) {
            return Err("has separators that do not part thousands");
        }
    }
    Ok(whole.chars().filter(char::is_ascii_digit).collect())
}

/// Finds which of point and comma, if any, starts the fraction.
fn split_fraction(digits: &str) -> Result<(&str, &str), &'static str> {
    let commas = digits.matches(',').count();
    let points = digits.matches('.').count();
    let mark = match (commas, points) {
        (0, 0 | 2..) | (2.., 0) => return Ok((digits, "")),
        (0, 1) => '.',
        (1, 0) => ',',
        _ => match (digits.rfind(','), digits.rfind('.')) {
            (Some(comma), Some(point)) if comma > point && commas == 1 => ',',
            (Some(comma), Some(point)) if point > comma && points == 1 => '.',
            _ => return Err("mixes points and commas"),
        },
    };
    let (whole, fraction) = digits.rsplit_once(mark).unwrap_or((digits, ""));
    if fraction.is_empty() {
        return Err("is not a number");
    }
    let other_separator = whole.chars().any(|c| !c.is_ascii_digit());
    if mark == ',' && !other_separator && fraction.len() == 3 && whole.len() <= 3 {
        return Err("may mean thousands or a fraction");
    }
    Ok((whole, fraction))
}

fn is_separator(c: char) -> bool {
    matches!(c, ',' | '.' | ' ' | '\'' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2019}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        read(text).unwrap_or_else(|why| panic!("{text:?} {why}")).value.to_string()
    }

    #[test]
    fn a_decimal_of_xml_schema_is_read_as_it_is() {
        for (text, wanted) in [
            ("0", "0"),
            ("-12.50", "-12.50"),
            ("+7", "7"),
            (" 3 \n", "3"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("18214091.1600000000", "18214091.1600000000"),
            ("1.234", "1.234"),
        ] {
            assert_eq!(value(text), wanted, "{text:?}");
            assert_eq!(read(text).unwrap().repaired, None, "{text:?}");
        }
    }

    #[test]
    fn separators_with_one_reading_are_mended() {
        for (text, wanted) in [
            ("1,234.56", "1234.56"),
            ("1,234,567", "1234567"),
            ("1.234,56", "1234.56"),
            ("1.234.567", "1234567"),
            ("1 234 567,8", "1234567.8"),
            ("12,5", "12.5"),
            ("1\u{a0}234", "1234"),
            ("1\u{202f}234\u{202f}567.5", "1234567.5"),
            ("\u{2212}5", "-5"),
            ("-1'000", "-1000"),
            ("1234,567", "1234.567"),
            ("1 234,567", "1234.567"),
            ("1.5E6", "1500000"),
            ("2e-2", "0.02"),
        ] {
            assert_eq!(value(text), wanted, "{text:?}");
            assert!(read(text).unwrap().repaired.is_some(), "{text:?}");
        }
    }

    #[test]
    fn what_has_no_one_reading_is_refused() {
        let refused = "-|.|abc|USD 100|$5|(100)|100-|1,234|12,34,567|1,234,56|1,2.3,4|1 2|NaN|INF|\
                       1e|1e400|e5|1e1e1|--5|1,|0x10|١٢٣|99999999999999999999999999999999|\
                       1 000,000 000|1.234 567,8|, | ";
        for text in refused.split('|') {
            assert!(read(text).is_err(), "{text:?} gave {:?}", read(text));
        }
        assert!(read(&"9".repeat(5000)).is_err());
    }

    #[test]
    fn a_percentage_stays_between_0_and_100() {
        assert_eq!(percentage("33,3").unwrap().value.to_string(), "33.3");
        assert_eq!(percentage("33,333").unwrap().value.to_string(), "33.333");
        assert_eq!(percentage("50%").unwrap().value.to_string(), "50");
        for (above, wanted) in
            [("100.00001", "100.00001"), ("100.01", "100.01"), ("100,01%", "100.01")]
        {
            let read = percentage(above).unwrap();
            assert_eq!(read.value.to_string(), wanted, "{above}");
            assert_eq!(read.repaired, Some(ABOVE), "{above}");
        }
        for text in ["-1", "100.011", "half", "", "%", "1,", "1,2,3", "1,234.5"] {
            assert!(percentage(text).is_err(), "{text:?}");
        }
    }
}
