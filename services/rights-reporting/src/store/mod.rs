//! The tables.

mod migrations;

pub use migrations::{Migrator, schema};
