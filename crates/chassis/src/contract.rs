//! The contract of a process: what it serves.

use prost_reflect::{DescriptorError, DescriptorPool};

/// The descriptors of a contract; may hold more than is served. Cheap to clone: all servers of a
/// process share one pool.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// Ready to be asked, and without comments, which nothing here reads.
    pub pool: DescriptorPool,
    /// An encoded `FileDescriptorSet` of the same files with their comments: what reflection sends.
    pub encoded: &'static [u8],
}

impl Contract {
    /// Reads an encoded `FileDescriptorSet`.
    pub fn decode(encoded: &'static [u8]) -> Result<Self, DescriptorError> {
        Ok(Self { pool: DescriptorPool::decode(encoded)?, encoded })
    }
}
