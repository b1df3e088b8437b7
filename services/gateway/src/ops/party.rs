//! The party that a question is about.

use chassis::Failure;
use chassis::failure::{ErrorReason, Violation};

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
    Err(Failure::invalid(vec![Violation::new("party", ErrorReason::NameInvalid, description)]))
}

/// The filter that says that a country gains from a project; one that finds nothing for a party
/// that is no country.
pub fn gains(party: &str) -> String {
    of_country("recipients", ':', party)
}

/// The filter that says that a party is a country; one that finds nothing for a party that is none.
pub fn is_country(party: &str) -> String {
    of_country("country_code", '=', party)
}

fn of_country(field: &str, comparator: char, party: &str) -> String {
    match country_code(party) {
        code if code.len() == 2 => format!("{field} {comparator} \"{code}\""),
        _ => "NOT kind:*".to_owned(),
    }
}

/// The name of a region as a whole: its id is `region-` and its code.
pub fn of_region(code: &str) -> String {
    format!("parties/region-{code}")
}

/// The country code of a party: the id of a state is its ISO 3166-1 alpha-2 code in lower case.
pub fn country_code(party: &str) -> String {
    party.trim_start_matches("parties/").to_uppercase()
}
