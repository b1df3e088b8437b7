//! An organisation with a role in projects, or that gives or receives money.

use api::registan::projects::v1 as wire;
use chronicle::{Aliases, Resource};
use facts::source::key;
use standard::Value;

/// An organization.
pub type Organization = Value<wire::Organization>;

/// By what it is known: a participant that is recorded under one of these is found by any.
pub const ALIASES: Aliases =
    Aliases { kind: Organization::KIND, single: &["iati_ref"], many: &["external_ids"] };

/// The one spelling of a participant that is no name: an identifier.
pub fn participant(asked: &str) -> Result<String, &'static str> {
    if asked.starts_with("organizations/") {
        return Err("a name like organizations/{organization}, or an identifier, is wanted");
    }
    key(asked)
}
