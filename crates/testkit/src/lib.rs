//! The tools that the tests of several crates share; only ever a dev-dependency.
//!
//! - [`on_both`]: runs a test on SQLite and on PostgreSQL, each in an empty database of its own
//! - [`Model`]: the same in a copy of a database that was made once
//! - [`pinned`], [`same_vocabulary`]: what is written by hand is what the contract and the
//!   migrations say
//! - [`token`], [`token_for`]: access tokens of the development issuer
//! - [`oidc`]: an identity provider on loopback, and what it signs
//! - [`compiled`], [`contract_with`]: descriptors of services that only a test has
//! - [`free_address`]: a port for a server that stops and comes back
//! - [`sheath`]: a plain port before one with TLS
//! - [`again_within_tls`], [`WithinTls`]: what is tested without TLS, again within it
//! - [`tool`]: finds a real client: grpcurl, kubectl, python3 with grpcio
//! - [`shared_data`]: the real files beside the repository
//!
//! `cargo xtask test` installs the tools, starts PostgreSQL, says where it is in
//! `TESTKIT_POSTGRES`, and sets `TESTKIT_REQUIRE`. A plain `cargo test` says what it skips.

mod contract;
mod database;
mod descriptors;
mod model;
pub mod oidc;
mod ports;
mod sheath;
mod tokens;
mod tools;
mod within;

pub use contract::{pinned, same_vocabulary};
pub use database::{Database, Engine, copy, database, on_both};
pub use descriptors::{compiled, contract_with};
pub use model::Model;
pub use ports::free_address;
pub use sheath::sheath;
pub use tokens::{token, token_for};
pub use tools::{shared_data, tool};
pub use within::{WithinTls, again_within_tls};

/// Says that something is not tested here, or fails where everything must be.
///
/// # Panics
/// With `TESTKIT_REQUIRE` set.
pub fn skip(why: &str) {
    assert!(
        std::env::var_os("TESTKIT_REQUIRE").is_none(),
        "must not be skipped under `cargo xtask test`: {why}"
    );
    eprintln!("skipped: {why}");
}
