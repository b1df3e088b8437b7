//! The values of this service ↔ the messages of `registan.agreements.v1` and `registan.access.v1`, one file a noun.

mod agreement;
mod framework;
mod grant;
mod legal_basis;
mod party;
mod source;

pub use agreement::status_message;
pub use grant::{held_message, report};
pub use legal_basis::legal_basis_message;
