//! The tables and the queries.

mod imports;
mod migrations;
mod sums;

pub use imports::{IMPORTED, Imported, projects_of, transactions_named, transactions_of};
pub use migrations::{Migrator, kinds, schema};
pub use sums::{Apart, groups};
