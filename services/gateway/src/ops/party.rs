//! The party that a question is about.

use chassis::Failure;
use chassis::failure::{ErrorReason, Violation};
use facts::check::{matches_pattern, no_name};

/// The pattern of the names of parties.
const PATTERN: &str = "parties/{party}";

/// Refuses what is no name like `parties/tm`.
pub fn check(party: &str) -> Result<(), Failure> {
    if matches_pattern(party, PATTERN) {
        return Ok(());
    }
    let shown: String = party.chars().take(100).collect();
    let description = no_name(&shown, &[PATTERN]);
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
