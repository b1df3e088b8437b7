//! The tables of this service are those of its migrations, and its vocabularies are those of the contract.

use rights_reporting::domain::activity;

#[test]
fn a_changed_schema_needs_a_migration() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema.sql");
    testkit::pinned(file, &rights_reporting::store::schema().text());
}

#[test]
fn the_vocabularies_are_those_of_the_contract() {
    use testkit::same_vocabulary as same;
    same::<activity::Kind>("registan.rights.v1.Activity.Kind");
    same::<activity::Outcome>("registan.rights.v1.Activity.Outcome");
}
