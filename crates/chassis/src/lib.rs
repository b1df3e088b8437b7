//! A server with bounds, authentication, deadlines and health, for all services alike.
//!
//! - `process`: from the command line to the exit code; the whole `main` of a service
//! - `config`: its settings, from a file, the environment and flags
//! - `telemetry`: its logs; `trace`: the trace of a call; `otlp`: where spans and metrics are
//!   sent
//! - `server`: its port: limits, deadlines, health, reflection, drain
//! - `client`: its connections to other services
//! - `code`: the names of gRPC codes
//! - `tls`: certificates, at both ends
//! - `contract`: what a process serves
//! - `failure`: what it answers when it cannot do what is asked
//! - `auth`: who sends an access token
//! - `caller`: the request context
//! - `deadline`: how long a request may take
//! - `bulk`: threads for what is long, which step back
//! - `stopping`: when long work should end of itself
//! - `clock`, `disk`, `private`: the time, room, and files that others may not read, of the crate
//!   `machine`
//!
//! Nothing here knows a service, a message or a database.

/// A call makes some hundred small allocations, a fifth of its time with that of the C library. A
/// fuzzer brings its own, which finds what is read after it was freed. Its huge pages are off
/// (`no_thp`): of each two megabytes an idle process had written to a few pages only, and held all
/// of it.
#[cfg(not(fuzzing))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod auth;
pub mod bulk;
pub mod caller;
pub mod client;
mod code;
pub mod config;
mod contract;
pub mod deadline;
pub mod failure;
mod otlp;
pub mod process;
mod reflection;
pub mod server;
pub mod stopping;
pub mod telemetry;
pub mod tls;
pub mod trace;

pub use config::Settings;
pub use contract::Contract;
pub use failure::{Failure, Violation};
pub use machine::{Clock, clock, disk, private};
pub use server::{Server, Service};
