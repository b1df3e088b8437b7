//! The values and rules of agreements: no I/O, no clock. The value of a resource is its message,
//! but that of a grant.

pub mod act;
pub mod agreement;
pub mod binding;
mod citation;
pub mod codebook;
pub mod commitment;
pub mod crosswalk;
pub mod due;
pub mod duty_status;
pub mod framework;
pub mod grant;
pub mod ledger;
pub mod legal_basis;
mod liftings;
pub mod lineage;
pub mod meeting;
pub mod membership;
pub mod milestone;
mod moves;
pub mod obligation;
mod parts;
pub mod party;
mod periods;
pub mod provision;
pub mod provision_status;
pub mod ratification;
pub mod relation;
pub mod source;
mod state;
pub mod status;
mod suspended;

pub use act::Act;
pub use agreement::Agreement;
pub use commitment::Commitment;
pub use crosswalk::Crosswalk;
pub use framework::Framework;
pub use grant::Grant;
pub use meeting::Meeting;
pub use membership::Membership;
pub use obligation::Obligation;
pub use party::Party;
pub use provision::Provision;
pub use ratification::Ratification;
pub use source::Source;
