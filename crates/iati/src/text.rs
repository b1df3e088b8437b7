//! Small things about characters: entities, cleaning, quoting in messages.

use std::borrow::Cow;

use crate::limits::MAX_FINDINGS;

/// How much of a published value a message shows.
const SHOWN: usize = 60;

/// Gives the character of a reference, without its `&` and `;`.
///
/// Knows the five names XML defines and characters by number, if XML allows them.
pub(crate) fn resolve(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix('x') {
                Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    u32::from_str_radix(hex, 16).ok()?
                }
                None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
                _ => return None,
            };
            char::from_u32(number).filter(|c| !is_forbidden(*c))
        }
    }
}

/// Characters XML 1.0 forbids, of which NUL is dangerous: databases refuse it.
pub(crate) fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Trims a text and removes forbidden characters; true when there were any.
pub(crate) fn clean(text: &str) -> (Cow<'_, str>, bool) {
    if text.contains(is_forbidden) {
        let without: String = text.chars().filter(|c| !is_forbidden(*c)).collect();
        (Cow::Owned(without.trim().to_owned()), true)
    } else {
        (Cow::Borrowed(text.trim()), false)
    }
}

/// Something odd in an attribute value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Odd {
    /// A reference that means nothing, by its name; it was left out.
    Entity(String),
    /// An `&` that starts no reference; it stayed.
    Ampersand,
    /// Forbidden characters; they were removed.
    Control,
}

/// Reads an attribute value: references resolved, white space made plain, trimmed.
pub(crate) fn attribute<'a>(value: &'a str, odd: &mut Vec<Odd>) -> Cow<'a, str> {
    if !value.bytes().any(|byte| byte == b'&' || byte < b' ') {
        return Cow::Borrowed(value.trim());
    }
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let note = if let Some(name) = reference(rest) {
            rest = &rest[name.len() + 1..];
            let resolved = resolve(name);
            plain.extend(resolved);
            resolved.is_none().then(|| Odd::Entity(shown(name)))
        } else {
            plain.push('&');
            Some(Odd::Ampersand)
        };
        odd.extend(note.filter(|_| odd.len() < MAX_FINDINGS));
    }
    plain.push_str(rest);
    let (cleaned, controls) = clean(&plain);
    if controls {
        odd.push(Odd::Control);
    }
    Cow::Owned(cleaned.replace(['\n', '\r', '\t'], " "))
}

/// The name of the reference whose `&` was just passed. Looks no further than a name is long, so
/// a value full of `&` costs no more than another.
fn reference(rest: &str) -> Option<&str> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'#';
    let end = rest.bytes().take(SHOWN).position(|byte| !is_part(byte))?;
    (end > 0 && rest.as_bytes()[end] == b';').then(|| &rest[..end])
}

/// Shows a published value in a message: quoted, escaped, cut.
pub(crate) fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{:?}…", &value[..at]),
        None => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_or_named() {
        let mut odd = Vec::new();

        let value = attribute(" A &amp;&#x41;&#66; &nbsp;B & \u{1}C &#0; ", &mut odd);

        assert_eq!(value, "A &AB B & C");
        let entity = |name: &str| Odd::Entity(format!("{name:?}"));
        assert_eq!(odd, [entity("nbsp"), Odd::Ampersand, entity("#0"), Odd::Control]);
    }

    #[test]
    fn forbidden_characters_are_taken_out() {
        assert_eq!(clean(" a\0b\u{1} \n"), (Cow::Borrowed("ab"), true));
        assert_eq!(clean(" a\tb "), (Cow::Borrowed("a\tb"), false));
    }
}
