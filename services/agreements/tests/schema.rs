//! The tables of this service are those of its migrations, and its vocabularies are those of the
//! contract.

use agreements::domain::{milestone, status};

#[test]
fn a_changed_schema_needs_a_migration() {
    testkit::pinned(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema.sql"),
        &agreements::store::schema().text(),
    );
}

#[test]
fn the_vocabularies_are_those_of_the_contract() {
    use testkit::same_vocabulary as same;
    let package = |name: &str| format!("registan.agreements.v1.{name}");
    same::<milestone::MilestoneKind>(&package("Milestone.Kind"));
    same::<status::State>(&package("Agreement.State"));
    same::<facts::Qualifier>("registan.type.v1.PartialDate.Qualifier");
    same::<facts::Confidence>("registan.type.v1.Confidence");
    same::<facts::Basis>("registan.type.v1.Basis");
    same::<facts::Scheme>("registan.type.v1.ExternalId.Scheme");
    same::<facts::AmountKind>("registan.type.v1.StatedAmount.Kind");
}
