//! The part of a text that matches.

use std::ops::Range;

use crate::key::Key;
use crate::query::Query;
use crate::token::{Token, runs};

/// Bytes of a snippet, but for the words at its ends.
const LENGTH: usize = 160;
/// Bytes of it that stand before the first match.
const BEFORE: usize = 40;

/// Bytes of a title.
const TITLE: usize = 300;

/// A piece of a snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text, as it is stored; `…` stands at the beginning or the end for what is left out.
    pub text: String,
    /// True for a word that was asked for.
    pub is_match: bool,
}

/// Returns the part of the text with most of the words asked for, the first of several; nothing
/// where no text has any.
pub fn snippet<'a>(query: &Query, texts: impl Iterator<Item = &'a str>) -> Vec<Piece> {
    let mut best: Option<(usize, &str, Vec<Range<usize>>)> = None;
    for text in texts {
        let (found, places) = matches(query, text);
        if found > best.as_ref().map_or(0, |(most, ..)| *most) {
            best = Some((found, text, places));
        }
    }
    best.map_or_else(Vec::new, |(_, text, places)| cut(text, &places))
}

/// Returns the beginning of a text, whole if it is not long.
pub fn title(text: &str) -> String {
    let end = border_after(text, TITLE);
    if end < text.len() { format!("{}…", &text[..end]) } else { text.to_owned() }
}

/// How many of the words a text has, and where.
fn matches(query: &Query, text: &str) -> (usize, Vec<Range<usize>>) {
    let (mut found, mut places) = (vec![false; query.words.len()], Vec::new());
    for place in runs(text).filter(|place| query.may_have(&text[place.clone()])) {
        let Some(token) = Token::at(text, place) else { continue };
        let Some(key) = Key::of(&token) else { continue };
        if let Some(word) = query.words.iter().position(|word| word.is(&key)) {
            found[word] = true;
            places.push(token.place);
        }
    }
    (found.into_iter().filter(|is_found| *is_found).count(), places)
}

/// The text around the first match, in pieces.
fn cut(text: &str, places: &[Range<usize>]) -> Vec<Piece> {
    let first = places.first().map_or(0, |place| place.start);
    let begin = if text.len() <= LENGTH { 0 } else { border(text, first.saturating_sub(BEFORE)) };
    let end = border_after(text, begin + LENGTH);
    let mut pieces = Vec::new();
    let mut push = |text: &str, is_match| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), is_match });
        }
    };
    push(if begin > 0 { "…" } else { "" }, false);
    let mut from = begin;
    for place in places.iter().filter(|place| place.start >= begin && place.end <= end) {
        push(&text[from..place.start], false);
        push(&text[place.clone()], true);
        from = place.end;
    }
    push(&text[from..end], false);
    push(if end < text.len() { "…" } else { "" }, false);
    join(pieces)
}

/// Pieces without a match beside each other are one.
fn join(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if !last.is_match && !piece.is_match => last.text.push_str(&piece.text),
            _ => joined.push(piece),
        }
    }
    joined
}

/// The beginning of a word at or after a place, if there is one near.
fn border(text: &str, place: usize) -> usize {
    let place = text.floor_char_boundary(place);
    if place == 0 {
        return 0;
    }
    let near = text.ceil_char_boundary((place + BEFORE).min(text.len()));
    text[place..near].find(' ').map_or(place, |space| place + space + 1)
}

/// The end of a word at or before a place, if there is one near.
fn border_after(text: &str, place: usize) -> usize {
    if place >= text.len() {
        return text.len();
    }
    let place = text.floor_char_boundary(place);
    let near = text.floor_char_boundary(place.saturating_sub(BEFORE));
    text[near..place].rfind(' ').map_or(place, |space| near + space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str, texts: &[&str]) -> String {
        let query = Query::read(query).unwrap_or_default();
        let mark = |piece: Piece| {
            if piece.is_match { format!("[{}]", piece.text) } else { piece.text }
        };
        snippet(&query, texts.iter().copied()).into_iter().map(mark).collect()
    }

    #[test]
    fn matches_are_marked_in_the_text_as_it_is_stored() {
        assert_eq!(shown("KYRGYZ", &["With the Kyrgyz Republic"]), "With the [Kyrgyz] Republic");
        assert_eq!(shown("соглаш", &["Соглашение о торговле"]), "[Соглашение] о торговле");
        assert_eq!(shown("nothing", &["With the Kyrgyz Republic"]), "");
        assert_eq!(shown("trade water", &["water", "trade in water"]), "[trade] in [water]");
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        let long = format!("{}the Kyrgyz Republic {}", "before ".repeat(40), "after ".repeat(40));
        let cut = shown("kyrgyz", &[&long]);
        assert!(cut.starts_with("…before ") && cut.ends_with(" after…"), "{cut}");
        assert!(cut.contains("the [Kyrgyz] Republic"), "{cut}");
        assert!(cut.len() < 200, "{cut}");
    }
}
