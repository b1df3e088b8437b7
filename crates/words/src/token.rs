//! The tokens of a text.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use crate::latin::fold;

/// Bytes of a run after which the rest of it is a token of its own: no word is as long.
const MAX_TOKEN: usize = 96;

/// A run of letters, or one of digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The bytes of the text that it is.
    pub place: Range<usize>,
    /// The run, folded: lower case, without diacritics.
    pub folded: String,
}

impl Token {
    /// The token of a run; nothing for a mark alone, such as a letter that is all diacritic.
    pub(crate) fn at(text: &str, place: Range<usize>) -> Option<Self> {
        let folded = fold(&without_apostrophes(&text[place.clone()]));
        (!folded.is_empty()).then_some(Self { place, folded })
    }

    /// True for a number.
    pub fn is_number(&self) -> bool {
        self.folded.chars().all(char::is_numeric)
    }
}

/// Returns the tokens of a text, in their order. An apostrophe within a word belongs to it, and
/// counts for nothing: `Oʻzbekiston` is `ozbekiston`. Letters and digits are apart, so that
/// `22009A1229(01)` and `22009 a 1229 01` have the same.
pub fn tokens(text: &str) -> impl Iterator<Item = Token> {
    runs(text).filter_map(|place| Token::at(text, place))
}

/// The places of the runs of a text, in their order. Not all of them are tokens.
pub fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let place = next(text, rest)?;
        rest = place.end;
        Some(place)
    })
}

/// The place of the next run.
fn next(text: &str, from: usize) -> Option<Range<usize>> {
    let mut run: Option<(Range<usize>, bool)> = None;
    let mut characters = text[from..].char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        let (begin, end) = (from + place, from + place + character.len_utf8());
        let Some((range, digits)) = &mut run else {
            if character.is_alphanumeric() {
                run = Some((begin..end, character.is_numeric()));
            }
            continue;
        };
        let same = character.is_alphanumeric() && character.is_numeric() == *digits;
        let follows = characters.peek().is_some_and(|(_, next)| next.is_alphabetic());
        let within = !*digits && is_apostrophe(character) && follows;
        if !(same || within || is_combining_mark(character)) || range.len() >= MAX_TOKEN {
            break;
        }
        range.end = end;
    }
    run.map(|(range, _)| range)
}

const fn is_apostrophe(character: char) -> bool {
    matches!(
        character,
        '\'' | '`' | '´' | '\u{2018}' | '\u{2019}' | '\u{2bb}' | '\u{2bc}' | '\u{2b9}'
    )
}

fn without_apostrophes(run: &str) -> Cow<'_, str> {
    if run.contains(is_apostrophe) {
        run.chars().filter(|character| !is_apostrophe(*character)).collect()
    } else {
        Cow::Borrowed(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        tokens(text).map(|token| token.folded).collect()
    }

    #[test]
    fn a_text_is_cut_into_letters_and_digits() {
        assert_eq!(folded("EU–Kyrgyz  Republic, 1999!"), ["eu", "kyrgyz", "republic", "1999"]);
        assert_eq!(folded("22009A1229(01)"), ["22009", "a", "1229", "01"]);
        assert_eq!(folded("Oʻzbekiston O'zbekiston"), ["ozbekiston", "ozbekiston"]);
        assert_eq!(folded("'quoted'"), ["quoted"]);
        assert!(folded("!? \u{301} ()\0\u{7f}").is_empty());
    }

    #[test]
    fn tokens_stand_where_the_text_has_them() {
        let text = "Қазақстан и Ёж 2024";
        let places: Vec<&str> = tokens(text).map(|token| &text[token.place]).collect();
        assert_eq!(places, ["Қазақстан", "и", "Ёж", "2024"]);
    }
}
