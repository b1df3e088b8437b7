//! The record: one write path and one read path for every resource of every service.
//!
//! - [`resource`]: what a resource must say of itself
//! - [`schema`]: the tables made from that, the same on SQLite and PostgreSQL
//! - [`write`](mod@write): one transaction a write: version, index rows, change entry, request id; all or nothing
//! - [`read`]: Get and List, each one statement, each at an instant of the record
//! - [`filter`] and [`order`]: what a caller asks, typed against the resource
//! - [`token`]: page tokens, sealed
//! - [`database`]: opening either engine the way the record needs it
//!
//! Record time is a number: microseconds since 1970 UTC, handed out by one head row, strictly growing, so that it is the
//! position in the change log, the instant of a read and its proof at once.

mod apply;
pub mod database;
pub mod error;
pub mod filter;
pub mod order;
pub mod read;
pub mod resource;
pub mod schema;
pub mod token;
pub mod write;

pub use error::Error;
pub use filter::At;
pub use read::{ListRequest, Page};
pub use resource::{Field, Resource, Stored};
pub use write::{Call, Chronicle, Entry};
