//! Names that the file alone decides.

use chronicle::Resource;
use sha2::{Digest, Sha256};

/// Bytes of an id (AIP-122).
const MAX_ID: usize = 63;
/// Hexadecimal digits that keep apart what the rest of the id does not.
const DIGITS: usize = 10;

/// Returns an id that an identifier alone decides: readable, and unlike that of any other
/// identifier.
pub fn id(identifier: &str) -> String {
    let mut id = String::with_capacity(MAX_ID);
    for byte in identifier.bytes() {
        let byte = byte.to_ascii_lowercase();
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() {
            id.push(char::from(byte));
        } else if !id.ends_with('-') {
            id.push('-');
        }
    }
    let slug = id.trim_matches('-');
    let prefix = if slug.starts_with(|first: char| first.is_ascii_lowercase()) { "" } else { "x-" };
    let room = MAX_ID - DIGITS - 1 - prefix.len();
    let slug = slug[..slug.len().min(room)].trim_end_matches('-');
    let digest = hex::encode(Sha256::digest(identifier));
    let dash = if slug.is_empty() { "" } else { "-" };
    format!("{prefix}{slug}{dash}{}", &digest[..DIGITS])
}

/// Returns the name of a child of a parent.
pub fn child_name<C: Resource>(parent: &str, id: &str) -> String {
    let collection = C::PATTERN.rsplit('/').nth(1).unwrap_or_default();
    format!("{parent}/{collection}/{id}")
}

/// Returns the last part of a name.
pub fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use facts::check::matches_pattern;

    use super::*;

    #[test]
    fn every_identifier_makes_an_id_of_its_own() {
        let mut seen = HashSet::new();
        for identifier in [
            "XM-DAC-41121-2023-KAZ".to_owned(),
            "xm-dac-41121-2023-kaz".to_owned(),
            "XM-DAC-41121/2023/KAZ".to_owned(),
            "44000-P123".to_owned(),
            "---".to_owned(),
            "Казахстан".to_owned(),
            "x".repeat(256),
            "x".repeat(255),
            format!("{}-{}", "y".repeat(51), "z".repeat(9)),
        ] {
            let name = format!("projects/{}", id(&identifier));

            assert!(matches_pattern(&name, "projects/{project}"), "{identifier} → {name}");
            assert!(seen.insert(name), "{identifier}");
        }
        assert!(id("XM-DAC-41121-2023-KAZ").starts_with("xm-dac-41121-2023-kaz-"));
        assert!(id("44000-P123").starts_with("x-44000-p123-"));
    }
}
