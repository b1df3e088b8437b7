//! `cargo xtask proto`: writes the parts of the contract that are the same for every resource.
//!
//! The facts of a resource are options of its message (`registan.options.v1.resource`) and of its
//! fields (`index`). Its system fields, and the standard methods with their requests and answers,
//! follow from them. They are text between markers in the proto files, for readers, buf and
//! reflection. An element that is written by hand outside the markers replaces the one of its name.

mod desks;
mod region;
mod resource;
mod said;
mod wire;
mod wrap;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::shell::root;
use region::{FIELDS, MESSAGES, METHODS};
use resource::Resource;

/// A file as it should be.
struct Wanted {
    file: PathBuf,
    text: String,
}

/// The file in which the wire is pinned. It is outside of `proto`: the contract is compiled again
/// when a file there is written.
pub const WIRE: &str = "docs/wire.txt";

/// The way in which differences are treated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They fail.
    Check,
    /// They are written, but for breaks of the wire, which fail.
    Write,
    /// They are written, breaks of the wire too.
    AcceptBreak,
}

/// Writes the regions of all resources and the pinned wire, or fails where one differs from what is
/// in its file.
pub fn run(mode: Mode) -> Result<()> {
    let regions = regions(mode)?;
    let wire = wire(mode)?;
    let differing: Vec<_> = regions.into_iter().chain(wire).collect();
    if mode == Mode::Check && !differing.is_empty() {
        bail!("not as the contract says, run cargo xtask proto: {}", differing.join(", "));
    }
    for file in differing {
        println!("written: {file}");
    }
    Ok(())
}

/// Writes the regions that differ, if they are to be written, and returns their files.
fn regions(mode: Mode) -> Result<Vec<String>> {
    let mut differing = Vec::new();
    for resource in resource::all(&root().join("proto"))? {
        for Wanted { file, text } in wanted(&resource)? {
            if fs::read_to_string(&file).is_ok_and(|now| now == text) {
                continue;
            }
            if mode != Mode::Check {
                write(&file, &text)?;
            }
            differing.push(file.strip_prefix(root()).unwrap_or(&file).display().to_string());
        }
    }
    Ok(differing)
}

/// Compares the contract with the pinned wire, and returns the file of the pin if it is to be
/// renewed.
fn wire(mode: Mode) -> Result<Option<String>> {
    let file = root().join(WIRE);
    let pinned = fs::read_to_string(&file).unwrap_or_default();
    let now = wire::describe(&resource::contract(&root().join("proto"))?);
    ensure!(!now.is_empty(), "the contract has no wire");
    if mode != Mode::AcceptBreak {
        wire::check(&pinned, &now)?;
    }
    if pinned == now {
        return Ok(None);
    }
    if mode != Mode::Check {
        write(&file, &now)?;
    }
    Ok(Some(WIRE.to_owned()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

/// Returns the two files of a resource as they should be: of its message, and of its proto service.
fn wanted(resource: &Resource) -> Result<[Wanted; 2]> {
    let file = root().join("proto").join(&resource.file);
    let now =
        fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let text = FIELDS.write(&now, resource)?;
    let message = Wanted { text: region::import(&text, &resource::MESSAGE_IMPORTS), file };

    let file = message.file.with_file_name(format!("{}_service.proto", resource.noun()));
    let now = if file.is_file() {
        fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?
    } else {
        resource.filled(include_str!("proto/service.txt"))
    };
    Ok([message, Wanted { text: service(&now, resource)?, file }])
}

/// Returns the file of a proto service as it should be.
fn service(now: &str, resource: &Resource) -> Result<String> {
    let text = METHODS.write(now, resource)?;
    let text = MESSAGES.write(&text, resource)?;
    let own = resource.file.to_string_lossy();
    let imports = resource::SERVICE_IMPORTS.iter().copied().chain([&*own]).collect::<Vec<_>>();
    Ok(region::import(&text, &imports))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the facts of a resource, and its proto service with nothing written by hand.
    fn made(noun: &str) -> (Resource, String) {
        let resources = resource::all(&root().join("proto")).unwrap();
        let resource = resources.into_iter().find(|it| it.noun() == noun).unwrap();
        let text = service(&resource.filled(include_str!("proto/service.txt")), &resource).unwrap();
        (resource, text)
    }

    #[test]
    fn a_new_resource_gets_its_proto_service_whole() {
        let (resource, made) = made("organization");
        let file = root().join("proto/registan/projects/v1/organization_service.proto");
        assert_eq!(made, fs::read_to_string(file).unwrap());
        assert_eq!(service(&made, &resource).unwrap(), made);
    }

    #[test]
    fn what_stands_by_hand_takes_the_place_of_what_is_written() {
        let (resource, made) = made("project");
        assert!(made.contains("One that others of this service refer to"));
        let method =
            "  // Deletes it with all it has.\n  rpc DeleteProject(Ruin) returns (Project);\n}\n";
        let by_hand = made.replacen("\n}\n", &format!("\n{method}"), 1);
        let by_hand = format!("{by_hand}\n// What to ruin.\nmessage DeleteProjectRequest {{}}\n");
        let written = service(&by_hand, &resource).unwrap();
        for once in ["rpc DeleteProject(", "message DeleteProjectRequest {"] {
            assert_eq!(written.matches(once).count(), 1, "{written}");
        }
        assert!(written.contains(method) && !written.contains("others of this service refer to"));
        assert!(written.contains("  rpc UndeleteProject(") && written.contains("import \"google/"));
        assert_eq!(service(&written, &resource).unwrap(), written);
    }

    #[test]
    fn what_lies_in_another_is_found_by_it() {
        let (_, made) = made("transaction");
        let lists = "{get: \"/v1/{parent=projects/*}/transactions\"}";
        assert!(
            made.contains(lists) && made.contains("`projects/-` for the transactions"),
            "{made}"
        );
        assert!(made.contains("NOT_FOUND (the parent)") && made.contains("Fields: `project`,"));
    }
}
