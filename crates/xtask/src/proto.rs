//! `cargo xtask proto`: writes the parts of the contract that are the same for every resource.
//!
//! The facts of a resource are options of its message (`registan.options.v1.resource`) and of its
//! fields (`index`). Its system fields, and the standard methods with their requests and answers,
//! follow from them. They are text between markers in the proto files, for readers, buf and
//! reflection. An element that is written by hand outside the markers replaces the one of its name.

mod region;
mod resource;
mod wrap;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::shell::root;
use region::{FIELDS, MESSAGES, METHODS};
use resource::Resource;

/// A file as it should be.
struct Wanted {
    file: PathBuf,
    text: String,
}

/// Writes the regions of all resources, or fails where one differs from what is in its file.
pub fn run(is_check: bool) -> Result<()> {
    let mut differing = Vec::new();
    for resource in resource::all(&root().join("proto"))? {
        for Wanted { file, text } in wanted(&resource)? {
            if fs::read_to_string(&file).is_ok_and(|now| now == text) {
                continue;
            }
            if !is_check {
                fs::write(&file, text)
                    .with_context(|| format!("{} cannot be written", file.display()))?;
            }
            differing.push(file.strip_prefix(root()).unwrap_or(&file).display().to_string());
        }
    }
    if is_check && !differing.is_empty() {
        bail!(
            "not as the options of the messages say, run cargo xtask proto: {}",
            differing.join(", ")
        );
    }
    for file in differing {
        println!("written: {file}");
    }
    Ok(())
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
