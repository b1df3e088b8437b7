//! The tables and the queries.

mod agreements;
mod frameworks;
mod grants;
mod memberships;
mod migrations;
mod move_provisions;
mod obligations;
mod provisions;
mod ratifications;

pub use agreements::{agreements_of, union_names, unions};
pub use frameworks::schemes;
pub use grants::grants_of;
pub use memberships::{memberships_by, memberships_of};
pub use migrations::{Migrator, kinds, schema};
pub use obligations::{duties, laws, meetings_of, provisions_named};
pub use provisions::provisions_of;
pub use ratifications::{groups_of_states, ratifications_of};
