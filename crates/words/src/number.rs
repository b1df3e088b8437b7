//! Numbers of documents that are written with brackets and asked without them: `22016A020401` for
//! `22016A0204(01)`, `P9_TA20240027` for `P9_TA(2024)0027`.

use crate::token::{Token, tokens};

/// The series of documents whose number has its year in brackets.
const SERIES: [&str; 5] = ["com", "join", "sec", "swd", "ta"];
/// Digits before the place of the brackets, or within them: of a year, of a CELEX number.
const DIGITS: usize = 4;

/// A token of a query.
pub struct Asked {
    /// The token, as it stands where the number has its brackets.
    pub token: Token,
    /// The run of digits that it is a part of, where the number has none.
    pub joined: Option<Token>,
}

/// Returns the tokens of a query, in their order. A run of digits in which brackets may be missing
/// gives two.
pub fn asked(text: &str) -> Vec<Asked> {
    let all: Vec<Token> = tokens(text).collect();
    let mut asked = Vec::with_capacity(all.len());
    for (place, token) in all.iter().enumerate() {
        if lacks_brackets(&all[..place], token) {
            asked.extend(
                halves(token).map(|half| Asked { token: half, joined: Some(token.clone()) }),
            );
        } else {
            asked.push(Asked { token: token.clone(), joined: None });
        }
    }
    asked
}

/// Returns whether brackets may be missing in a token after others.
fn lacks_brackets(before: &[Token], token: &Token) -> bool {
    let [rest @ .., letters] = before else { return false };
    let digits = token.folded.as_str();
    if !is_ascii_number(digits) || digits.len() != token.place.len() || !follows(letters, token) {
        return false;
    }
    let of_series = SERIES.contains(&letters.folded.as_str()) && is_year(digits);
    let is_celex = || {
        let year = rest.last().filter(|year| follows(year, letters));
        year.is_some_and(|year| is_ascii_number(&year.folded) && has_sector(&year.folded))
            && letters.folded.len() <= 2
    };
    match digits.len() {
        5..=8 if of_series => true,
        6 => is_celex(),
        _ => false,
    }
}

fn is_ascii_number(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether nothing stands between two tokens.
const fn follows(one: &Token, next: &Token) -> bool {
    one.place.end == next.place.start
}

/// Returns whether digits begin with a year.
fn is_year(digits: &str) -> bool {
    digits.starts_with("19") || digits.starts_with("20")
}

/// Returns whether digits are the sector of a CELEX number and a year.
fn has_sector(digits: &str) -> bool {
    digits.len() == 1 + DIGITS && is_year(&digits[1..])
}

fn halves(token: &Token) -> [Token; 2] {
    let middle = token.place.start + DIGITS;
    let (first, last) = token.folded.split_at(DIGITS);
    [(token.place.start..middle, first), (middle..token.place.end, last)]
        .map(|(place, half)| Token { place, folded: half.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        asked(text).into_iter().map(|asked| asked.token.folded).collect()
    }

    #[test]
    fn a_number_without_its_brackets_has_the_tokens_of_one_with_them() {
        for (without, with) in [
            ("22016A020401", "22016A0204(01)"),
            ("CELEX:22016a020401R01", "CELEX:22016a0204(01)R(01)"),
            ("52003XC040301", "52003XC0403(01)"),
            ("P9_TA20240027", "P9_TA(2024)0027"),
            ("P9 TA 2024 0027", "P9_TA(2024)0027"),
            ("JOIN20199 final", "JOIN(2019)9 final"),
            ("com2019640", "com(2019)640"),
        ] {
            let written: Vec<String> = tokens(with).map(|token| token.folded).collect();
            assert_eq!(folded(without), written, "{without}");
            assert_eq!(folded(with), written, "{with}");
        }
    }

    #[test]
    fn other_numbers_stay_as_they_are() {
        for text in [
            "22016A0204",
            "22016 A 020401",
            "22016ABC020401",
            "2016A020401",
            "23016A020401",
            "KG20240027",
            "TA2024",
            "TA18240027",
            "TA202400271",
            "TA 20240027",
            "XM-DAC-41114-PROJECT-00020401",
            "٢٢٠١٦A٠٢٠٤٠١",
            "TA2024\u{301}0027",
        ] {
            let as_they_are: Vec<String> = tokens(text).map(|token| token.folded).collect();
            assert_eq!(folded(text), as_they_are, "{text}");
        }
    }
}
