//! The forms by which a token is kept and asked.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

use crate::latin::{is_cyrillic, is_russian, latin};
use crate::token::Token;

/// Words that say nothing of a text, in English and Russian; a CELEX number holds an `a` as well.
const COMMON: [&str; 31] = [
    "a",
    "an",
    "and",
    "as",
    "at",
    "by",
    "for",
    "from",
    "in",
    "its",
    "of",
    "on",
    "or",
    "s",
    "the",
    "their",
    "to",
    "with",
    "в",
    "для",
    "и",
    "к",
    "между",
    "на",
    "о",
    "об",
    "от",
    "по",
    "с",
    "со",
    "у",
];

/// Letters of a word from which on it has a stem.
const MIN_STEMMED: usize = 3;

/// The forms of a token, in Latin letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Without the ending that its language gives it.
    pub stem: String,
    /// All of it.
    pub whole: String,
    /// The stem of the Latin letters of a word in Cyrillic, where that is another.
    typed: Option<String>,
}

impl Token {
    /// True for a word that says nothing of a text.
    pub(crate) fn is_common(&self) -> bool {
        COMMON.binary_search(&self.folded.as_str()).is_ok()
    }
}

impl Key {
    /// Returns the forms of a token; nothing of a word that says nothing.
    pub fn of(token: &Token) -> Option<Self> {
        let folded = token.folded.as_str();
        if token.is_common() {
            return None;
        }
        if token.is_number() {
            let bare = folded.trim_start_matches('0');
            let bare = if bare.is_empty() { "0" } else { bare }.to_owned();
            return Some(Self { stem: bare.clone(), whole: bare, typed: None });
        }
        let whole = latin(folded);
        let mut stem = stem_english(&whole).into_owned();
        let mut typed = None;
        if folded.chars().any(is_cyrillic) {
            let own = latin(&stem_russian(folded));
            typed = Some(std::mem::replace(&mut stem, own)).filter(|typed| *typed != stem);
        }
        (!stem.is_empty()).then_some(Self { stem, whole, typed })
    }

    /// The forms under which it is kept: of a name all of it as well, so that its beginning finds
    /// it, and of a word in Cyrillic also the stem of its Latin letters, as one who types those has
    /// it.
    pub(crate) fn kept(&self, is_name: bool) -> impl Iterator<Item = String> {
        let mut kept = self.asked();
        if is_name && !kept.contains(&self.whole) {
            kept.push(self.whole.clone());
        }
        kept.into_iter()
    }

    /// The forms of which a text must have one to have the word.
    pub(crate) fn asked(&self) -> Vec<String> {
        [&self.stem].into_iter().chain(&self.typed).cloned().collect()
    }
}

fn stem_russian(folded: &str) -> Cow<'_, str> {
    if folded.chars().count() < MIN_STEMMED || !is_russian(folded) {
        return Cow::Borrowed(folded);
    }
    if let Some(country) = country(folded) {
        return Cow::Borrowed(country);
    }
    Stemmer::new(Algorithm::Russian).stem(folded)
}

/// Returns a name such as `кыргызстан` without the ending of its case: for the stemmer its last
/// letter is an ending of verbs.
fn country(folded: &str) -> Option<&str> {
    let endings = ["", "а", "у", "е", "ом"].into_iter();
    let mut bare = endings.filter_map(|ending| folded.strip_suffix(ending));
    bare.find(|bare| bare.ends_with("стан"))
}

fn stem_english(folded: &str) -> Cow<'_, str> {
    let is_english = folded.bytes().all(|byte| byte.is_ascii_lowercase());
    if folded.len() < MIN_STEMMED || !is_english {
        return Cow::Borrowed(folded);
    }
    Stemmer::new(Algorithm::English).stem(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens;

    fn stem(text: &str) -> Option<String> {
        Key::of(&tokens(text).next()?).map(|key| key.stem)
    }

    #[test]
    fn common_words_are_sorted_for_the_search() {
        assert!(COMMON.is_sorted());
    }

    #[test]
    fn words_meet_whatever_their_ending_case_and_script() {
        for same in [
            &["Agreement", "agreements", "AGREEMENT"][..],
            &["cooperation", "Cooperating", "coopérations"],
            &["Кыргызстан", "Кыргызстана", "Кыргызстаном", "Kyrgyzstan"],
            &["Киргизия", "Киргизии"],
            &["соглашение", "Соглашения", "соглашением"],
            &["Oʻzbekiston", "Ўзбекистон", "O'zbekiston"],
            &["Тоҷикистон", "Tojikiston"],
            &["0057", "57"],
        ] {
            let stems: Vec<_> = same.iter().map(|word| stem(word)).collect();
            assert!(
                stems.iter().all(|one| one.is_some() && *one == stems[0]),
                "{same:?} {stems:?}"
            );
        }
        for (own, typed) in [
            ("Кыргызстан", "Kyrgyzstan"),
            ("Туркменистан", "Türkmenistan"),
            ("Узбекистан", "Uzbekistan"),
        ] {
            let key = tokens(own).find_map(|token| Key::of(&token));
            assert!(key.is_some_and(|key| stem(typed).is_some_and(|it| key.asked().contains(&it))));
        }
        assert_eq!(stem("of"), None);
        assert_eq!(stem("000"), Some("0".to_owned()));
    }
}
