//! The list of what this service keeps.

use chronicle::schema::Schema;
use standard::Resources;

use crate::domain::{Organization, Project, Transaction};

/// Returns the resources of this service. Transactions are listed by project, and an import finds
/// projects by their identifiers.
pub fn resources() -> Resources {
    Resources::default()
        .with::<Organization>()
        .with::<Project>()
        .with_indexes(|schema| Schema::with_open_index::<Project>(schema, &["iati_identifier"]))
        .with::<Transaction>()
        .with_indexes(|schema| Schema::with_order::<Transaction>(schema, "project"))
}
