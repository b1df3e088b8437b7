//! The reasons of errors: what docs/errors.md says of each is what the contract says, and each is
//! answered somewhere.

use std::collections::BTreeSet;
use std::fmt::Write;

use api::registan::r#type::v1::ErrorReason;
use prost_reflect::{EnumValueDescriptor, FileDescriptor};
use tonic::Code;

use crate::house::{files, read, root};

const HEAD: &str = "# Errors

All reasons that an error can have: the `reason` of its `ErrorInfo`, whose domain is `registan`, and of each violation
in a `BadRequest`, as the contract lists them ([`ErrorReason`](../proto/registan/type/v1/error_reason.proto)). The
[guide for callers](guide.md#errors) describes the other details. Where you do not know a reason, go by the code.

| reason | code | when, and what to do |
|---|---|---|
";

/// The values of the enum, without the one for what is not known.
fn values() -> Vec<EnumValueDescriptor> {
    let found = api::commented().get_enum_by_name("registan.type.v1.ErrorReason");
    found.expect("the contract lists the reasons").values().skip(1).collect()
}

fn reason(value: &EnumValueDescriptor) -> ErrorReason {
    ErrorReason::try_from(value.number()).expect("the enum is generated from the contract")
}

fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let mut locations = info.into_iter().flat_map(|info| &info.location);
    let found = locations.find(|location| location.path == path);
    let words = found.map(|location| location.leading_comments().split_whitespace());
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// `INVALID_ARGUMENT` of `InvalidArgument`.
fn shouted(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_uppercase());
    }
    word
}

#[test]
fn the_docs_list_every_reason_as_the_contract_does() {
    let mut text = HEAD.to_owned();
    for value in values() {
        let name = value.name();
        let comment = comment(&value.parent_enum().parent_file(), value.path());
        let code = reason(&value).code().expect("the contract gives the code of each reason");
        let code = shouted(&format!("{code:?}"));
        assert!(comment.contains(". "), "{name}: say when it is answered, and what to do");
        for key in reason(&value).metadata() {
            assert!(comment.contains(&format!("`{key}`")), "{name}: explain the metadata `{key}`");
        }
        writeln!(text, "| `{name}` | `{code}` | {comment} |").expect("a string takes all");
    }

    testkit::pinned(&root().join("docs/errors.md").display().to_string(), &text);
}

#[test]
fn every_reason_and_every_key_is_answered_somewhere() {
    let sources = ["crates", "services"].map(|folder| files(&root().join(folder), &[".rs"]));
    let sources = sources.into_iter().flatten().filter(|it| it.iter().any(|part| part == "src"));
    let text: String = sources.map(|file| read(&file)).collect();

    for value in values() {
        let reason = reason(&value);
        assert!(
            text.contains(&format!("ErrorReason::{reason:?}")),
            "{} is never answered",
            value.name()
        );
        for key in reason.metadata() {
            assert!(
                text.contains(&format!("with(\"{key}\"")),
                "{} never has `{key}`",
                value.name()
            );
        }
    }
}

#[test]
fn the_comments_of_methods_name_reasons_that_there_are() {
    let codes = (1..=16).map(|code| shouted(&format!("{:?}", Code::from_i32(code))));
    let reasons = values().into_iter().map(|value| value.name().to_owned());
    let known: BTreeSet<String> = codes.chain(reasons).collect();
    for method in api::descriptors().services().flat_map(|it| it.methods().collect::<Vec<_>>()) {
        let comment = comment(&method.parent_service().parent_file(), method.path());
        let Some((_, errors)) = comment.split_once("Errors: ") else { continue };
        let words = errors.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        for word in words.filter(|word| word.trim_matches('_').contains('_')) {
            assert!(known.contains(word), "{}: {word}", method.full_name());
        }
    }
}
