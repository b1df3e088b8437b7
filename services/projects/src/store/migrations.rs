//! The migrations, oldest first. Each brings a database to the tables as they are described now, so
//! each change of a description gets one; `tests/schema.rs` notices.

use chronicle::schema::{InheritDesks, Refill, Schema, SchemaMigration};
use chronicle::verify::Kind;
use sea_orm_migration::prelude::*;

use crate::resources;

/// Brings a database to the schema of this program.
pub struct Migrator;

impl MigratorTrait for Migrator {
    /// They run in the order of this list. A number that two names have stays: a database knows
    /// them by their whole names, and is not opened before each of them has run.
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = [
            "m20261124_000001_create_record",
            "m20261124_000002_keep_tiers_and_chain",
            "m20261124_000003_index_hidden",
            "m20261128_000004_keep_views",
            "m20261128_000005_keep_kin_and_roles",
        ]
        .map(|name| -> Box<dyn MigrationTrait> { Box::new(SchemaMigration(name, schema)) })
        .into_iter()
        .collect::<Vec<_>>();
        all.push(Box::new(Refill("m20261128_000006_fold_words", schema)));
        let names = [
            "m20261128_000007_keep_totals",
            "m20261128_000008_keep_bytes",
            "m20261128_000009_keep_desks",
            "m20261128_000010_keep_acts",
        ];
        all.extend(
            names
                .map(|name| -> Box<dyn MigrationTrait> { Box::new(SchemaMigration(name, schema)) }),
        );
        all.push(Box::new(Refill("m20261128_000010_find_by_words", schema)));
        all.push(Box::new(Refill("m20261129_000020_keep_words_by_tier", schema)));
        let expect = SchemaMigration("m20261129_000030_expect_frequent_words", schema);
        all.push(Box::new(expect));
        all.push(Box::new(InheritDesks("m20261130_000040_inherit_desks_breaks_older", schema)));
        all.push(Box::new(Refill("m20261130_000050_hide_the_past_breaks_older", schema)));
        all.push(Box::new(Refill("m20261130_000060_find_parties_breaks_older", schema)));
        all.push(Box::new(Refill("m20261130_000070_find_names_breaks_older", schema)));
        all
    }
}

/// The tables of this service.
pub fn schema() -> Schema {
    resources().schema()
}

/// Returns the kinds kept in them, to be verified.
pub fn kinds() -> Vec<Kind> {
    resources().kinds()
}
