//! The tables of this service are those of its migrations.

#[test]
fn a_changed_schema_needs_a_migration() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema.sql");
    testkit::pinned(file, &rights_reporting::store::schema().text());
}
