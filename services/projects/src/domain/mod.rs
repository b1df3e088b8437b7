//! The values and rules of projects: no I/O, no clock, no wire.

pub mod asked;
pub mod basis;
pub mod family;
pub mod holding;
pub mod kin;
pub mod levels;
pub mod organization;
pub mod project;
pub mod rings;
pub mod roles;
pub mod shares;
pub mod sum;
pub mod transaction;

pub use organization::Organization;
pub use project::Project;
pub use transaction::Transaction;
