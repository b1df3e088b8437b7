//! No filter asks about a field that not everybody may read: it would tell by whom it lets through.

use std::collections::BTreeSet;

use chronicle::filter::{At, filter};
use prost_reflect::{Kind, MessageDescriptor};

/// As deep as a filter could look.
const DEPTH: usize = 3;

/// The paths of all fields of a message, each with whether everybody may read it.
fn paths(message: &MessageDescriptor, depth: usize) -> Vec<(String, bool)> {
    let tier = api::descriptors().get_extension_by_name("registan.options.v1.tier");
    let tier = tier.expect("there are tiers");
    let mut all = Vec::new();
    for field in message.fields() {
        let is_public = field.options().get_extension(&tier).as_enum_number() == Some(1);
        all.push((field.name().to_owned(), is_public));
        if let (Kind::Message(inner), true) = (field.kind(), depth > 1) {
            let below = paths(&inner, depth - 1).into_iter();
            all.extend(
                below.map(|(path, below)| (format!("{}.{path}", field.name()), is_public && below)),
            );
        }
    }
    all
}

/// Whether a field of a message is CONFIDENTIAL or above, or of no tier.
fn is_watched(message: &MessageDescriptor) -> bool {
    let tier = api::descriptors().get_extension_by_name("registan.options.v1.tier");
    let tier = tier.expect("there are tiers");
    message.fields().any(|field| {
        let of_field = field.options().get_extension(&tier).as_enum_number();
        !matches!(of_field, Some(1 | 2))
    })
}

/// Asks a resource about each of its fields; gives the hidden ones, and how many can be asked about.
fn ask<T: chronicle::Resource>(message: &str) -> (Vec<String>, usize) {
    let descriptor = api::descriptors().get_message_by_name(message).expect("a resource");
    assert_eq!(T::WATCHED, is_watched(&descriptor), "{message}: is showing it recorded?");
    let (mut hidden, mut filterable) = (Vec::new(), 0);
    for (path, is_public) in paths(&descriptor, DEPTH) {
        let texts =
            ["", "x", "1", "true", "2024-01-01"].map(|value| format!("{path} = \"{value}\""));
        let bare = [format!("{path}:x"), format!("{path}:*"), format!("{path} > 1")];
        let can = texts.iter().chain(&bare).any(|text| filter::<T>(text, At::Now).is_ok());
        assert!(is_public || !can, "{message}: a filter may ask about `{path}`");
        filterable += usize::from(can);
        if !is_public {
            hidden.push(format!("{message}.{path}"));
        }
    }
    (hidden, filterable)
}

#[test]
fn no_filter_asks_about_what_not_everybody_may_read() {
    let asked = [
        ("registan.access.v1.Grant", ask::<agreements::domain::Grant> as fn(&str) -> _),
        ("registan.agreements.v1.Agreement", ask::<agreements::domain::Agreement>),
        ("registan.agreements.v1.Framework", ask::<agreements::domain::Framework>),
        ("registan.agreements.v1.Party", ask::<agreements::domain::Party>),
        ("registan.agreements.v1.Source", ask::<agreements::domain::Source>),
        ("registan.projects.v1.Organization", ask::<projects::domain::Organization>),
        ("registan.projects.v1.Project", ask::<projects::domain::Project>),
        ("registan.projects.v1.Transaction", ask::<projects::domain::Transaction>),
        ("registan.rights.v1.Activity", ask::<rights_reporting::domain::Activity>),
        ("registan.rights.v1.Recommendation", ask::<rights_reporting::domain::Recommendation>),
    ];
    let resource = api::descriptors().get_extension_by_name("google.api.resource");
    let resource = resource.expect("there are resources");
    let all = api::descriptors().all_messages();
    let all: BTreeSet<String> = all
        .filter(|message| message.options().has_extension(&resource))
        .map(|message| message.full_name().to_owned())
        .collect();
    assert_eq!(all, asked.iter().map(|(message, _)| (*message).to_owned()).collect());

    let mut hidden = Vec::new();
    for (message, ask) in asked {
        let (more, filterable) = ask(message);
        assert!(filterable > 1, "{message}: nothing can be asked, so nothing is tested");
        hidden.extend(more);
    }

    let activity = "registan.rights.v1.Activity";
    for field in ["internal_note", "route"] {
        assert!(hidden.contains(&format!("{activity}.{field}")), "{hidden:?}");
    }
}
