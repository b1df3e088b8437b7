//! Reflection, v1 and v1alpha, with the types of health and of error details: without them grpcurl cannot print either.

use tonic::service::Routes;
use tonic_reflection::server::{Builder, Error};

/// Adds both versions to `routes`. `descriptors` is an encoded `FileDescriptorSet`, of which the services `names` are
/// listed.
pub(crate) fn add(
    routes: Routes,
    descriptors: &'static [u8],
    names: &[String],
) -> Result<Routes, Error> {
    let v1 = builder(descriptors, names).build_v1()?;
    let v1alpha = builder(descriptors, names).build_v1alpha()?;
    Ok(routes.add_service(v1).add_service(v1alpha))
}

fn builder<'a>(descriptors: &'a [u8], names: &[String]) -> Builder<'a> {
    let mut builder = Builder::configure()
        .register_encoded_file_descriptor_set(descriptors)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health")
        .with_service_name("grpc.reflection.v1.ServerReflection")
        .with_service_name("grpc.reflection.v1alpha.ServerReflection");
    for name in names {
        builder = builder.with_service_name(name);
    }
    builder
}
