//! The values of this service that have a type of their own ↔ the messages of `registan.agreements.v1` and `registan.access.v1`, one file a noun.

mod agreement;
mod grant;
mod legal_basis;

pub use agreement::status_message;
pub use grant::{held_message, report};
pub use legal_basis::legal_basis_message;
