//! What the tests of several crates share; only ever a dev-dependency.
//!
//! - [`on_both`]: runs a test on SQLite and on PostgreSQL, each in an empty database of its own
//! - [`pinned`], [`same_vocabulary`]: what is written by hand is what the contract and the migrations say
//! - [`tool`]: finds a real client: grpcurl, python, kubectl
//! - [`shared_data`]: the real files beside the repository
//!
//! `cargo xtask test` starts PostgreSQL and installs the tools, says where they are in `REGISTAN_TEST_POSTGRES` and
//! `REGISTAN_TOOLS`, and sets `REGISTAN_TEST_REQUIRE`. A plain `cargo test` says what it skips.

mod contract;
mod database;
mod tools;

pub use contract::{pinned, same_vocabulary};
pub use database::{Database, Engine, database, on_both};
pub use tools::{shared_data, tool};

/// Says that something is not tested here, or fails where everything must be.
///
/// # Panics
/// With `REGISTAN_TEST_REQUIRE` set.
pub fn skip(why: &str) {
    assert!(
        std::env::var_os("REGISTAN_TEST_REQUIRE").is_none(),
        "must not be skipped under `cargo xtask test`: {why}"
    );
    eprintln!("skipped: {why}");
}
