//! The wire: messages and clients generated from `proto/`, one module per package, the methods as types ([`rpc`]), and the
//! descriptors.
//!
//! Written by hand are [`standard`], the shape that the requests of all standard methods share; the trait of a method in [`rpc`];
//! [`codec`], by which messages come and go; what the contract says of a [`reason`]; and what finds the [`descriptors`].

#[cfg(feature = "calls")]
pub mod codec;
#[cfg(feature = "calls")]
pub mod reason;
pub mod rpc;
pub mod standard;

/// The descriptors of the whole contract, custom options and comments included: for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/registan.bin"));

/// The same descriptors, ready to be asked.
pub fn descriptors() -> &'static prost_reflect::DescriptorPool {
    static POOL: std::sync::OnceLock<prost_reflect::DescriptorPool> = std::sync::OnceLock::new();
    POOL.get_or_init(|| {
        prost_reflect::DescriptorPool::decode(FILE_DESCRIPTOR_SET)
            .expect("the build wrote a whole descriptor set")
    })
}

include!(concat!(env!("OUT_DIR"), "/packages.rs"));
