//! Compiles every proto of the contract; protox needs no protoc on the machine.
//!
//! Besides messages, clients and servers it writes `standard.rs`: for each standard method (AIP-131 to 135) the impls by
//! which `crates/standard` reads its request and builds its answer, so that no service writes them by hand.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};
use protox::prost::Message;
use protox::prost_reflect::{DynamicMessage, ReflectMessage, Value};

const ROOT: &str = "../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(protos(Path::new(ROOT))?)?;
    // Encoded by protox itself: a decoded set would lose the options that are not prost's.
    fs::write(
        out.join("registan.bin"),
        with_comments_alone(&compiler.encode_file_descriptor_set())?,
    )?;

    let mut descriptors = compiler.file_descriptor_set();
    descriptors.file.retain(|file| file.package() != "google.api");
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    fs::write(out.join("standard.rs"), standard(&descriptors.file))?;
    let mut config = prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        .codec_path("crate::codec::Codec")
        .include_file("packages.rs")
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}

/// Removes from a descriptor set the source positions that carry no comment, and those of all files that are not ours. The
/// comments are what reflection shows to callers (`grpcurl describe`).
fn with_comments_alone(set: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut set = DynamicMessage::decode(FileDescriptorSet::default().descriptor(), set)?;
    let files = set.get_field_by_name_mut("file").and_then(Value::as_list_mut);
    for file in files.into_iter().flatten().filter_map(Value::as_message_mut) {
        let package = file.get_field_by_name("package");
        let is_ours =
            package.is_some_and(|it| it.as_str().unwrap_or_default().starts_with("registan."));
        if !is_ours {
            file.clear_field_by_name("source_code_info");
            continue;
        }
        let info = file.get_field_by_name_mut("source_code_info").and_then(Value::as_message_mut);
        let locations = info.and_then(|info| info.get_field_by_name_mut("location"));
        if let Some(locations) = locations.and_then(Value::as_list_mut) {
            locations.retain(|location| location.as_message().is_some_and(has_comment));
        }
    }
    Ok(set.encode_to_vec())
}

fn has_comment(location: &DynamicMessage) -> bool {
    ["leading_comments", "trailing_comments", "leading_detached_comments"]
        .iter()
        .any(|field| location.has_field_by_name(field))
}

/// Every proto of ours, relative to the root.
fn protos(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(protos(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path.strip_prefix(ROOT).unwrap_or(&path).to_owned());
        }
    }
    found.sort();
    Ok(found)
}

/// The impls of `crate::standard` for the requests and answers of every standard method.
fn standard(files: &[FileDescriptorProto]) -> String {
    let mut code = String::new();
    for file in files {
        let module = format!("crate::{}", file.package().replace('.', "::"));
        for message in &file.message_type {
            code.push_str(&resource(message, &module).unwrap_or_default());
            code.push_str(&implementation(file, message, &module).unwrap_or_default());
        }
    }
    code
}

/// A resource: a message with a name, a uid and an etag.
fn resource(message: &DescriptorProto, module: &str) -> Option<String> {
    let has = |field: &str| message.field.iter().any(|f| f.name() == field);
    (has("name") && has("uid") && has("etag")).then(|| {
        format!(
            "impl Resource for {module}::{} {{
                fn name(&self) -> &str {{ &self.name }}
                fn etag(&self) -> &str {{ &self.etag }}
            }}\n",
            message.name()
        )
    })
}

fn implementation(
    file: &FileDescriptorProto,
    message: &DescriptorProto,
    module: &str,
) -> Option<String> {
    let request = message.name().strip_suffix("Request")?;
    let has = |field: &str| message.field.iter().any(|f| f.name() == field);
    let parent = if has("parent") { "self.parent" } else { "String::new()" };
    if request.starts_with("Get") && has("name") {
        return Some(format!(
            "impl Get for {module}::{request}Request {{
                fn parts(self) -> GetParts {{ GetParts {{ name: self.name, read_time: self.read_time }} }}
            }}\n"
        ));
    }
    if let Some(code) = history(file, request, module, parent) {
        return Some(code);
    }
    if request.starts_with("List") {
        let answer = file.message_type.iter().find(|m| m.name() == format!("{request}Response"))?;
        let items = answer.field.first()?;
        let resource = items.type_name().rsplit('.').next()?;
        return Some(format!(
            "impl List for {module}::{request}Request {{
                type Resource = {module}::{resource};
                type Response = {module}::{request}Response;
                fn parts(self) -> ListParts {{ ListParts {{ parent: {parent}, page_size: self.page_size, page_token: self.page_token, filter: self.filter, order_by: self.order_by, show_deleted: self.show_deleted, read_time: self.read_time }} }}
                fn response({field}: Vec<Self::Resource>, next_page_token: String, read_time: Option<prost_types::Timestamp>, resume_token: String) -> Self::Response {{ Self::Response {{ {field}, next_page_token, read_time, resume_token }} }}
            }}\n",
            field = items.name(),
        ));
    }
    if has("name") && request.starts_with("Delete") {
        let force = if has("force") { "self.force" } else { "false" };
        return Some(format!(
            "impl Delete for {module}::{request}Request {{
                fn parts(self) -> DeleteParts {{ DeleteParts {{ name: self.name, etag: self.etag, request_id: self.request_id, validate_only: self.validate_only, force: {force} }} }}
            }}\n"
        ));
    }
    let resource = message.field.first().filter(|f| !f.type_name().is_empty())?;
    let (field, kind) = (resource.name(), resource.type_name().rsplit('.').next()?);
    if request.starts_with("Create") {
        return Some(format!(
            "impl Create for {module}::{request}Request {{
                type Resource = {module}::{kind};
                fn parts(self) -> CreateParts<Self::Resource> {{ CreateParts {{ parent: {parent}, id: self.{field}_id, resource: self.{field}, request_id: self.request_id, validate_only: self.validate_only }} }}
            }}\n"
        ));
    }
    if request.starts_with("Update") {
        return Some(format!(
            "impl Update for {module}::{request}Request {{
                type Resource = {module}::{kind};
                fn parts(self) -> UpdateParts<Self::Resource> {{ UpdateParts {{ resource: self.{field}, update_mask: self.update_mask, request_id: self.request_id, validate_only: self.validate_only }} }}
            }}\n"
        ));
    }
    None
}

/// The impls for what was recorded and how it changes: Undelete, Export, Watch, revisions, Diff.
fn history(
    file: &FileDescriptorProto,
    request: &str,
    module: &str,
    parent: &str,
) -> Option<String> {
    let message = |name: &str| file.message_type.iter().find(|message| message.name() == name);
    let kind_of = |message: &DescriptorProto, field: &str| {
        let field = message.field.iter().find(|known| known.name() == field)?;
        field.type_name().rsplit('.').next().map(ToOwned::to_owned)
    };
    if request.starts_with("Undelete") {
        return Some(format!(
            "impl Undelete for {module}::{request}Request {{
                fn parts(self) -> DeleteParts {{ DeleteParts {{ name: self.name, etag: self.etag, request_id: self.request_id, validate_only: self.validate_only, force: false }} }}
            }}\n"
        ));
    }
    if request.starts_with("Export") {
        return Some(format!(
            "impl Export for {module}::{request}Request {{
                fn parts(self) -> ExportParts {{ ExportParts {{ parent: {parent}, filter: self.filter, order_by: self.order_by, show_deleted: self.show_deleted, read_time: self.read_time }} }}
            }}\n"
        ));
    }
    // A watch of several kinds, which is no standard method, has no resource in its name.
    if request.starts_with("Watch") && request != "Watch" {
        let answer = message(&format!("{request}Response"))?;
        let field = answer.field.get(1)?.name();
        let kind = kind_of(answer, field)?;
        return Some(format!(
            "impl Watch for {module}::{request}Request {{
                type Resource = {module}::{kind};
                type Response = {module}::{request}Response;
                fn parts(self) -> WatchParts {{ WatchParts {{ parent: {parent}, filter: self.filter, resume_token: self.resume_token }} }}
                fn response(kind: ChangeKind, {field}: Option<Self::Resource>, resume_token: String, read_time: Option<prost_types::Timestamp>) -> Self::Response {{ Self::Response {{ kind: kind.into(), {field}, resume_token, read_time }} }}
            }}
            impl Removed for {module}::{kind} {{
                fn removed(name: String, uid: String) -> Self {{ Self {{ name, uid, ..Self::default() }} }}
            }}\n"
        ));
    }
    if request.starts_with("Diff") {
        let kind = kind_of(message(&format!("{request}Response"))?, "before")?;
        return Some(format!(
            "impl Diff for {module}::{request}Request {{
                type Resource = {module}::{kind};
                type Response = {module}::{request}Response;
                fn parts(self) -> DiffParts {{ DiffParts {{ parent: {parent}, filter: self.filter, from_time: self.from_time, to_time: self.to_time }} }}
                fn response(kind: ChangeKind, before: Option<Self::Resource>, after: Option<Self::Resource>, changed: Option<prost_types::FieldMask>) -> Self::Response {{ Self::Response {{ kind: kind.into(), before, after, changed }} }}
            }}\n"
        ));
    }
    let kind = request.strip_prefix("List")?.strip_suffix("Revisions")?;
    let field = message(&format!("{kind}Revision"))?.field.last()?.name();
    Some(format!(
        "impl Revisions for {module}::{request}Request {{
            type Resource = {module}::{kind};
            type Response = {module}::{request}Response;
            fn parts(self) -> RevisionsParts {{ RevisionsParts {{ name: self.name, page_size: self.page_size, page_token: self.page_token, read_time: self.read_time }} }}
            fn response(revisions: Vec<RevisionParts<Self::Resource>>, next_page_token: String, read_time: Option<prost_types::Timestamp>) -> Self::Response {{
                let revisions = revisions.into_iter().map(|one| {module}::{kind}Revision {{ revision: one.revision, record_time: one.record_time, operation: one.operation.into(), author: one.author, changed: one.changed, {field}: Some(one.resource) }}).collect();
                Self::Response {{ revisions, next_page_token, read_time }}
            }}
        }}\n"
    ))
}
