//! Descriptors of services that only a test has. They live as long as the process, as those of the
//! contract do.

use std::path::{Path, PathBuf};

use chassis::Contract;
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use protox::Compiler;
use protox::file::{
    ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};

/// The file of the test, in memory.
const FILE: &str = "test.proto";

struct InMemory(String);

impl FileResolver for InMemory {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == FILE {
            File::from_source(FILE, &self.0)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}

/// The descriptors of a proto file, with all it imports of the contract.
///
/// # Panics
/// If it is not one.
pub fn compiled(proto: &str) -> Contract {
    let contract: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let mut files = ChainFileResolver::new();
    files.add(InMemory(proto.to_owned()));
    files.add(IncludeFileResolver::new(contract));
    files.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(files);
    compiler.include_imports(true).open_file(FILE).expect("the proto file is well formed");
    decoded(compiler.encode_file_descriptor_set())
}

/// The descriptors of the contract, where the proto service `service` has more methods, each with
/// the rule, the streams and the messages of its method `like`.
///
/// # Panics
/// If the contract has no such service or method.
pub fn contract_with(service: &str, like: &str, methods: &[&str]) -> Contract {
    let kind = api::descriptors().get_message_by_name("google.protobuf.FileDescriptorSet");
    let kind = kind.expect("the contract holds the types of descriptors");
    let mut set =
        DynamicMessage::decode(kind, api::FILE_DESCRIPTOR_SET).expect("it is a descriptor set");
    let mut added = false;
    for file in list(&mut set, "file").iter_mut().filter_map(Value::as_message_mut) {
        let package = text(file, "package");
        for one in list(file, "service").iter_mut().filter_map(Value::as_message_mut) {
            if format!("{package}.{}", text(one, "name")) == service {
                add(list(one, "method"), like, methods);
                added = true;
            }
        }
    }
    assert!(added, "the contract has no {service}");
    decoded(set.encode_to_vec())
}

fn decoded(set: Vec<u8>) -> Contract {
    Contract::decode(set.leak()).expect("it is a descriptor set")
}

fn add(all: &mut Vec<Value>, like: &str, methods: &[&str]) {
    let model =
        all.iter().filter_map(Value::as_message).find(|method| text(method, "name") == like);
    let model = model.expect("the service has the method").clone();
    for name in methods {
        let mut method = model.clone();
        method.set_field_by_name("name", Value::String((*name).to_owned()));
        all.push(Value::Message(method));
    }
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field).expect("descriptors have the field");
    value.as_str().unwrap_or_default().to_owned()
}

fn list<'a>(message: &'a mut DynamicMessage, field: &str) -> &'a mut Vec<Value> {
    let list = message.get_field_by_name_mut(field).and_then(Value::as_list_mut);
    list.expect("descriptors have the list")
}
