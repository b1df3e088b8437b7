//! An organisation with a role in projects, or that gives or receives money.

use api::registan::projects::v1 as wire;
use chronicle::{Aliases, Resource};
use facts::source::key;
use standard::Value;

/// Bytes of the longest name that is looked for: PostgreSQL has no room for 2704 in an index.
const MAX_KEY: usize = 1024;

/// An organization.
pub type Organization = Value<wire::Organization>;

/// By what it is known: a participant that is recorded under one of these is found by any.
pub const ALIASES: Aliases =
    Aliases { kind: Organization::KIND, single: &["iati_ref"], many: &["external_ids"] };

/// The one spelling of a participant that is no name of a resource: an identifier, or the name of
/// one that has none.
pub fn participant(asked: &str) -> Result<String, &'static str> {
    if asked.starts_with("organizations/") {
        return Err("a name like organizations/{organization}, or an identifier, is wanted");
    }
    key(asked)
}

/// Returns the name by which one is found that has no identifier; nothing for one that has no
/// letters, reads like the name of a resource, or is too long for an index.
pub fn findable(display_name: &str) -> Option<&str> {
    let is_findable = participant(display_name).is_ok_and(|key| key.len() <= MAX_KEY);
    is_findable.then_some(display_name)
}
