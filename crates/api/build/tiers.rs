//! Writes what the tiers of its fields mean for a resource: what of it readers of each tier are
//! shown.
//!
//! Answers are redacted at the edge (`chassis`). From here the record knows which changes a reader
//! must not notice.

use protox::prost_reflect::{FieldDescriptor, Kind};

use crate::described::{Description, RESOURCE};
use crate::options::{Options, named};
use crate::searched::WORDS;

const TIER: &str = "registan.options.v1.tier";
const INDEX: &str = "registan.options.v1.index";
const PUBLIC: u64 = 1;
const CONFIDENTIAL: u64 = 3;

impl Description<'_> {
    fn tier(&self, field: &FieldDescriptor) -> u64 {
        Options::of_field(field).number(self.pool, &[TIER])
    }

    /// Refuses a field above PUBLIC of which more than its text could be known: one of a part, one
    /// that a list is asked by, one that refers to something.
    pub fn check_tier(&self, field: &FieldDescriptor) -> Result<(), String> {
        if self.tier(field) <= PUBLIC {
            return Ok(());
        }
        let is_of_resource = Options::of_message(self.message).has(self.pool, RESOURCE);
        let is_text = field.kind() == Kind::String && named(self.pool, field)?.is_empty();
        let options = Options::of_field(field);
        let is_asked = options.has(self.pool, INDEX) || options.has(self.pool, WORDS);
        if is_of_resource && is_text && !is_asked {
            Ok(())
        } else {
            Err(format!("{}: above PUBLIC only a text can be that nothing asks", field.full_name()))
        }
    }

    /// Writes what readers of a tier are shown of it, and its tier where it says none.
    pub fn tiers(&self) -> String {
        let above: Vec<(FieldDescriptor, u64)> = self
            .own_fields()
            .map(|field| (field.clone(), self.tier(&field)))
            .filter(|(_, tier)| *tier > PUBLIC)
            .collect();
        let cleared = above
            .iter()
            .map(|(field, tier)| format!("if level < {tier} {{ self.{}.clear(); }}", field.name()));
        let options = Options::of_message(self.message);
        let default = options.number(self.pool, &[RESOURCE, "default_tier"]).max(PUBLIC);
        format!(
            "const LAYERED: bool = {};
            const AUDITED: bool = {};
            const DEFAULT_TIER: i32 = {default};
            fn redact(&mut self, level: i32) {{ {} let _ = level; }}",
            !above.is_empty(),
            above.iter().any(|(_, tier)| *tier >= CONFIDENTIAL),
            cleared.collect::<String>(),
        )
    }
}
