//! Says what there is to ask, in the words of the contract.

use std::io::Write;

use prost_reflect::{FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};
use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use super::cells::{humanised, word};
use super::find::short;
use super::mistake::{example, is_well_known};

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

/// One method: what it does, the fields of its request and those of its answer, then the messages
/// within the request. Those of the answer are named: of some answers they are hundreds of lines.
pub fn method(method: &MethodDescriptor) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let service = method.parent_service();
    writeln!(out, "{}/{}", service.full_name(), method.name())?;
    indented(&mut out, &comment(&service.parent_file(), method.path()), 2)?;
    let stream = |is: bool| if is { "stream of " } else { "" };
    let (input, output) = (method.input(), method.output());
    writeln!(out, "\nRequest: {}{}", stream(method.is_client_streaming()), input.name())?;
    fields(&mut out, &input)?;
    writeln!(out, "\nAnswer: {}{}", stream(method.is_server_streaming()), output.name())?;
    fields(&mut out, &output)?;
    let explained = within(&input);
    more(&mut out, &explained)?;
    let named = within(&output).into_iter().filter(|it| !explained.contains(it) && *it != input);
    let named: Vec<String> = named.map(|kind| kind.name().to_owned()).collect();
    if let Some(first) = named.first() {
        writeln!(out, "\nMessages within the answer: {}", named.join(", "))?;
        writeln!(out, "More about one: registan ask {first} --explain")?;
    }
    Ok(())
}

/// One message: what it is, its fields, then the messages within it.
pub fn message(message: &MessageDescriptor) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    of_message(&mut out, message, message.full_name())?;
    more(&mut out, &within(message))
}

/// Messages within another, each once.
fn more(out: &mut impl Write, messages: &[MessageDescriptor]) -> anyhow::Result<()> {
    messages.iter().try_for_each(|message| {
        writeln!(out)?;
        of_message(out, message, message.name())
    })
}

fn of_message(out: &mut impl Write, message: &MessageDescriptor, name: &str) -> anyhow::Result<()> {
    writeln!(out, "{name}")?;
    indented(out, &comment(&message.parent_file(), message.path()), 2)?;
    if let Some(example) = example(message) {
        writeln!(out, "  For example: {example}")?;
    }
    fields(out, message)
}

/// Returns the messages that a message holds, and those that they hold, in the order in which they
/// are named.
fn within(message: &MessageDescriptor) -> Vec<MessageDescriptor> {
    let mut found = vec![message.clone()];
    let mut at = 0;
    while let Some(message) = found.get(at).cloned() {
        for field in message.fields() {
            if let Kind::Message(kind) = field.kind()
                && !is_well_known(&kind)
                && !found.contains(&kind)
            {
                found.push(kind);
            }
        }
        at += 1;
    }
    found.split_off(1)
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
        Kind::Message(message) if is_well_known(&message) => {
            let example = example(&message).map(|it| format!(", as {it}")).unwrap_or_default();
            format!("{}{example}", message.name())
        }
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
    use crate::ask::find::{self, Found};

    fn request(typed: &str) -> MessageDescriptor {
        let Ok(Found::Method(method)) = find::find(typed) else { panic!("{typed} is a method") };
        method.input()
    }

    #[test]
    fn the_messages_within_a_request_are_each_explained_once() {
        let within = within(&request("CreateActivity"));

        let names: Vec<&str> = within.iter().map(MessageDescriptor::name).collect();
        assert_eq!(names, ["Activity", "PartialDate", "SourceRef", "Date"]);
        let mut text = Vec::new();
        more(&mut text, &within).unwrap();
        let text = String::from_utf8(text).unwrap();
        for line in [
            r#"  For example: {"date":{"year":2024,"month":6}}"#,
            "  date: Date",
            r#"  create_time: Timestamp, as "2026-11-24T12:00:00Z""#,
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
    }

    #[test]
    fn every_message_that_is_named_is_found_by_its_name() {
        for method in find::services().iter().flat_map(ServiceDescriptor::methods) {
            for kind in [method.input(), method.output()].iter().flat_map(within) {
                assert_eq!(find::message(kind.name()), Some(kind.clone()), "{}", kind.full_name());
                let comment = comment(&kind.parent_file(), kind.path());
                assert!(!comment.is_empty(), "{}", kind.full_name());
            }
        }
    }

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
