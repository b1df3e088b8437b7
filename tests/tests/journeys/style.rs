//! The words of docs/style.md: those that it forbids are in no source, no comment and no document.

use std::path::Path;

use crate::house::{files, read, root};

/// Paths that are not held to it, each with the reason.
const EXCEPTIONS: [(&str, &str); 2] =
    [("docs/style.md", "it lists the words"), ("docs/adr", "a decision is never rewritten")];

const OPENERS: [&str; 8] =
    ["What", "Who", "Whether", "Whose", "Those", "Somebody", "Whoever", "Nobody"];

/// Every source, proto and document that is held to the style, by its path in the repository.
fn texts() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for file in files(&root(), &[".rs", ".proto", ".md"]) {
        let path = file.strip_prefix(root()).expect("it is in the repository").to_owned();
        if !EXCEPTIONS.iter().any(|(except, _)| path.starts_with(Path::new(except))) {
            all.push((path.display().to_string(), read(&file)));
        }
    }
    all
}

/// The phrases in the right column of the first table of words.
fn forbidden() -> Vec<String> {
    let style = read(&root().join("docs/style.md"));
    let (_, words) = style.split_once("## Words").expect("there is a section");
    let table = words.lines().skip_while(|line| !line.starts_with('|'));
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2).map(ToOwned::to_owned)).collect()
}

/// Returns a line without what is in backticks: names stay what they are.
fn prose(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("` `").to_lowercase()
}

/// Returns whether a phrase is in a text, between characters that are no part of a word.
fn has(text: &str, phrase: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(phrase).any(|(start, _)| {
        let (before, rest) = text.split_at(start);
        !before.ends_with(is_word) && !rest[phrase.len()..].starts_with(is_word)
    })
}

#[test]
fn no_text_has_a_word_that_the_style_forbids() {
    let forbidden = forbidden();
    assert!(forbidden.len() > 20, "the table is read: {forbidden:?}");
    let mut found = Vec::new();
    for (path, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            let prose = prose(line);
            let words = forbidden.iter().filter(|phrase| has(&prose, phrase));
            found.extend(words.map(|word| format!("{path}:{}: {word}", number + 1)));
        }
    }

    assert!(found.is_empty(), "docs/style.md has better words for:\n{}", found.join("\n"));
}

#[test]
fn every_comment_of_an_item_begins_with_a_verb_or_a_noun() {
    let mut found = Vec::new();
    let is_source = |path: &str| Path::new(path).extension().is_some_and(|ending| ending == "rs");
    for (path, text) in texts().iter().filter(|(path, _)| is_source(path)) {
        let mut before = "";
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let comment = line.strip_prefix("/// ").or_else(|| line.strip_prefix("//! "));
            let begins = !before.starts_with("///") && !before.starts_with("//!");
            let word = comment.and_then(|text| text.split(' ').next()).filter(|_| begins);
            if word.is_some_and(|word| OPENERS.contains(&word)) {
                found.push(format!("{path}:{}: {line}", number + 1));
            }
            before = line;
        }
    }

    assert!(found.is_empty(), "begin with a verb or with the noun:\n{}", found.join("\n"));
}
