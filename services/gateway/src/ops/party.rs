//! The party that a question is about.

use chassis::Failure;
use chassis::failure::Violation;

/// Refuses what is no name like `parties/tm`.
pub fn check(party: &str) -> Result<(), Failure> {
    let id = party.strip_prefix("parties/").unwrap_or_default();
    let is_id = id.len() <= 63
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && id.starts_with(|first: char| first.is_ascii_lowercase());
    if is_id {
        return Ok(());
    }
    let description = "must be a name like parties/tm";
    Err(Failure::invalid(vec![Violation::new("party", "NAME_INVALID", description)]))
}

/// The country code of a party: the id of a state is its ISO 3166-1 alpha-2 code in lower case.
pub fn country_code(party: &str) -> String {
    party.trim_start_matches("parties/").to_uppercase()
}
