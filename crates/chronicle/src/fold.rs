//! Texts without what people do not type: case, accents, kinds of dashes and quotes, runs of
//! spaces.

use std::borrow::Cow;
use std::collections::BTreeSet;

use facts::source::parts;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text as it is compared and sorted where words are asked: `Kyrgyz\u{a0}Republic – “Rôle”` is
/// `kyrgyz republic - "role"`.
pub fn fold(text: &str) -> String {
    let plain = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(plain(text)) };
    let mut folded = String::with_capacity(plain.len());
    for word in plain.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().map(|character| character.to_ascii_lowercase()));
    }
    folded
}

fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.nfkd().flat_map(char::to_lowercase).filter(|it| !is_combining_mark(*it)) {
        match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' => plain.push('\''),
            '\u{201c}'..='\u{201f}' | '«' | '»' => plain.push('"'),
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' => plain.push('d'),
            'ı' => plain.push('i'),
            other => plain.push(other),
        }
    }
    plain
}

/// Returns the candidate that is most like a text, if one is like it at all.
pub(crate) fn nearest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let text = fold(text);
    let most = Ord::max(1, text.chars().count() / 3);
    let far = |candidate: &str| distance(&text, &fold(candidate), most);
    let near =
        candidates.into_iter().filter_map(|candidate| Some((far(candidate)?, candidate))).min();
    near.map(|(_, candidate)| candidate)
}

/// Returns what tells whether somebody who asked for a text may have meant a value: all parts of
/// the one are in the other, but for a letter or two.
pub(crate) fn like(asked: &str) -> impl Fn(&str) -> bool {
    let asked: BTreeSet<String> = parts(&fold(asked)).into_iter().collect();
    move |value| {
        let held = parts(&fold(value));
        let is_held = |part: &String| held.iter().any(|other| is_same(part, other));
        !asked.is_empty() && asked.iter().all(is_held)
    }
}

fn is_same(asked: &str, held: &str) -> bool {
    let letters = asked.chars().count();
    if asked == held || (letters >= 3 && held.starts_with(asked)) {
        return true;
    }
    let most = match letters {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    let is_word = |text: &str| !text.starts_with(|first: char| first.is_numeric());
    most > 0 && is_word(asked) && is_word(held) && distance(asked, held, most).is_some()
}

/// Returns how many letters two texts differ by, if that is at most `most`. It takes time by the
/// product of both lengths, and a caller chooses one: texts whose lengths differ by more are not
/// compared.
fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let lengths = one.chars().count().abs_diff(other.chars().count());
    (lengths <= most).then(|| strsim::osa_distance(one, other)).filter(|found| *found <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_dashes_and_spaces_do_not_count() {
        for (text, folded) in [
            ("Kyrgyz Republic", "kyrgyz republic"),
            ("EU–Kazakhstan  «Rôle»", "eu-kazakhstan \"role\""),
            ("Straße\u{a0}Øst", "strasse ost"),
            ("Кыргыз Республикасы", "кыргыз республикасы"),
            ("İstanbul", "istanbul"),
            ("  ", ""),
        ] {
            assert_eq!(fold(text), folded);
            assert_eq!(fold(folded), folded, "folding again changes nothing");
        }
    }

    #[test]
    fn what_was_meant_is_near() {
        let words = ["PROTOCOL", "CONVENTION", "AVIATION"];
        assert_eq!(nearest("PROTOCL", words), Some("PROTOCOL"));
        assert_eq!(nearest("banana", words), None);
        for (asked, value, like) in [
            ("kirgyz", "kyrgyz republic", true),
            ("kazachstan", "partnership with kazakhstan", true),
            ("2023/2106", "2023 2106 ini", true),
            ("2024", "2023 2106 ini", false),
            ("drug", "water", false),
            ("()", "water", false),
        ] {
            assert_eq!(super::like(asked)(value), like, "{asked} {value}");
        }
    }

    /// Compared letter by letter, these would take minutes.
    #[test]
    fn what_differs_in_length_is_not_compared() {
        let asked = format!("{} {}", "a".repeat(4000), "b".repeat(4000));
        let values: Vec<String> = (0..5000).map(|one| format!("value {one}").repeat(20)).collect();
        let begun = std::time::Instant::now();

        let is_meant = super::like(&asked);
        assert!(!values.iter().any(|value| is_meant(value)));
        assert_eq!(nearest(&asked, values.iter().map(String::as_str)), None);

        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
