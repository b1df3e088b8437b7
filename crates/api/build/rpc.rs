//! Writes `rpc.rs`: a module for each proto service, with a type for each of its methods.

use prost_types::MethodDescriptorProto;

use crate::contract::{Contract, path, snake};

pub fn code(contract: &Contract<'_>) -> String {
    let mut code = String::new();
    for (package, service) in &contract.services {
        let full_name = format!("{package}.{}", service.name());
        code += &format!("/// The methods of `{full_name}`.\npub mod {} {{", snake(service.name()));
        code += "use super::*;";
        for method in &service.method {
            code += &rpc(&full_name, method);
        }
        code += "}";
    }
    code
}

fn rpc(service: &str, method: &MethodDescriptorProto) -> String {
    let kind = match (method.client_streaming(), method.server_streaming()) {
        (false, false) => "Unary",
        (false, true) => "ServerStreaming",
        (true, false) => "ClientStreaming",
        (true, true) => "BidirectionalStreaming",
    };
    format!(
        "/// `{service}.{name}`.
        #[derive(Clone, Copy, Debug, Default)]
        pub struct {name};
        impl Rpc for {name} {{
            type Kind = {kind};
            type Request = {request};
            type Response = {response};
            const SERVICE: &'static str = \"{service}\";
            const PATH: &'static str = \"/{service}/{name}\";
        }}",
        name = method.name(),
        request = path(method.input_type()),
        response = path(method.output_type()),
    )
}
