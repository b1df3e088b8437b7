//! The rules of the contract are enforced: every option of every field, at its limit and one past
//! it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value as Any};
use standard::{DESCRIBED, Find};

/// The violations of a message, as `field reason`.
fn violations(find: Find, message: &DynamicMessage) -> Vec<String> {
    let found = find(&message.encode_to_vec()).into_iter();
    found.map(|one| format!("{} {}", one.field, one.reason.as_str_name())).collect()
}

/// The number of an option at a path of fields; 0 if it is not set.
fn option(field: &FieldDescriptor, path: &[&str]) -> usize {
    let pool = field.parent_pool();
    let extension = pool.get_extension_by_name(path[0]).unwrap();
    let mut value = field.options().get_extension(&extension).into_owned();
    for name in &path[1..] {
        let message = value.as_message().unwrap();
        if !message.has_field_by_name(name) {
            return 0;
        }
        value = message.get_field_by_name(name).unwrap().into_owned();
    }
    usize::try_from(value.as_u64().unwrap_or_default()).unwrap()
}

/// The least and the most that a whole number may be.
fn bounds(field: &FieldDescriptor) -> Option<(i32, i32)> {
    let extension = field.parent_pool().get_extension_by_name("buf.validate.field").unwrap();
    let options = field.options();
    let rules = options.get_extension(&extension);
    let rules = rules.as_message()?.get_field_by_name("int32")?.into_owned();
    let bound = |name| rules.as_message()?.get_field_by_name(name)?.as_i32();
    Some((bound("gte")?, bound("lte")?)).filter(|bounds| *bounds != (0, 0))
}

fn is_required(field: &FieldDescriptor) -> bool {
    let extension = field.parent_pool().get_extension_by_name("google.api.field_behavior").unwrap();
    let options = field.options();
    let all = options.get_extension(&extension);
    all.as_list().unwrap().contains(&Any::EnumNumber(2))
}

/// A message of a resource in which one field of it, or of the first part in one of its lists, has
/// a value.
fn with(
    descriptor: &MessageDescriptor,
    list: Option<&FieldDescriptor>,
    field: &FieldDescriptor,
    value: Any,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    let Some(list) = list else {
        message.set_field(field, value);
        return message;
    };
    let mut part = DynamicMessage::new(field.parent_message().clone());
    part.set_field(field, value);
    message.set_field(list, Any::List(vec![Any::Message(part)]));
    message
}

/// A message of a resource with nothing in it, or with one part with nothing in it.
fn empty(descriptor: &MessageDescriptor, list: Option<&FieldDescriptor>) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    if let Some(list) = list {
        let part = DynamicMessage::new(list.kind().as_message().unwrap().clone());
        message.set_field(list, Any::List(vec![Any::Message(part)]));
    }
    message
}

/// Makes the value of a field with a text of so many bytes.
type OfBytes = fn(&FieldDescriptor, usize) -> Any;

/// The most bytes that a field takes, where in it, and how to make such a value.
fn lengths(field: &FieldDescriptor) -> Vec<(usize, &'static str, OfBytes)> {
    let text: OfBytes = |_, bytes| Any::String("x".repeat(bytes));
    let texts: OfBytes = |_, bytes| Any::List(vec![Any::String("x".repeat(bytes))]);
    let in_languages: OfBytes = |field, bytes| {
        let mut text = DynamicMessage::new(field.kind().as_message().unwrap().clone());
        text.set_field_by_name("text", Any::String("x".repeat(bytes)));
        Any::List(vec![Any::Message(text)])
    };
    let rule = "buf.validate.field";
    let all = [
        (option(field, &[rule, "string", "max_bytes"]), "", text),
        (option(field, &[rule, "repeated", "items", "string", "max_bytes"]), "[0]", texts),
        (option(field, &["registan.options.v1.text_bytes"]), "[0].text", in_languages),
    ];
    all.into_iter().filter(|(most, ..)| *most > 0).collect()
}

/// Every field with an option of these, at its limit and past it; how many were tried.
fn try_all(find: Find, descriptor: &MessageDescriptor, list: Option<&FieldDescriptor>) -> usize {
    let message =
        list.map_or_else(|| descriptor.clone(), |list| list.kind().as_message().unwrap().clone());
    let mut tried = 0;
    for field in message.fields() {
        let place = list.map_or_else(String::new, |list| format!("{}[0].", list.name()));
        let at = format!("it.{place}{}", field.name());
        let refused = |value: Any, place: &str, reason: &str| {
            let found = violations(find, &with(descriptor, list, &field, value));
            found.contains(&format!("{place} {reason}"))
        };
        for (most, place, one) in lengths(&field) {
            let at = format!("{at}{place}");
            assert!(!refused(one(&field, most), &at, "TOO_LONG"), "{at} takes {most} bytes");
            assert!(refused(one(&field, most + 1), &at, "TOO_LONG"), "{at} refuses {}", most + 1);
            tried += 1;
        }
        if let (Kind::Int32, Some((least, most))) = (field.kind(), bounds(&field)) {
            for (number, taken) in
                [(least, true), (most, true), (least - 1, false), (most + 1, false)]
            {
                let is_refused = refused(Any::I32(number), &at, "NUMBER_INVALID");
                assert_eq!(is_refused, !taken, "{at}: {number}");
            }
            tried += 1;
        }
        if is_required(&field) && field.name() != "name" {
            let found = violations(find, &empty(descriptor, list));
            let reasons = ["REQUIRED", "ID_INVALID", "NAME_INVALID"];
            let is_refused = reasons.iter().any(|reason| found.contains(&format!("{at} {reason}")));
            assert!(is_refused, "{at} must be given: {found:?}");
            tried += 1;
        }
        if let (Kind::Enum(kind), false) = (field.kind(), field.is_list()) {
            let known = kind.values().map(|value| value.number()).max().unwrap();
            assert!(!refused(Any::EnumNumber(known), &at, "UNKNOWN_VALUE"), "{at} takes {known}");
            assert!(refused(Any::EnumNumber(known + 1), &at, "UNKNOWN_VALUE"), "{at} refuses");
            tried += 1;
        }
        for &(value, reason) in wrong(&field) {
            assert!(refused(Any::String(value.to_owned()), &at, reason), "{at} refuses {value}");
            tried += 1;
        }
        tried += try_names(find, descriptor, list, &field, &at);
        if field.is_list() && list.is_none() && field.name() != "desks" {
            tried += try_list(find, descriptor, &field, &at);
        }
    }
    tried
}

/// Texts that are no codes of the list that a field is of, or no shares, each with the reason.
fn wrong(field: &FieldDescriptor) -> &'static [(&'static str, &'static str)] {
    let pool = field.parent_pool();
    let percentage = pool.get_extension_by_name("registan.options.v1.percentage").unwrap();
    if field.options().get_extension(&percentage).as_bool() == Some(true) {
        return &[("100.1", "PERCENTAGE_INVALID"), ("-1", "PERCENTAGE_INVALID")];
    }
    let code = pool.get_extension_by_name("registan.options.v1.code").unwrap();
    match field.options().get_extension(&code).as_enum_number() {
        Some(1) => &[("kg", "COUNTRY_INVALID"), ("KAZ", "TOO_LONG")],
        Some(2) => &[("eur", "CURRENCY_INVALID"), ("EURO", "TOO_LONG")],
        _ => &[],
    }
}

/// Tries whether a name of another kind of resource is refused where one is meant.
fn try_names(
    find: Find,
    descriptor: &MessageDescriptor,
    list: Option<&FieldDescriptor>,
    field: &FieldDescriptor,
    at: &str,
) -> usize {
    let pool = field.parent_pool();
    let extensions = ["google.api.resource_reference", "registan.options.v1.names"];
    let names = extensions.map(|it| pool.get_extension_by_name(it).unwrap());
    if !names.iter().any(|extension| field.options().has_extension(extension)) {
        return 0;
    }
    let name = Any::String("things/thing".to_owned());
    let (value, at) = if field.is_list() {
        (Any::List(vec![name]), format!("{at}[0] NAME_INVALID"))
    } else {
        (name, format!("{at} NAME_INVALID"))
    };
    let found = violations(find, &with(descriptor, list, field, value));
    assert!(found.contains(&at), "{at} is not among {found:?}");
    1
}

/// Tries whether a list has a limit.
fn try_list(
    find: Find,
    descriptor: &MessageDescriptor,
    field: &FieldDescriptor,
    at: &str,
) -> usize {
    let most = option(field, &["buf.validate.field", "repeated", "max_items"]);
    let most = if most == 0 { 1000 } else { most };
    let item = match field.kind() {
        Kind::Message(kind) => Any::Message(DynamicMessage::new(kind)),
        _ => Any::String("x".to_owned()),
    };
    let refused = |items: usize| {
        let list = Any::List(vec![item.clone(); items]);
        let found = violations(find, &with(descriptor, None, field, list));
        found.contains(&format!("{at} TOO_MANY"))
    };
    assert!(!refused(most), "{at} takes {most} items");
    assert!(refused(most + 1), "{at} refuses {}", most + 1);
    1
}

/// Every rule of a resource and of the parts within it; how many were tried.
fn enforced(name: &str, find: Find) -> usize {
    let descriptor = api::descriptors().get_message_by_name(name).unwrap();
    let is_own = |list: &FieldDescriptor| match list.kind() {
        Kind::Message(part) => list.is_list() && part.package_name() != "registan.type.v1",
        _ => false,
    };
    let lists: Vec<FieldDescriptor> = descriptor.fields().filter(is_own).collect();
    let of_parts = lists.iter().map(|list| try_all(find, &descriptor, Some(list)));
    try_all(find, &descriptor, None) + of_parts.sum::<usize>()
}

#[test]
fn every_rule_of_every_field_is_enforced() {
    for (name, find) in DESCRIBED {
        let tried = enforced(name, *find);
        assert!(tried >= 8, "{name}: only {tried} rules were tried");
    }
    assert!(DESCRIBED.len() >= 5, "{}", DESCRIBED.len());
}
