//! The wire: messages and clients generated from `proto/`, one module per package, the methods as
//! types ([`rpc`]), and the descriptors.
//!
//! Written by hand are [`standard`], the shape that the requests of all standard methods share; the
//! trait of a method in [`rpc`]; [`codec`], by which messages come and go; what the contract says
//! of a [`reason`]; and what finds the [`descriptors`].

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

#[cfg(feature = "calls")]
pub mod codec;
#[cfg(feature = "calls")]
pub mod reason;
pub mod rpc;
pub mod standard;

/// The descriptors of the whole contract, custom options and comments included: for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/registan.bin"));

/// The same without comments.
const UNCOMMENTED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/uncommented.bin"));

/// The descriptors without comments, ready to be asked: a process keeps them as long as it runs.
pub fn descriptors() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| pool(UNCOMMENTED));
    &POOL
}

/// The descriptors with their comments, for what explains the contract to people.
pub fn commented() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| pool(FILE_DESCRIPTOR_SET));
    &POOL
}

fn pool(set: &[u8]) -> DescriptorPool {
    DescriptorPool::decode(set).expect("the build wrote a whole descriptor set")
}

include!(concat!(env!("OUT_DIR"), "/packages.rs"));
