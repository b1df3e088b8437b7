//! The terms that are kept of the texts of a resource.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::key::Key;
use crate::token::tokens;

/// The weight of a name of one word that is asked for: no term has more.
pub const MAX_WEIGHT: i64 = 1000;
/// The most terms that are kept of a resource; names come first.
const MAX_TERMS: usize = 2000;
/// Words of a text by which its weight is halved.
const HALF: i64 = 8;

/// How much a text says of what a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A title, a name, an identifier.
    Name,
    /// A summary, a note.
    Text,
}

impl Weight {
    const fn most(self) -> i64 {
        match self {
            Self::Name => MAX_WEIGHT,
            Self::Text => MAX_WEIGHT / 4,
        }
    }
}

/// A text of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// How much it says of what the resource is.
    pub weight: Weight,
    /// The text, as it is stored.
    pub text: Cow<'a, str>,
}

impl<'a> Said<'a> {
    /// A text of a weight.
    pub fn new(weight: Weight, text: impl Into<Cow<'a, str>>) -> Self {
        Self { weight, text: text.into() }
    }
}

/// A form of a word, and how much it says of the resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The form.
    pub form: String,
    /// From 1 to [`MAX_WEIGHT`]: the more, the shorter the text, and more in a name.
    pub weight: i64,
}

/// Returns what is kept of some texts: each form once, with the most that one of the texts gives
/// it, in the order of the forms.
pub fn terms(all: &[Said<'_>]) -> Vec<Term> {
    let mut kept: BTreeMap<String, i64> = BTreeMap::new();
    let mut ordered: Vec<&Said<'_>> = all.iter().collect();
    ordered.sort_by_key(|said| said.weight);
    for said in ordered {
        let keys: Vec<Key> = tokens(&said.text).filter_map(|token| Key::of(&token)).collect();
        let weight = weight(said.weight, keys.len());
        for form in keys.iter().flat_map(|key| key.kept(said.weight == Weight::Name)) {
            if let Some(known) = kept.get_mut(&form) {
                *known = weight.max(*known);
            } else if kept.len() < MAX_TERMS {
                kept.insert(form, weight);
            }
        }
    }
    kept.into_iter().map(|(form, weight)| Term { form, weight }).collect()
}

/// The weight of each word of a text of so many.
fn weight(of: Weight, words: usize) -> i64 {
    let others = i64::try_from(words).unwrap_or(i64::MAX / 2).saturating_sub(1);
    (of.most() * HALF / (HALF + others)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: &[(Weight, &str)]) -> Vec<(String, i64)> {
        let said: Vec<Said<'_>> =
            all.iter().map(|(weight, text)| Said::new(*weight, *text)).collect();
        terms(&said).into_iter().map(|term| (term.form, term.weight)).collect()
    }

    #[test]
    fn names_weigh_more_than_texts_and_short_ones_more_than_long() {
        let name = of(&[(Weight::Name, "Kirghiz")]);
        assert_eq!(name, [("kirghiz".to_owned(), 1000)]);
        let weight = |all: &[(Weight, &str)]| {
            of(all).into_iter().find(|(form, _)| form == "kirghiz").unwrap_or_default().1
        };
        assert_eq!(weight(&[(Weight::Text, "Kirghiz")]), 250);
        let title = "Agreement with the Kirghiz of the one part";
        assert!(weight(&[(Weight::Name, title)]) < 1000);
        assert!(weight(&[(Weight::Name, title)]) > weight(&[(Weight::Text, title)]));
        assert_eq!(weight(&[(Weight::Text, title), (Weight::Name, "Kirghiz")]), 1000);
    }

    #[test]
    fn names_are_kept_whole_too() {
        let forms = |weight| -> Vec<String> {
            of(&[(weight, "cooperation")]).into_iter().map(|(form, _)| form).collect()
        };
        assert_eq!(forms(Weight::Name), ["cooper", "cooperation"]);
        assert_eq!(forms(Weight::Text), ["cooper"]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let words: Vec<String> = (0..9000).map(|one| one.to_string()).collect();
        assert_eq!(of(&[(Weight::Text, &words.join(" "))]).len(), MAX_TERMS);
    }
}
