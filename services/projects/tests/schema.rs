//! The tables of this service are those of its migrations, and its vocabularies are those of the contract.

use projects::domain::{asked, project, transaction};

#[test]
fn a_changed_schema_needs_a_migration() {
    testkit::pinned(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema.sql"),
        &projects::store::schema().text(),
    );
}

#[test]
fn the_vocabularies_are_those_of_the_contract() {
    use testkit::same_vocabulary as same;
    let package = |name: &str| format!("registan.projects.v1.{name}");
    same::<project::Kind>(&package("Project.Kind"));
    same::<project::Status>(&package("Project.Status"));
    same::<project::DateKind>(&package("ProjectDate.Kind"));
    same::<project::Role>(&package("Participant.Role"));
    same::<project::RelationKind>(&package("ProjectRelation.Kind"));
    same::<asked::Reason>(&package("LeftOutSum.Reason"));
    same::<transaction::Type>(&package("Transaction.Type"));
}
