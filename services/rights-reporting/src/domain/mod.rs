//! The values and rules of recommendations and activities: no I/O, no clock, no wire. No natural
//! person is in any of them.

pub mod activity;
mod once;
pub mod recommendation;

pub use activity::Activity;
pub use recommendation::Recommendation;
