//! The tools of the journeys: a suite in processes of its own, called by grpcurl; a load
//! on one; experiments on a cluster; and the fault storms. The tests are in `tests/`.
//!
//! The programs must be built (`cargo build --workspace --bins`, which `cargo xtask test` does
//! first).

mod ask;
pub mod cluster;
pub mod examples;
pub mod faults;
pub mod load;
pub mod pages;
pub mod partnership;
mod process;
pub mod secured;
mod suite;

pub use ask::{Refusal, grpcurl, normal};
pub use process::{Process, program};
pub use suite::{Suite, Variables};
pub use testkit::free_address;
