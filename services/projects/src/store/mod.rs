//! The tables and the queries.

mod imports;
mod kin;
mod links;
mod migrations;
mod summed;
mod sums;

pub use imports::{
    IMPORTED, Imported, imported_after, imported_named, projects_of, transactions_named,
    transactions_of,
};
pub use kin::members;
pub use links::{projects_naming, public_projects_of};
pub use migrations::{Migrator, kinds, schema};
pub use summed::disclose;
pub use sums::{Apart, Selection, groups};
