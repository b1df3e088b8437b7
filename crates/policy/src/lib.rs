//! Access control: who may call, read and write what.
//!
//! - [`tier`]: how far the harm of a leak reaches
//! - [`desk`]: whose a resource is
//! - [`partnership`]: which desks there are, and the parties at each
//! - [`grant`]: what somebody was given: a role, for desks, up to a tier, until a day
//! - [`caller`]: the caller, and what follows from its grants
//! - [`clearance`]: what a caller may read, as a decision on one resource and as a predicate on a
//!   table: the same function
//! - [`redact`]: redacts an answer for its caller
//! - [`rule`]: who may call a method, read from the contract
//!
//! Everything here is pure: no clock, no I/O; the desks of the process are constant. What the
//! contract does not allow is forbidden.

pub mod caller;
pub mod clearance;
pub mod desk;
pub mod grant;
pub mod partnership;
pub mod redact;
pub mod rule;
pub mod tier;

pub use caller::{Caller, Denied};
pub use clearance::Clearance;
pub use desk::Desks;
pub use grant::{Grant, Role};
pub use partnership::{Desk, Partnership};
pub use redact::Redaction;
pub use rule::{Audit, Rule, Rules};
pub use tier::Tier;
