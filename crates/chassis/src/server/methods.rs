//! Which methods stream: their deadlines are longer.

use std::collections::HashSet;

use prost::{DecodeError, Message};
use prost_types::FileDescriptorSet;

/// The paths of all methods with a stream in either direction.
#[derive(Debug)]
pub(super) struct Methods(HashSet<String>);

impl Methods {
    /// Reads an encoded `FileDescriptorSet`; health and reflection are known without.
    pub fn read(descriptors: &[u8]) -> Result<Self, DecodeError> {
        let mut streams = HashSet::new();
        let own = [
            descriptors,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        for set in own {
            for file in FileDescriptorSet::decode(set)?.file {
                for service in &file.service {
                    let methods = service.method.iter();
                    let streaming =
                        methods.filter(|it| it.client_streaming() || it.server_streaming());
                    streams.extend(
                        streaming.map(|it| {
                            format!("/{}.{}/{}", file.package(), service.name(), it.name())
                        }),
                    );
                }
            }
        }
        Ok(Self(streams))
    }

    pub fn is_stream(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}
