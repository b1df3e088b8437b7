//! The migrations, oldest first. Each brings a database to the tables as they are described now, so
//! each change of a description gets one; `tests/schema.rs` notices.

use chronicle::schema::{Refill, Schema, SchemaMigration};
use chronicle::verify::Kind;
use sea_orm_migration::prelude::*;

use crate::resources;

/// Brings a database to the schema of this program.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = [
            "m20261124_000001_create_record",
            "m20261124_000002_keep_tiers_and_chain",
            "m20261124_000003_index_hidden",
            "m20261128_000004_keep_views",
        ]
        .map(|name| -> Box<dyn MigrationTrait> { Box::new(SchemaMigration(name, schema)) })
        .into_iter()
        .collect::<Vec<_>>();
        all.push(Box::new(Refill("m20261128_000005_fold_words", schema)));
        all.push(Box::new(SchemaMigration("m20261128_000006_keep_bytes", schema)));
        all.push(Box::new(SchemaMigration("m20261128_000007_keep_desks", schema)));
        all.push(Box::new(Refill("m20261128_000008_find_by_words", schema)));
        all.push(Box::new(Refill("m20261129_000020_keep_words_by_tier", schema)));
        let expect = SchemaMigration("m20261129_000030_expect_frequent_words", schema);
        all.push(Box::new(expect));
        all.push(Box::new(Refill("m20261130_000040_hide_the_past_breaks_older", schema)));
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
