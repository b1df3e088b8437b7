//! The tables and the queries.

mod bases;
mod kin;
mod links;
mod migrations;
mod regions;
mod summed;
mod sums;

pub use bases::bases;
pub use kin::members;
pub use links::{projects_naming, public_projects_of};
pub use migrations::{Migrator, kinds, schema};
pub use regions::may_be_elsewhere;
pub use summed::disclose;
pub use sums::{Apart, Selection, groups, selected};
