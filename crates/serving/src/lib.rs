//! The gRPC server of a process, whether it keeps a record or passes calls on:
//!
//! - [`Methods`]: the handlers of its methods, by the types of the contract
//! - [`CachedGrants`], [`AskedGrants`]: the grants of callers
//! - [`time`]: record time ↔ timestamps
//!
//! Nothing here knows a record or a database: `standard` adds the standard methods of resources.

mod grants;
mod methods;
pub mod time;

pub use grants::{AskedGrants, CachedGrants};
pub use methods::{Answers, Handler, Methods, server_streaming, unary};
