//! A query: words and phrases.

use std::fmt;

use crate::key::Key;
use crate::number::{Asked, asked};
use crate::token::{Token, tokens};

/// The most bytes of a query.
pub const MAX_BYTES: usize = 512;
/// The most words of a query, and of all its phrases together.
pub const MAX_WORDS: usize = 24;
/// Letters of a word from which on it may be the beginning of a longer one.
const MIN_PREFIX: usize = 2;

/// Why a query cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It has no word that says anything.
    Empty,
    /// It has more than [`MAX_BYTES`].
    TooLong,
    /// It has more than [`MAX_WORDS`].
    TooMany,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter
                .write_str("must have a word or a number other than articles and prepositions"),
            Self::TooLong => write!(formatter, "must have at most {MAX_BYTES} bytes"),
            Self::TooMany => write!(formatter, "must have at most {MAX_WORDS} words"),
        }
    }
}

/// A word that must be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// Its stem; of a word in Cyrillic also that of its Latin letters, which may end otherwise, and
    /// of a half of a number without brackets also the whole.
    pub stems: Vec<String>,
    /// Of the last word: the beginning that a longer one may have.
    pub prefix: Option<String>,
}

impl Ask {
    /// Returns whether a word of a text is this one.
    pub fn is(&self, key: &Key) -> bool {
        key.kept(true).any(|form| {
            self.stems.contains(&form)
                || self.prefix.as_ref().is_some_and(|begin| form.starts_with(begin))
        })
    }
}

/// Words that must all be there, and phrases that must be there as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Each word once, those of phrases too.
    pub words: Vec<Ask>,
    /// The words of each phrase of more than one, in their order, by their stems.
    pub phrases: Vec<Vec<Vec<String>>>,
}

impl Query {
    /// Reads a query. What stands in quotes is a phrase; a quote that is not closed counts for
    /// nothing. The last word may be the beginning of a longer one, unless it stands in quotes.
    /// Everything else is words, whatever the signs between them.
    pub fn read(text: &str) -> Result<Self, Problem> {
        if text.len() > MAX_BYTES {
            return Err(Problem::TooLong);
        }
        let mut query = Self::default();
        let mut last = None;
        let parts: Vec<&str> = text.split(is_quote).collect();
        let closed = parts.len() - 1 + parts.len() % 2;
        for (place, part) in parts.into_iter().enumerate() {
            let words: Vec<Word> = asked(part).iter().filter_map(read).collect();
            let is_phrase = place % 2 == 1 && place < closed;
            let phrase: Vec<_> = words.iter().map(|word| word.stems.clone()).collect();
            if is_phrase && phrase.len() > 1 && !query.phrases.contains(&phrase) {
                query.phrases.push(phrase);
            }
            for Word { stems, begin } in words {
                last = begin.filter(|_| !is_phrase);
                query.add(stems);
            }
        }
        if let (Some(word), Some(whole)) = (query.words.last_mut(), last) {
            word.prefix = (whole.chars().count() >= MIN_PREFIX).then_some(whole);
        }
        let in_phrases: usize = query.phrases.iter().map(Vec::len).sum();
        match query.words.len().max(in_phrases) {
            0 => Err(Problem::Empty),
            1..=MAX_WORDS => Ok(query),
            _ => Err(Problem::TooMany),
        }
    }

    /// Adds a word; one that is there already becomes the last.
    fn add(&mut self, stems: Vec<String>) {
        self.words.retain(|word| word.stems != stems);
        self.words.push(Ask { stems, prefix: None });
    }

    /// Returns whether each phrase stands in one of the texts.
    pub fn has_phrases<T: AsRef<str>>(&self, texts: &[T]) -> bool {
        if self.phrases.is_empty() {
            return true;
        }
        let texts: Vec<_> = texts.iter().map(|text| self.forms(text.as_ref())).collect();
        let has = |phrase: &Vec<_>| texts.iter().any(|text| holds(text, phrase));
        self.phrases.iter().all(has)
    }

    /// Returns whether a run of a text may be one of the words: by its first letter, which no
    /// ending changes. It spares the stem of most words of a text.
    pub(crate) fn may_have(&self, run: &str) -> bool {
        let first = run.chars().next().filter(char::is_ascii_alphabetic);
        first.is_none_or(|first| {
            let first = first.to_ascii_lowercase();
            let mut forms =
                self.words.iter().flat_map(|word| word.stems.iter().chain(&word.prefix));
            forms.any(|form| form.starts_with(first))
        })
    }

    /// The words of a text, each by all its stems; by none where it is not asked for.
    fn forms(&self, text: &str) -> Vec<Vec<String>> {
        let forms = |token: Token| {
            if self.may_have(&text[token.place.clone()]) {
                Key::of(&token).map(|key| key.kept(false).collect())
            } else {
                (!token.is_common()).then(Vec::new)
            }
        };
        tokens(text).filter_map(forms).collect()
    }
}

/// A word of a query, as it stands.
struct Word {
    stems: Vec<String>,
    /// All of it, where it may be the beginning of a longer word.
    begin: Option<String>,
}

/// Returns the forms of a token. A number with a zero before it is whole: `0027` does not begin
/// 2782.
fn read(Asked { token, joined }: &Asked) -> Option<Word> {
    let is_padded = token.is_number() && token.folded.starts_with('0');
    let key = Key::of(token)?;
    let mut stems = key.asked();
    stems.extend(joined.as_ref().and_then(Key::of).map(|joined| joined.stem));
    Some(Word { stems, begin: (!is_padded).then_some(key.whole) })
}

const fn is_quote(character: char) -> bool {
    matches!(character, '"' | '«' | '»' | '\u{201c}'..='\u{201f}')
}

fn holds(text: &[Vec<String>], phrase: &[Vec<String>]) -> bool {
    let is_it = |(forms, stems): (&Vec<String>, &Vec<String>)| {
        forms.iter().any(|form| stems.contains(form))
    };
    text.windows(phrase.len()).any(|some| some.iter().zip(phrase).all(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let shown = |word: &Ask| match &word.prefix {
            Some(prefix) => format!("{}|{prefix}*", word.stems.join("|")),
            None => word.stems.join("|"),
        };
        Query::read(text).map_or_else(
            |problem| vec![problem.to_string()],
            |query| query.words.iter().map(shown).collect(),
        )
    }

    #[test]
    fn a_query_is_words_and_the_last_may_go_on() {
        assert_eq!(words("Agreements with the Kyrg"), ["agreement", "kyrg|kyrg*"]);
        assert_eq!(words("22009A1229(01)"), ["22009", "1229", "1"]);
        assert_eq!(words("cooperation"), ["cooper|cooperation*"]);
        assert_eq!(words("agreement agreements"), ["agreement|agreements*"]);
        assert_eq!(words("Кыргызстан"), ["kyrgyzstan|kyrgyzstan*"]);
        assert_eq!(words("2024"), ["2024|2024*"]);
        assert_eq!(words("P9_TA(2024)0027"), ["p", "9", "ta", "2024", "27"]);
        assert_eq!(words("22009A122901"), ["22009", "1229|122901", "1|122901"]);
        assert_eq!(words("P9_TA20240027"), ["p", "9", "ta", "2024|20240027", "27|20240027"]);
    }

    #[test]
    fn a_phrase_stands_as_it_is_asked() {
        let query = Query::read("\"Kyrgyz Republic\" trade").unwrap_or_default();
        assert_eq!(query.phrases, [[["kyrgyz"], ["republ"]]]);
        assert_eq!(query.words.len(), 3);
        assert!(query.has_phrases(&["with the Kyrgyz Republic"]));
        assert!(query.has_phrases(&["no", "KYRGYZ REPUBLICS"]));
        assert!(!query.has_phrases(&["the Republic of the Kyrgyz"]));
        assert_eq!(words("\"one\" two"), ["one", "two|two*"]);
        assert_eq!(words("two \"one\""), ["two", "one"]);
        let open = Query::read("Kyrgyz \"Republic of").unwrap_or_default();
        assert!(open.phrases.is_empty());
    }

    #[test]
    fn no_form_of_a_word_begins_with_another_letter() {
        let irregular = "skis skies dying lying tying idly gently ugly early only singly yes eyes \
                         ies usages hopping Ärger Élan Oʻzbekiston I\u{307}stanbul kцafe";
        for token in tokens(irregular) {
            let first = irregular[token.place.clone()].chars().next().filter(char::is_ascii);
            let key = Key::of(&token);
            for form in key.iter().flat_map(|key| key.kept(true)) {
                let is_same = |first: char| form.starts_with(first.to_ascii_lowercase());
                assert!(first.is_none_or(is_same), "{token:?} {form}");
            }
        }
    }

    #[test]
    fn few_words_in_many_phrases_are_too_many() {
        let same = Query::read(&"\"b c\" ".repeat(60)).unwrap_or_default();
        assert_eq!(same.phrases.len(), 1);
        let letters = || "bcdfgh".chars();
        let pairs = letters().flat_map(|one| letters().map(move |other| (one, other)));
        let many: Vec<_> = pairs.map(|(one, other)| format!("\"{one} {other}\"")).collect();
        assert_eq!(Query::read(&many.join(" ")), Err(Problem::TooMany));
    }

    #[test]
    fn what_asks_nothing_is_refused() {
        for (text, problem) in [
            (String::new(), Problem::Empty),
            ("?!\0\u{7f} \"\" ()".to_owned(), Problem::Empty),
            ("of the".to_owned(), Problem::Empty),
            ("x".repeat(513), Problem::TooLong),
            ((b'b'..=b'z').flat_map(|it| [it.into(), 'q', ' ']).collect(), Problem::TooMany),
        ] {
            assert_eq!(Query::read(&text), Err(problem), "{text:?}");
        }
    }
}
