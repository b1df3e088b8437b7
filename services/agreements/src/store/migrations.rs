//! The migrations, oldest first. Each brings a database to the tables as they are described now, so
//! each change of a description gets one; `tests/schema.rs` notices.

use chronicle::schema::{InheritDesks, Refill, Schema, SchemaMigration};
use chronicle::verify::Kind;
use sea_orm_migration::prelude::*;

use super::move_provisions::MoveProvisions;
use crate::resources;

/// Brings a database to the schema of this program.
pub struct Migrator;

impl MigratorTrait for Migrator {
    /// They run in the order of this list. A number that two names have, or none, stays: a database
    /// knows them by their whole names, and is not opened before each of them has run.
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = [
            "m20261124_000001_create_record",
            "m20261124_000002_keep_tiers_and_chain",
            "m20261124_000003_keep_grants",
            "m20261124_000004_index_hidden",
            "m20261128_000005_keep_views",
            "m20261128_000006_find_statements",
        ]
        .map(|name| -> Box<dyn MigrationTrait> { Box::new(SchemaMigration(name, schema)) })
        .into_iter()
        .collect::<Vec<_>>();
        // What `domain::periods` says is kept, too: whoever changes it adds one.
        let refills = [
            "m20261128_000007_fold_words",
            "m20261128_000008_keep_periods",
            "m20261128_000009_narrow_periods",
        ];
        all.extend(
            refills.map(|name| -> Box<dyn MigrationTrait> { Box::new(Refill(name, schema)) }),
        );
        let names = [
            "m20261128_000009_keep_bytes",
            "m20261128_000010_keep_bodies",
            "m20261128_000011_keep_meetings",
            "m20261128_000012_keep_memberships",
            "m20261128_000013_keep_desks",
        ];
        all.extend(
            names
                .map(|name| -> Box<dyn MigrationTrait> { Box::new(SchemaMigration(name, schema)) }),
        );
        all.push(Box::new(Refill("m20261128_000014_name_desks", schema)));
        let keep = SchemaMigration("m20261128_000015_keep_provisions", schema);
        all.push(Box::new(keep));
        all.push(Box::new(MoveProvisions("m20261128_000016_move_provisions")));
        all.push(Box::new(SchemaMigration("m20261128_000017_keep_duties", schema)));
        all.push(Box::new(Refill("m20261128_000021_keep_acts_and_edges", schema)));
        all.push(Box::new(SchemaMigration("m20261128_000022_keep_ratifications", schema)));
        // What `crates/words` makes of a text is kept, too: whoever changes it adds one.
        all.push(Box::new(Refill("m20261128_000030_find_by_words", schema)));
        all.push(Box::new(Refill("m20261129_000040_find_more_by_words", schema)));
        // So are the periods of a status: whoever changes what milestones lead to adds one.
        all.push(Box::new(Refill("m20261129_000051_suspend_before_force", schema)));
        all.push(Box::new(Refill("m20261129_000052_about_a_day_breaks_older", schema)));
        all.push(Box::new(InheritDesks("m20261130_000060_inherit_desks_breaks_older", schema)));
        all.push(Box::new(Refill("m20261130_000070_hide_the_past_breaks_older", schema)));
        all.push(Box::new(Refill("m20261130_000080_of_one_party_breaks_older", schema)));
        all.push(Box::new(SchemaMigration(
            "m20261130_000090_sources_of_parties_breaks_older",
            schema,
        )));
        all
    }
}

/// The tables of this service.
pub fn schema() -> Schema {
    resources().schema()
}

/// The kinds that are kept in them, to be verified.
pub fn kinds() -> Vec<Kind> {
    resources().kinds()
}
