//! The tables of this service are those of its migrations.

#[test]
fn a_changed_schema_needs_a_migration() {
    testkit::pinned(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema.sql"),
        &projects::store::schema().text(),
    );
}
