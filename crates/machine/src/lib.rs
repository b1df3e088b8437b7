//! The machine below a process:
//!
//! - [`clock`]: the time
//! - [`disk`]: how much room is left
//! - [`private`]: files that others may not read
//!
//! The record needs both and no server, so they are no part of `chassis`.

pub mod clock;
pub mod disk;
pub mod private;

pub use clock::Clock;
