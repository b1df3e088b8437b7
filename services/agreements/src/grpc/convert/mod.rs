//! The values with a type of their own in this service ↔ the messages of `registan.agreements.v1`,
//! one file a noun.

mod legal_basis;
mod milestones;
mod status;

pub use legal_basis::legal_basis_message;
pub use milestones::Milestones;
pub use status::{confidence, status_message};
