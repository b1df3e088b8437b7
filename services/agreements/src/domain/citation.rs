//! Citations of parts of an agreement: `Article 94(2)`, `Articles 2 and 94`, `Articles 76-77`,
//! `Article 9(1)(d) to (f)`, `Title III`. What is not read for certain is not read at all.

use std::fmt;

use chronicle::fold;

/// The most parts of one citation: a longer range is not read.
const MAX_PARTS: u32 = 400;

/// The words that citations begin with, in the singular; the first is what has paragraphs.
const WORDS: [&str; 12] = [
    ARTICLE,
    "title",
    "chapter",
    "part",
    "section",
    "subsection",
    "annex",
    "appendix",
    "protocol",
    "schedule",
    "declaration",
    "preamble",
];
const ARTICLE: &str = "article";
/// The words of what has articles of its own, apart from those of the main text.
const ATTACHED: [&str; 5] = ["annex", "appendix", "protocol", "schedule", "declaration"];

/// A part of an agreement: an article with one of its paragraphs, or a division.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cited {
    /// `article`, `title`, …
    word: &'static str,
    /// Its number: 94 of `94a`, 7 of `VII`; 0 where it has none.
    number: u32,
    /// The letters after it: `a` of `94a`, `bis`, or `b` of `Annex B`.
    letters: String,
    /// The paragraph, from the outside in: `2`, `b`.
    path: Vec<String>,
}

/// The answer to whether a part covers another, from the least that is said to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Covers {
    /// It does not.
    No,
    /// It covers a part of it, or it is not known.
    Perhaps,
    /// It does.
    Yes,
}

impl Cited {
    /// Returns whether all of `other` lies within it.
    pub fn covers(&self, other: &Self) -> Covers {
        let is_same = self.is_of(other) && self.letters == other.letters;
        if is_same && other.path.starts_with(&self.path) {
            Covers::Yes
        } else if is_same && self.path.starts_with(&other.path) {
            Covers::Perhaps
        } else if !is_same
            && self.word != other.word
            && (self.has_articles() || other.has_articles())
        {
            // Which articles a title has is not in its citation.
            Covers::Perhaps
        } else {
            Covers::No
        }
    }

    /// Returns whether it is less than another part, and all of it lies within that.
    pub fn lies_within(&self, other: &Self) -> bool {
        self != other && other.covers(self) == Covers::Yes
    }

    fn is_of(&self, other: &Self) -> bool {
        (self.word, self.number) == (other.word, other.number)
    }

    /// True for an article, or a paragraph of one.
    pub fn is_article(&self) -> bool {
        self.word == ARTICLE
    }

    /// True for an annex, a protocol and the like: its articles are its own.
    pub fn is_attached(&self) -> bool {
        ATTACHED.contains(&self.word)
    }

    /// Returns whether both are divisions of one word: articles lie within one of them.
    pub fn is_like(&self, other: &Self) -> bool {
        self.word == other.word && self.word != ARTICLE
    }

    /// True for a division that articles lie within.
    fn has_articles(&self) -> bool {
        matches!(self.word, "title" | "chapter" | "part" | "section" | "subsection")
    }

    /// Returns it with what it lies within, from the outside in: an article, its paragraph, the
    /// point of that.
    pub fn around(&self) -> impl Iterator<Item = Self> + '_ {
        let within = move |depth: usize| Self { path: self.path[..depth].to_vec(), ..self.clone() };
        (0..=self.path.len()).map(within)
    }

    /// Its word and number, which what it covers has too, unless one of them is a division.
    pub const fn key(&self) -> (&'static str, u32) {
        (self.word, self.number)
    }
}

/// As it is cited: `Article 94(2)`.
impl fmt::Display for Cited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, rest) = self.word.split_at(1);
        write!(f, "{}{rest}", first.to_uppercase())?;
        match (self.number, &*self.letters) {
            (0, "") => {}
            (0, letters) => write!(f, " {}", letters.to_uppercase())?,
            (number, letters) => write!(f, " {number}{letters}")?,
        }
        self.path.iter().try_for_each(|part| write!(f, "({part})"))
    }
}

/// Returns the parts that a citation names; nothing where it cannot be read for certain.
pub fn read(text: &str) -> Option<Vec<Cited>> {
    let mut reader = Reader { tokens: tokens(&fold(text))?, place: 0, found: Vec::new() };
    reader.read()?;
    Some(reader.found)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// A number with the letters after it.
    Number(u32, String),
    /// The text in brackets, or after a point.
    Part(String),
    /// A semicolon, `and`, `or`.
    And,
    Comma,
    /// A dash, `to`.
    To,
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_end_matches('.');
    while let Some(first) = rest.chars().next() {
        let end = |is: fn(char) -> bool| rest.find(|one| !is(one)).unwrap_or(rest.len());
        let (token, bytes) = match first {
            ' ' => (None, 1),
            ',' => (Some(Token::Comma), 1),
            ';' => (Some(Token::And), 1),
            '-' => (Some(Token::To), 1),
            '(' => {
                let bytes = rest.find(')')?;
                (Some(Token::Part(part(&rest[1..bytes])?)), bytes + 1)
            }
            '.' if matches!(tokens.last(), Some(Token::Number(..) | Token::Part(_))) => {
                let bytes = rest[1..].find(|one: char| !one.is_ascii_digit());
                let bytes = bytes.map_or(rest.len(), |bytes| bytes + 1);
                (Some(Token::Part(part(&rest[1..bytes])?)), bytes)
            }
            '.' if matches!(tokens.last(), Some(Token::Word(_))) => (None, 1),
            '0'..='9' => {
                let digits = end(|one| one.is_ascii_digit());
                let bytes = end(|one| one.is_ascii_alphanumeric());
                let number = rest[..digits].parse().ok()?;
                (Some(Token::Number(number, rest[digits..bytes].to_owned())), bytes)
            }
            'a'..='z' => {
                let bytes = end(|one| one.is_ascii_lowercase());
                let token = match &rest[..bytes] {
                    "and" | "or" => Token::And,
                    "to" | "through" => Token::To,
                    word => Token::Word(word.to_owned()),
                };
                (Some(token), bytes)
            }
            _ => return None,
        };
        // `, and` is one.
        if token == Some(Token::And) && tokens.last() == Some(&Token::Comma) {
            tokens.pop();
        }
        tokens.extend(token);
        rest = &rest[bytes..];
    }
    Some(tokens)
}

/// Returns whether a folded text names an annex, a protocol and the like, whatever else it says.
pub fn names_attached(folded: &str) -> bool {
    let mut words = folded.split(|one: char| !one.is_ascii_lowercase()).filter_map(word);
    words.any(|word| ATTACHED.contains(&word))
}

/// A paragraph or point: a number, a letter, `aa`, `ab` or `bb`, or a Roman numeral. Any other word in
/// brackets is a remark: `Article 14 (goods)`.
fn part(text: &str) -> Option<String> {
    let text = text.trim();
    let letters = text.trim_start_matches(|one: char| one.is_ascii_digit());
    let is_part = if letters.len() < text.len() {
        letters.len() <= 1 || matches!(letters, "bis" | "ter" | "quater")
    } else {
        letters.len() == 1 || is_double(letters) || is_roman(letters)
    };
    let is_lowercase = letters.chars().all(|one| one.is_ascii_lowercase());
    (is_part && is_lowercase).then(|| text.to_owned())
}

/// Returns whether it is one of the points that follow `z`, or lie within another.
fn is_double(text: &str) -> bool {
    let letters = text.as_bytes();
    letters.len() == 2 && (letters[0] == b'a' || letters[0] == letters[1])
}

/// Returns whether all letters are those of Roman numerals up to 89.
fn is_roman(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|one| matches!(one, 'i' | 'v' | 'x' | 'l'))
}

/// The word in the singular, if citations begin with it.
fn word(text: &str) -> Option<&'static str> {
    let singular = match text {
        "art" | "arts" => ARTICLE,
        "annexes" => "annex",
        "appendices" => "appendix",
        "preambles" => return None,
        text => text.strip_suffix('s').unwrap_or(text),
    };
    WORDS.into_iter().find(|word| *word == singular)
}

/// The number of a division: `vii` is 7, and `b` a letter.
fn numeral(text: &str) -> Option<(u32, String)> {
    let values = text.chars().map(|one| match one {
        'i' => Some(1),
        'v' => Some(5),
        'x' => Some(10),
        'l' => Some(50),
        _ => None,
    });
    let Some(values) = values.collect::<Option<Vec<u32>>>() else {
        return (text.len() == 1).then(|| (0, text.to_owned()));
    };
    let mut sum = 0;
    for (place, value) in values.iter().enumerate() {
        let is_less = values.get(place + 1).is_some_and(|next| value < next);
        sum = if is_less { sum - i64::from(*value) } else { sum + i64::from(*value) };
    }
    Some((u32::try_from(sum).ok()?, String::new()))
}

struct Reader {
    tokens: Vec<Token>,
    place: usize,
    found: Vec<Cited>,
}

impl Reader {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place).cloned();
        self.place += 1;
        token
    }

    fn read(&mut self) -> Option<()> {
        let Some(Token::Word(first)) = self.next() else { return None };
        let mut current = word(&first)?;
        self.one(current)?;
        while let Some(joiner) = self.next() {
            let is_comma = joiner == Token::Comma;
            match (joiner, self.tokens.get(self.place)?.clone()) {
                (Token::And | Token::Comma, Token::Part(_)) => self.sibling()?,
                (Token::And | Token::Comma, Token::Word(next)) if word(&next).is_some() => {
                    self.place += 1;
                    let next = word(&next)?;
                    // `Title III, Chapter 2` may be a chapter of that title.
                    current = (next == current || !is_comma).then_some(next)?;
                    self.one(current)?;
                }
                (Token::Comma, Token::Word(next)) if next == "paragraph" => {
                    self.place += 1;
                    self.paragraph()?;
                }
                (Token::And | Token::Comma, _) => self.one(current)?,
                (Token::To, Token::Part(_)) => self.up_to_part()?,
                (Token::To, Token::Number(..)) => self.up_to_number()?,
                _ => return None,
            }
        }
        Some(())
    }

    /// One part of the agreement, with its paragraph.
    fn one(&mut self, word: &'static str) -> Option<()> {
        let (number, letters) = match self.tokens.get(self.place) {
            Some(Token::Number(number, letters)) => (*number, letters.clone()),
            Some(Token::Word(text)) if word != ARTICLE => numeral(text)?,
            None if word == "preamble" || word == "annex" => (0, String::new()),
            _ => return None,
        };
        self.place += 1;
        let mut path = Vec::new();
        while let Some(Token::Part(part)) = self.tokens.get(self.place) {
            path.push(part.clone());
            self.place += 1;
        }
        self.add(Cited { word, number, letters, path })
    }

    fn add(&mut self, cited: Cited) -> Option<()> {
        self.found.push(cited);
        (self.found.len() <= MAX_PARTS as usize).then_some(())
    }

    /// Another paragraph of the article before: `Article 35(1) and (2)`.
    fn sibling(&mut self) -> Option<()> {
        let Some(Token::Part(part)) = self.next() else { return None };
        let before = self.found.last()?.clone();
        let is_number = |part: &str| part.starts_with(|one: char| one.is_ascii_digit());
        let kin = |one: &&String| is_number(one) == is_number(&part);
        // Of two levels with letters it is not certain which is meant.
        let [at] = before.path.iter().filter(kin).collect::<Vec<_>>()[..] else { return None };
        let depth = before.path.iter().position(|one| one == at)?;
        let mut path = before.path[..depth].to_vec();
        path.push(part);
        while let Some(Token::Part(part)) = self.tokens.get(self.place) {
            path.push(part.clone());
            self.place += 1;
        }
        self.add(Cited { path, ..before })
    }

    /// `Article 94, paragraph 2`.
    fn paragraph(&mut self) -> Option<()> {
        let Some(Token::Number(number, letters)) = self.next() else { return None };
        let last = self.found.last_mut().filter(|last| last.path.is_empty())?;
        last.path.push(format!("{number}{letters}"));
        // Of several it is not certain which has it.
        (self.place == self.tokens.len() && self.found.len() == 1).then_some(())
    }

    /// The articles after the one before, up to one: `Articles 76-77`.
    fn up_to_number(&mut self) -> Option<()> {
        let Some(Token::Number(last, letters)) = self.next() else { return None };
        let first = self.found.last()?.clone();
        let is_plain = first.path.is_empty() && first.letters.is_empty() && letters.is_empty();
        let is_range = is_plain && first.number < last && last - first.number < MAX_PARTS;
        let numbers = is_range.then(|| first.number + 1..=last)?;
        numbers.map(|number| self.add(Cited { number, ..first.clone() })).collect()
    }

    /// The paragraphs after the one before, up to one: `(d) to (f)`.
    fn up_to_part(&mut self) -> Option<()> {
        let Some(Token::Part(last)) = self.next() else { return None };
        let before = self.found.last()?.clone();
        let (first, around) = before.path.split_last()?;
        let within = |part: String| [around, &[part]].concat();
        let letter = |text: &str| match text.as_bytes() {
            [one] if one.is_ascii_lowercase() => Some(*one),
            _ => None,
        };
        let parts: Vec<String> = match (first.parse::<u32>(), last.parse::<u32>()) {
            (Ok(first), Ok(last)) if first < last && last - first < MAX_PARTS => {
                (first + 1..=last).map(|part| part.to_string()).collect()
            }
            _ => {
                // `(i) to (v)` counts in Roman numerals, or by the alphabet.
                let is_certain = !is_roman(first) || !is_roman(&last);
                let (first, last) = is_certain.then_some((letter(first)?, letter(&last)?))?;
                (first < last)
                    .then(|| first + 1..=last)?
                    .map(|one| char::from(one).to_string())
                    .collect()
            }
        };
        parts
            .into_iter()
            .map(|part| self.add(Cited { path: within(part), ..before.clone() }))
            .collect()
    }
}

#[cfg(test)]
mod tests;
