//! Values of the contract as a person reads them.

use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};
use prost_types::Timestamp;

use super::article;

/// The system fields of every resource, which only programs need. When it was deleted is for people
/// too.
const SYSTEM_FIELDS: [&str; 6] = ["uid", "etag", "create_time", "update_time", "tier", "desks"];
/// The field of a list by which a program goes on with a Watch.
const RESUME_TOKEN: &str = "resume_token";
/// The end of the name of a field that says how far another is to be trusted.
const CONFIDENCE: &str = "_confidence";
/// Messages that are one value: a day, an amount, a place in a source.
const VALUES: [&str; 9] = [
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
    "google.protobuf.Timestamp",
    "registan.agreements.v1.PartyName",
    "registan.type.v1.Date",
    "registan.type.v1.LocalizedText",
    "registan.type.v1.Money",
    "registan.type.v1.PartialDate",
    "registan.type.v1.SourceRef",
];

/// The digits of an amount from which they are written in groups.
const GROUPED_FROM: usize = 5;
/// The digits of a group.
const GROUP: usize = 3;

/// True for a field that is left out where a person reads.
pub fn is_system(field: &FieldDescriptor) -> bool {
    let is_of_resource = || is_resource(field.parent_message());
    field.name() == RESUME_TOKEN
        || is_mark(field)
        || (SYSTEM_FIELDS.contains(&field.name()) && is_of_resource())
}

/// True for a field by which another is marked: `since_confidence` of `since`.
fn is_mark(field: &FieldDescriptor) -> bool {
    let of = field.name().strip_suffix(CONFIDENCE);
    of.is_some_and(|of| field.parent_message().get_field_by_name(of).is_some())
}

/// True for a message with the system fields of a resource.
pub fn is_resource(message: &MessageDescriptor) -> bool {
    ["name", "uid", "etag"].iter().all(|field| message.get_field_by_name(field).is_some())
}

/// True for a message that is written as one value.
pub fn is_value(message: &MessageDescriptor) -> bool {
    VALUES.contains(&message.full_name())
}

/// The message that a field holds, if it is not written as one value.
pub fn parts(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) if !is_value(&message) && !field.is_map() => Some(message),
        _ => None,
    }
}

/// `In force` of `in_force`.
pub fn heading(name: &str) -> String {
    let text = humanised(name);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `in force` of `in_force` and of `InForce`.
pub fn humanised(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text.replace('_', " ")
}

/// The name of a field as a person reads it. The number of a due day is not that of the report.
pub fn label(field: &FieldDescriptor) -> String {
    match field.full_name() {
        "registan.agreements.v1.DueItem.number" => "due day no.".to_owned(),
        _ => humanised(field.name()),
    }
}

/// `in force` of `IN_FORCE`.
pub fn word(name: &str) -> String {
    name.to_lowercase().replace('_', " ")
}

/// The texts of the messages in a list.
pub fn texts(message: &DynamicMessage, field: &FieldDescriptor) -> Vec<String> {
    let value = message.get_field(field);
    let items = value.as_list().unwrap_or_default().iter();
    items.map(|item| text(item, field)).filter(|item| !item.is_empty()).collect()
}

/// The text of a field of a message, marked where another says that it is not certain; empty where
/// it is not set.
pub fn cell(message: &DynamicMessage, field: &FieldDescriptor) -> String {
    if !message.has_field(field) {
        return String::new();
    }
    let text = text(&message.get_field(field), field);
    marked(text, &part(message, &format!("{}{CONFIDENCE}", field.name())))
}

/// A text with the confidence in it, where it is not certain.
fn marked(text: String, confidence: &str) -> String {
    match confidence {
        "unsure" | "likely" if !text.is_empty() => format!("{text} ({confidence})"),
        _ => text,
    }
}

fn text(value: &Value, field: &FieldDescriptor) -> String {
    match value {
        Value::List(items) => {
            let between = if parts(field).is_some() { "; " } else { ", " };
            let items = items.iter().map(|item| text(item, field)).filter(|item| !item.is_empty());
            items.collect::<Vec<_>>().join(between)
        }
        Value::Message(message) => of_message(message),
        Value::Bool(is) => {
            if *is {
                humanised(field.name())
            } else {
                String::new()
            }
        }
        Value::EnumNumber(number) => of_enum(*number, field),
        Value::String(text) if field.name() == "amount" => grouped(text),
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U32(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::F32(number) => number.to_string(),
        Value::F64(number) => number.to_string(),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Map(map) => format!("{} entries", map.len()),
    }
}

/// A value of an enum without what all its values begin with; nothing for the one that says
/// nothing.
fn of_enum(number: i32, field: &FieldDescriptor) -> String {
    let Kind::Enum(kind) = field.kind() else { return number.to_string() };
    let zero = kind.default_value();
    let prefix = zero.name().trim_end_matches("UNSPECIFIED");
    match kind.get_value(number) {
        _ if number == 0 && zero.name().ends_with("UNSPECIFIED") => String::new(),
        // A person reads "fewer than five" as some.
        Some(value) if value.full_name().ends_with("ActivityCount.EXACTNESS_FEWER_THAN_FIVE") => {
            "none to four".to_owned()
        }
        Some(value) => word(value.name().trim_start_matches(prefix)),
        None => number.to_string(),
    }
}

/// `12 000 000.50` of `12000000.50`; what has four digits stays as it is.
fn grouped(amount: &str) -> String {
    let (whole, fraction) = amount.find('.').map_or((amount, ""), |at| amount.split_at(at));
    let digits = whole.trim_start_matches('-');
    if digits.len() < GROUPED_FROM || !digits.chars().all(|it| it.is_ascii_digit()) {
        return amount.to_owned();
    }
    let mut text = whole[..whole.len() - digits.len()].to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(GROUP) {
            text.push(' ');
        }
        text.push(digit);
    }
    text + fraction
}

/// The text of the field of a message with this name.
fn part(message: &DynamicMessage, name: &str) -> String {
    let field = message.descriptor().get_field_by_name(name);
    field.map(|field| cell(message, &field)).unwrap_or_default()
}

/// A message in a cell, marked where it is not certain.
fn of_message(message: &DynamicMessage) -> String {
    match message.descriptor().full_name() {
        "registan.agreements.v1.LegalBasisProvision" => return article::of_binding(message, part),
        "registan.agreements.v1.Procedure" => return article::of_procedure(message, part),
        "registan.agreements.v1.Provision" => return article::of_provision(message, part),
        _ => {}
    }
    marked(unmarked(message), &part(message, "confidence"))
}

fn unmarked(message: &DynamicMessage) -> String {
    let descriptor = message.descriptor();
    let part = |name: &str| part(message, name);
    match descriptor.name() {
        "Timestamp" => {
            message.transcode_to::<Timestamp>().map(|it| it.to_string()).unwrap_or_default()
        }
        "FieldMask" => part("paths"),
        "Date" => date(message),
        "PartialDate" => match (part("as_given"), part("qualifier"), part("date"), part("end")) {
            (given, ..) if !given.is_empty() => given,
            (_, _, date, end) if !end.is_empty() => format!("{date} to {end}"),
            // Then or earlier, as of what is due "by" a day; "until" reads as an end.
            (_, qualifier, date, _) if qualifier == "until" => format!("by {date}"),
            (_, qualifier, date, _) => format!("{qualifier} {date}").trim().to_owned(),
        },
        "Money" => format!("{} {}", part("currency_code"), part("amount")),
        "LocalizedText" | "PartyName" => part("text"),
        "SourceRef" => {
            let source = match (part("citation"), part("source")) {
                (citation, source) if citation.is_empty() => source,
                (citation, _) => citation,
            };
            let locator = part("locator");
            if locator.is_empty() { source } else { format!("{source}, {locator}") }
        }
        _ => {
            let fields = descriptor.fields().filter(|field| !is_system(field) && !is_proof(field));
            let cells = fields.map(|field| cell(message, &field)).filter(|cell| !cell.is_empty());
            cells.collect::<Vec<_>>().join(" ")
        }
    }
}

/// True for a field that says where the others come from, and how sure they are: too much for a
/// part of a cell, which has a mark instead where it is not certain.
fn is_proof(field: &FieldDescriptor) -> bool {
    matches!(field.name(), "source" | "confidence")
}

/// `2024-01-17`, or as much of it as there is.
fn date(message: &DynamicMessage) -> String {
    let part = |name: &str| {
        message.get_field_by_name(name).and_then(|value| value.as_i32()).unwrap_or_default()
    };
    match (part("year"), part("month"), part("day")) {
        (year, 0, _) => format!("{year:04}"),
        (year, month, 0) => format!("{year:04}-{month:02}"),
        (year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The cell of a field, of a message given as JSON.
    fn shown(kind: &str, field: &str, message: serde_json::Value) -> String {
        let kind = api::descriptors().get_message_by_name(kind).unwrap();
        let field = kind.get_field_by_name(field).unwrap();
        cell(&DynamicMessage::deserialize(kind, message).unwrap(), &field)
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        let agreement = "registan.agreements.v1.AgreementStatus";
        let since = |date: serde_json::Value| shown(agreement, "since", json!({ "since": date }));

        assert_eq!(since(json!({"date": {"year": 2024, "month": 1, "day": 7}})), "2024-01-07");
        assert_eq!(since(json!({"date": {"year": 2024, "month": 1}})), "2024-01");
        assert_eq!(
            since(json!({"date": {"year": 2026}, "qualifier": "QUALIFIER_UNTIL"})),
            "by 2026"
        );
        assert_eq!(
            since(json!({"date": {"year": 2022, "month": 6}, "end": {"year": 2022, "month": 7}})),
            "2022-06 to 2022-07"
        );
        assert_eq!(shown(agreement, "state", json!({"state": "STATE_IN_FORCE"})), "in force");
        assert_eq!(shown(agreement, "state", json!({})), "");
        assert_eq!(shown(agreement, "uncertain", json!({"uncertain": true})), "uncertain");
        assert_eq!(
            shown(
                "registan.type.v1.StatedAmount",
                "money",
                json!({"money": {"amount": "-1.50", "currencyCode": "EUR"}})
            ),
            "EUR -1.50"
        );
        assert_eq!(
            shown(
                "registan.type.v1.StatedAmount",
                "source",
                json!({"source": {"citation": "OJ L 29", "locator": "p. 3"}})
            ),
            "OJ L 29, p. 3"
        );
        let unsure = json!({"since": {"date": {"year": 1999}}, "sinceConfidence": 3});
        assert_eq!(shown(agreement, "since", unsure), "1999 (unsure)");
        assert_eq!(shown(agreement, "since", json!({"sinceConfidence": 2})), "");
        assert_eq!(heading("signed_not_in_force"), "Signed not in force");
    }

    #[test]
    fn large_amounts_are_written_in_groups() {
        for (amount, text) in [
            ("12000000000", "12 000 000 000"),
            ("-1234567.5", "-1 234 567.5"),
            ("12345", "12 345"),
            ("1250.50", "1250.50"),
            ("", ""),
            ("about 100000", "about 100000"),
        ] {
            assert_eq!(grouped(amount), text);
        }
        let sum = json!({"amount": "28000000"});
        assert_eq!(shown("registan.projects.v1.TransactionSum", "amount", sum), "28 000 000");
    }

    #[test]
    fn a_part_that_is_not_certain_is_marked() {
        let amounts = |confidence: &str| {
            let amount = json!({"kind": "KIND_TOTAL", "confidence": confidence,
                "money": {"amount": "28000000", "currencyCode": "EUR"}});
            shown("registan.projects.v1.Project", "amounts", json!({ "amounts": [amount] }))
        };

        assert_eq!(amounts("CONFIDENCE_UNSURE"), "total EUR 28 000 000 (unsure)");
        assert_eq!(amounts("CONFIDENCE_LIKELY"), "total EUR 28 000 000 (likely)");
        assert_eq!(amounts("CONFIDENCE_CERTAIN"), "total EUR 28 000 000");
        assert_eq!(amounts("CONFIDENCE_UNSPECIFIED"), "total EUR 28 000 000");
    }
}
