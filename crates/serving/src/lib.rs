//! The gRPC server of a process, whether it keeps a record or passes calls on:
//!
//! - [`Methods`]: the handlers of its methods, by the types of the contract
//! - [`CachedGrants`], [`AskedGrants`]: the grants of callers
//! - [`EDGES`]: which service may call which
//! - [`contract`]: the contract, as servers need it
//! - [`page_size`]: the check of the size of a page
//! - [`time`]: record time ↔ timestamps
//!
//! Nothing here knows a record or a database: `standard` adds the standard methods of resources.

mod edges;
mod grants;
mod methods;
mod pages;
pub mod time;
mod undecoded;

pub use edges::EDGES;
pub use grants::{AskedGrants, CachedGrants};
pub use methods::{Answers, Handler, Methods, server_streaming, unary};
pub use pages::page_size;

/// The whole contract, as every server of a process shares it.
pub fn contract() -> chassis::Contract {
    let pool = api::descriptors().clone();
    chassis::Contract { pool, encoded: api::FILE_DESCRIPTOR_SET }
}
