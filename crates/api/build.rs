//! Compiles every proto of the contract; protox needs no protoc on the machine.
//!
//! Besides messages and clients it writes `rpc.rs`, a type for each method, and `standard.rs`, by
//! which `crates/standard` serves the standard methods of every resource; and for that crate
//! `described.rs`, by which it checks, keeps and finds the resources of which the contract says
//! all. There are no generated servers: there is one, `serving::Methods`.

#[path = "build/contract.rs"]
mod contract;
#[path = "build/described.rs"]
mod described;
#[path = "build/desks.rs"]
mod desks;
#[path = "build/indexed.rs"]
mod indexed;
#[path = "build/known.rs"]
mod known;
#[path = "build/options.rs"]
mod options;
#[path = "build/rpc.rs"]
mod rpc;
#[path = "build/searched.rs"]
mod searched;
#[path = "build/standard.rs"]
mod standard;
#[path = "build/tiers.rs"]
mod tiers;
#[path = "build/valued.rs"]
mod valued;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use contract::Contract;
use prost_types::FileDescriptorSet;
use protox::prost::Message;
use protox::prost_reflect::{DynamicMessage, ReflectMessage, Value};

const ROOT: &str = "../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    println!("cargo:rerun-if-changed=build");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(protos(Path::new(ROOT))?)?;
    // Encoded by protox itself: a decoded set would lose the options that are not prost's.
    let set = compiler.encode_file_descriptor_set();
    fs::write(out.join("registan.bin"), with_comments(&set, of_ours)?)?;
    fs::write(out.join("uncommented.bin"), with_comments(&set, |_| false)?)?;

    let described = out.join("described.rs");
    fs::write(&described, pretty(&described::code(&compiler.descriptor_pool())?)?)?;
    println!("cargo:described={}", described.display());

    let mut descriptors = compiler.file_descriptor_set();
    let others = ["buf.validate", "google.api", "google.rpc"];
    descriptors.file.retain(|file| !others.contains(&file.package()));
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    let contract = Contract::of(&descriptors.file);
    fs::write(out.join("rpc.rs"), pretty(&rpc::code(&contract))?)?;
    fs::write(
        out.join("standard.rs"),
        pretty(&standard::code(&contract, &compiler.descriptor_pool())?)?,
    )?;
    let mut config = prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        .codec_path("crate::codec::Codec")
        .build_server(false)
        .client_mod_attribute(".", "#[cfg(feature = \"calls\")]")
        .include_file("packages.rs")
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}

/// Code as a person would set it.
fn pretty(code: &str) -> Result<String, syn::Error> {
    Ok(prettyplease::unparse(&syn::parse_file(code)?))
}

fn of_ours(package: &str) -> bool {
    package.starts_with("registan.")
}

/// Removes from a descriptor set the source positions that carry no comment, and those of all files
/// whose package is not wanted. The comments are what reflection shows to callers (`grpcurl
/// describe`).
fn with_comments(set: &[u8], is_wanted: fn(&str) -> bool) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut set = DynamicMessage::decode(FileDescriptorSet::default().descriptor(), set)?;
    let files = set.get_field_by_name_mut("file").and_then(Value::as_list_mut);
    for file in files.into_iter().flatten().filter_map(Value::as_message_mut) {
        let package = file.get_field_by_name("package");
        if !package.is_some_and(|it| is_wanted(it.as_str().unwrap_or_default())) {
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
