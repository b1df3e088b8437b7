//! The values of this service ↔ the messages of `registan.agreements.v1`, one file a noun.

mod agreement;
mod framework;
mod legal_basis;
mod party;
mod source;

pub use agreement::status_message;
pub use legal_basis::legal_basis_message;
