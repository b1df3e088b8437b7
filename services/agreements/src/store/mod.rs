//! The tables and the queries.

mod agreements;
mod migrations;

pub use agreements::{agreements_of, union_names};
pub use migrations::{Migrator, kinds, schema};
