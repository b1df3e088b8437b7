//! A state, a union of states, a bank or an organisation that can be party to an agreement.

use api::registan::agreements::v1 as wire;
use facts::{Check, ErrorReason, check};
use standard::{Rules, Value};

/// A party.
pub type Party = Value<wire::Party, OfStates>;

/// The id of a state is its country code.
pub enum OfStates {}

impl Rules<wire::Party> for OfStates {
    fn check(party: &mut wire::Party, check: &mut Check) {
        let id = party.name.strip_prefix("parties/").unwrap_or_default();
        let is_state = party.kind() == wire::party::Kind::State;
        if is_state && check::is_id(id) && party.country_code.to_lowercase() != id {
            check.violation(
                "country_code",
                ErrorReason::CountryCodeMismatch,
                "the id of a state is its country code in lower case",
            );
        }
    }
}
