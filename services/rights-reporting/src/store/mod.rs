//! The tables.

mod migrations;

pub use migrations::{Migrator, kinds, schema};
