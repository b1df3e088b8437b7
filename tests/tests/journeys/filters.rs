//! No filter asks about a field that not everybody may read: it would tell by whom it lets through.
//! What can be asked is what the contract says.

use std::collections::BTreeSet;

use chronicle::{Resource, Shown};
use facts::Check;
use facts::vocabulary::Vocabulary;
use policy::Tier;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};
use rights_reporting::domain::Activity;
use standard::{Asked, Resources, Served};

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

/// Returns whether a field of a message is CONFIDENTIAL or above, or of no tier.
fn is_audited(message: &MessageDescriptor) -> bool {
    let tier = api::descriptors().get_extension_by_name("registan.options.v1.tier");
    let tier = tier.expect("there are tiers");
    message.fields().any(|field| {
        let of_field = field.options().get_extension(&tier).as_enum_number();
        !matches!(of_field, Some(1 | 2))
    })
}

/// Returns whether a field of a message lies above PUBLIC, or is of no tier.
fn is_layered(message: &MessageDescriptor) -> bool {
    // A timestamp is one value: its parts have no tier.
    let is_part = |path: &str| matches!(path.rsplit('.').next(), Some("seconds" | "nanos"));
    paths(message, DEPTH).iter().any(|(path, is_public)| !is_public && !is_part(path))
}

/// Returns the paths that a filter may use by the options of the fields, and those of an order.
fn indexed(message: &MessageDescriptor) -> (BTreeSet<String>, BTreeSet<String>) {
    let index = api::descriptors().get_extension_by_name("registan.options.v1.index");
    let index = index.expect("there are indexes");
    let (mut filters, mut orders) = (BTreeSet::new(), BTreeSet::new());
    let mut waiting = vec![(String::new(), message.clone(), DEPTH)];
    while let Some((above, message, depth)) = waiting.pop() {
        for field in message.fields() {
            let path = format!("{above}{}", field.name());
            if let (Kind::Message(inner), true) = (field.kind(), depth > 1) {
                waiting.push((format!("{path}."), inner, depth - 1));
            }
            if !field.options().has_extension(&index) {
                continue;
            }
            let options = field.options();
            let options = options.get_extension(&index);
            let said = options.as_message().expect("a message");
            let text = |name: &str| {
                said.get_field_by_name(name).and_then(|it| Some(it.as_str()?.to_owned()))
            };
            let own = text("path").filter(|it| !it.is_empty()).unwrap_or(path);
            if said.has_field_by_name("sort") {
                orders.insert(own.clone());
            }
            filters.insert(own);
            filters.extend(text("year").filter(|it| !it.is_empty()));
        }
    }
    (filters, orders)
}

/// The words after `Fields: ` in the comment of a field of a request.
fn commented(request: &MessageDescriptor, field: &str) -> BTreeSet<String> {
    let field = request.get_field_by_name(field).expect("every list has it");
    let file = api::commented().get_file_by_name(field.parent_file().name()).expect("its file");
    let info = file.file_descriptor_proto().source_code_info.as_ref().expect("comments");
    let location = info.location.iter().find(|it| it.path == field.path()).expect("a comment");
    let comment = location.leading_comments().split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, words) = comment.split_once("Fields: ").expect("it names its fields");
    let words = words.split_once("`. ").map_or(words, |(words, _)| words).split(", ");
    // What is asked for a day is named with one.
    words
        .map(|word| word.trim_matches('`').split("_on(").next().unwrap_or(word).to_owned())
        .collect()
}

/// The contract says by which fields a resource is asked: in its options, in the comments made of
/// them, and as the code does.
fn agrees(asked: &Asked, message: &MessageDescriptor) {
    let (filters, orders) = indexed(message);
    assert_eq!(filters, asked.filters, "{}: filters", message.full_name());
    assert_eq!(orders, asked.orders, "{}: orders", message.full_name());

    let service = format!("{}Service", message.full_name());
    let service = api::descriptors().get_service_by_name(&service).expect("its proto service");
    let lists: Vec<_> = service
        .methods()
        .filter(|it| {
            // Those of duties that are asked for a day take the same filter, and say so.
            !["ListOverdue", "ListDue"].contains(&it.name())
                && ["List", "Export", "Watch", "Diff"]
                    .iter()
                    .any(|verb| it.name().starts_with(verb))
        })
        .map(|it| it.input())
        .filter(|request| request.get_field_by_name("filter").is_some())
        .collect();
    assert_eq!(lists.len(), 4, "{}", message.full_name());
    for request in lists {
        assert_eq!(commented(&request, "filter"), filters, "{}", request.full_name());
        if request.get_field_by_name("order_by").is_some() {
            assert_eq!(commented(&request, "order_by"), orders, "{}", request.full_name());
        }
    }
}

/// Asks a resource about each of its fields; gives the hidden ones, and how many can be asked
/// about.
fn ask(asked: &Asked) -> (Vec<String>, usize) {
    let message = &asked.message;
    let descriptor = api::descriptors().get_message_by_name(message).expect("a resource");
    assert_eq!(asked.is_audited, is_audited(&descriptor), "{message}: is showing it recorded?");
    assert_eq!(asked.is_layered, is_layered(&descriptor), "{message}: do all see all of it?");
    agrees(asked, &descriptor);
    let (mut hidden, mut filterable) = (Vec::new(), 0);
    for (path, is_public) in paths(&descriptor, DEPTH) {
        let texts =
            ["", "x", "1", "true", "2024-01-01"].map(|value| format!("{path} = \"{value}\""));
        let day = format!("{path}_on(\"2024-01-01\"):*");
        let bare = [format!("{path}:x"), format!("{path}:*"), format!("{path} > 1"), day];
        let can = texts.iter().chain(&bare).any(|text| (asked.takes)(text));
        assert!(is_public || !can, "{message}: a filter may ask about `{path}`");
        filterable += usize::from(can);
        if !is_public {
            hidden.push(format!("{message}.{path}"));
        }
    }
    (hidden, filterable)
}

/// The resource of which there are too few to be asked by a field.
const ASKED_BY_NAME_ALONE: &str = "registan.agreements.v1.Codebook";

#[test]
fn no_filter_asks_about_what_not_everybody_may_read() {
    let services = [agreements::resources(), projects::resources(), rights_reporting::resources()];
    let asked: Vec<Asked> = services.iter().flat_map(Resources::asked).collect();
    let resource = api::descriptors().get_extension_by_name("google.api.resource");
    let resource = resource.expect("there are resources");
    let all = api::descriptors().all_messages();
    let all: BTreeSet<String> = all
        .filter(|message| message.options().has_extension(&resource))
        .map(|message| message.full_name().to_owned())
        .collect();
    assert_eq!(all, asked.iter().map(|one| one.message.clone()).collect());

    let mut hidden = Vec::new();
    for one in asked {
        let (more, filterable) = ask(&one);
        let message = one.message;
        let is_asked = message != ASKED_BY_NAME_ALONE;
        assert_eq!(
            filterable > 1,
            is_asked,
            "{message}: where nothing is asked, nothing is tested"
        );
        hidden.extend(more);
    }

    let activity = "registan.rights.v1.Activity";
    for field in ["internal_note", "route"] {
        assert!(hidden.contains(&format!("{activity}.{field}")), "{hidden:?}");
    }
}

/// A field that the contract puts above its resource must be known to `shown_at`, or its changes
/// would be noticed.
#[test]
fn what_is_shown_at_a_tier_is_what_the_contract_says() {
    let tier = api::descriptors().get_extension_by_name("registan.options.v1.tier");
    let tier = tier.expect("there are tiers");
    let descriptor = api::descriptors().get_message_by_name("registan.rights.v1.Activity");
    let descriptor = descriptor.expect("a resource");
    let text = "filled";
    let mut full = DynamicMessage::new(descriptor.clone());
    let above: Vec<(String, i32)> = descriptor
        .fields()
        .map(|field| {
            let of_field = field.options().get_extension(&tier).as_enum_number();
            (field.name().to_owned(), of_field.unwrap_or_default())
        })
        .filter(|(_, of_field)| *of_field != 1)
        .collect();
    for (field, _) in &above {
        full.set_field_by_name(field, Value::String(text.to_owned()));
    }
    let full = full.transcode_to().expect("an activity");
    let full = Activity::read(&mut Check::default(), "activities/a".to_owned(), full);

    for level in [Tier::Public, Tier::Restricted, Tier::Confidential, Tier::Secret] {
        let shown = Shown::unrecorded(full.shown_at(level).into_owned(), 1);
        let mut message = DynamicMessage::new(descriptor.clone());
        message.transcode_from(&Activity::write(shown)).expect("an activity");
        for (field, of_field) in &above {
            let wanted = *of_field <= level.number();
            let shown =
                message.get_field_by_name(field).is_some_and(|it| it.as_str() == Some(text));
            assert_eq!(shown, wanted, "{field} at {level:?}");
        }
    }
    assert!(above.len() > 1, "{above:?}");
}
