//! Counts the elements of an XML file by their paths, with nothing but the bytes: independent of
//! the reader that is tested.

use std::collections::BTreeMap;

/// How many elements of each path a file has. Nothing if it is not well-formed as far as this
/// looks.
pub fn elements(file: &[u8]) -> Option<BTreeMap<String, i64>> {
    let text = String::from_utf8_lossy(file);
    let mut counts = BTreeMap::new();
    let (mut rest, mut path): (&str, Vec<String>) = (&text, Vec::new());
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((opening, end)) = skipped.iter().find(|(opening, _)| rest.starts_with(opening))
        {
            rest = rest[opening.len()..].split_once(end)?.1;
            continue;
        }
        let tag = tag(rest)?;
        rest = &rest[tag.len()..];
        let inner = &tag[1..tag.len() - 1];
        if let Some(name) = inner.strip_prefix('/') {
            path.pop_if(|open| open == name.trim())?;
            continue;
        }
        let name = inner.split(|c: char| c.is_whitespace() || c == '/').next()?;
        path.push(name.to_owned());
        *counts.entry(path.join("/")).or_default() += 1;
        if inner.ends_with('/') {
            path.pop();
        }
    }
    path.is_empty().then_some(counts)
}

/// The tag at the start of a text, to its end: a `>` in quotes is none.
fn tag(text: &str) -> Option<&str> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '>') => return Some(&text[..=at]),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    None
}
