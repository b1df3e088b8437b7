//! The values and rules of agreements: no I/O, no clock, no wire.

pub mod agreement;
pub mod framework;
pub mod grant;
pub mod legal_basis;
pub mod milestone;
mod moves;
pub mod party;
mod periods;
pub mod source;
mod state;
pub mod status;

pub use agreement::Agreement;
pub use framework::Framework;
pub use grant::Grant;
pub use party::Party;
pub use source::Source;
