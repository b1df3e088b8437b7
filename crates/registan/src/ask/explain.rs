//! Says what there is to ask, in the words of the contract.

use std::io::Write;

use prost_reflect::{FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};
use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use super::cells::{humanised, word};
use super::find::short;

/// Every method of these services, a line each.
pub fn services(services: &[ServiceDescriptor]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let methods = services.iter().flat_map(ServiceDescriptor::methods);
    let width = methods.map(|method| short(&method).len()).max().unwrap_or_default();
    for service in services {
        writeln!(out, "{}", first_sentence(&comment(&service.parent_file(), service.path())))?;
        for method in service.methods() {
            let what = first_sentence(&comment(&service.parent_file(), method.path()));
            writeln!(out, "  {:width$}  {what}", short(&method))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "More about one: registan ask METHOD --explain")?;
    Ok(())
}

/// One method: what it does, the fields of its request and those of its answer.
pub fn method(method: &MethodDescriptor) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let service = method.parent_service();
    writeln!(out, "{}/{}", service.full_name(), method.name())?;
    indented(&mut out, &comment(&service.parent_file(), method.path()), 2)?;
    let stream = |is: bool| if is { "stream of " } else { "" };
    writeln!(out, "\nRequest: {}{}", stream(method.is_client_streaming()), method.input().name())?;
    fields(&mut out, &method.input())?;
    writeln!(out, "\nAnswer: {}{}", stream(method.is_server_streaming()), method.output().name())?;
    fields(&mut out, &method.output())
}

fn fields(out: &mut impl Write, message: &MessageDescriptor) -> anyhow::Result<()> {
    for field in message.fields() {
        writeln!(out, "  {}: {}", field.name(), kind(&field))?;
        indented(out, &comment(&message.parent_file(), field.path()), 4)?;
    }
    Ok(())
}

/// Returns the type of a field, and of an enum its values.
fn kind(field: &FieldDescriptor) -> String {
    let one = match field.kind() {
        Kind::Message(message) => message.name().to_owned(),
        Kind::Enum(kind) => {
            let words: Vec<String> = kind
                .values()
                .filter(|it| it.number() != 0)
                .map(|it| it.name().to_owned())
                .collect();
            format!("{}, one of {}", humanised(kind.name()), words.join(", "))
        }
        other => word(&format!("{other:?}")),
    };
    if field.is_list() { format!("list of {one}") } else { one }
}

fn indented(out: &mut impl Write, text: &str, depth: usize) -> std::io::Result<()> {
    for line in text.lines() {
        writeln!(out, "{:depth$}{}", "", line.trim())?;
    }
    Ok(())
}

/// The comment above an element of the contract.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let file = api::commented().get_file_by_name(file.name());
    let info = file.as_ref().and_then(|it| it.file_descriptor_proto().source_code_info.as_ref());
    let mut locations = info.into_iter().flat_map(|info| &info.location);
    let location = locations.find(|location| location.path == path);
    location.map(|it| it.leading_comments().trim().to_owned()).unwrap_or_default()
}

/// As much of a comment as a list has room for.
fn first_sentence(comment: &str) -> String {
    let line = comment.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.find(". ").map_or(line.len(), |end| end + 1);
    line[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::find;

    #[test]
    fn every_method_and_every_field_is_explained() {
        for method in find::services().iter().flat_map(ServiceDescriptor::methods) {
            let file = method.parent_service().parent_file();
            assert!(!comment(&file, method.path()).is_empty(), "{}", method.full_name());
            for message in [method.input(), method.output()] {
                for field in message.fields() {
                    let comment = comment(&message.parent_file(), field.path());
                    assert!(!comment.is_empty(), "{}", field.full_name());
                }
            }
        }
    }
}
