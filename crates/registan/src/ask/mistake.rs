//! Finds the first value of a request that the contract does not take: where it is, what is wrong
//! with it, and what to write instead.

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::find::nearest;
use crate::values;

/// The most characters of a value that are repeated in an error.
const MAX_SHOWN: usize = 40;

/// How JSON writes the messages that are one value.
const EXAMPLES: [(&str, &str); 7] = [
    ("google.protobuf.FieldMask", r#""display_name,note""#),
    ("google.protobuf.Timestamp", r#""2026-11-24T12:00:00Z""#),
    ("registan.type.v1.Date", r#"{"year":2024,"month":6,"day":30}"#),
    ("registan.type.v1.LocalizedText", r#"{"language_code":"en","text":"a text"}"#),
    ("registan.type.v1.Money", r#"{"amount":"1250.50","currency_code":"EUR"}"#),
    ("registan.type.v1.PartialDate", r#"{"date":{"year":2024,"month":6}}"#),
    ("registan.type.v1.SourceRef", r#"{"citation":"OJ L 29, 4.2.2016, p. 3"}"#),
];

/// Returns the example of a message that is one value.
pub fn example(kind: &MessageDescriptor) -> Option<&'static str> {
    EXAMPLES.iter().find(|(name, _)| *name == kind.full_name()).map(|(_, example)| *example)
}

/// True for a message that JSON has another form for than an object of its fields.
pub fn is_well_known(kind: &MessageDescriptor) -> bool {
    kind.full_name().starts_with("google.protobuf.")
}

/// Returns the field of a message by its name in the contract or in JSON.
pub fn field(kind: &MessageDescriptor, typed: &str) -> Option<FieldDescriptor> {
    kind.fields().find(|field| field.name() == typed || field.json_name() == typed)
}

/// `did you mean …? known are …`, of a name that is unknown.
pub fn meant(typed: &str, known: &[String]) -> String {
    let near = nearest(typed, known, String::clone);
    let near = near.first().map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    format!("{near}known are {}", known.join(", "))
}

/// Returns the names of the fields of a message.
pub fn names(kind: &MessageDescriptor) -> Vec<String> {
    kind.fields().map(|field| field.name().to_owned()).collect()
}

/// Finds the first mistake in the fields of a message that stands at `path`.
pub fn find(kind: &MessageDescriptor, fields: &Map<String, Value>, path: &str) -> Option<String> {
    fields.iter().find_map(|(name, value)| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match field(kind, name) {
            Some(field) => of_field(&field, value, &path),
            None => Some(unknown(kind, name, &path)),
        }
    })
}

fn unknown(kind: &MessageDescriptor, typed: &str, path: &str) -> String {
    let example = example(kind).map(|it| format!("; for example {it}")).unwrap_or_default();
    format!(
        "{path}: {name} has no field `{typed}`: {}{example}; `registan ask {name} --explain` \
         explains them",
        meant(typed, &names(kind)),
        name = kind.name(),
    )
}

fn of_field(field: &FieldDescriptor, value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Object(entries) if field.is_map() => {
            let Kind::Message(entry) = field.kind() else { return None };
            let kind = entry.map_entry_value_field().kind();
            entries.iter().find_map(|(key, value)| of_one(&kind, value, &format!("{path}.{key}")))
        }
        _ if field.is_map() => {
            Some(format!("{path}: {} is not an object: write {{\"KEY\": VALUE}}", shown(value)))
        }
        Value::Array(items) if field.is_list() => {
            let mut items = items.iter().enumerate();
            items.find_map(|(at, item)| of_one(&field.kind(), item, &format!("{path}[{at}]")))
        }
        _ if field.is_list() => {
            Some(format!("{path}: {0} is not a list: write [{0}]", shown(value)))
        }
        Value::Array(_) => Some(format!("{path}: one value is wanted, not a list of them")),
        _ => of_one(&field.kind(), value, path),
    }
}

/// Checks a value that is neither a list nor a map.
fn of_one(kind: &Kind, value: &Value, path: &str) -> Option<String> {
    match kind {
        Kind::Message(kind) => of_message(kind, value, path),
        Kind::Enum(kind) => of_enum(kind, value, path),
        other => {
            let (is, wanted) = scalar(other, value);
            (!is).then(|| format!("{path}: {} is not {wanted}", shown(value)))
        }
    }
}

fn of_message(kind: &MessageDescriptor, value: &Value, path: &str) -> Option<String> {
    let is_read = match value {
        Value::Object(fields) if !is_well_known(kind) => return find(kind, fields, path),
        Value::String(text) if kind.name() == "Timestamp" => values::instant(text).is_ok(),
        Value::String(_) => is_well_known(kind),
        _ => is_well_known(kind) && example(kind).is_none(),
    };
    if is_read {
        return None;
    }
    let instead = instead(kind, value).or_else(|| example(kind).map(ToOwned::to_owned));
    let instead = instead.unwrap_or_else(|| {
        let names = names(kind).join(", ");
        format!("{{…}} with fields of it, which are {names}")
    });
    Some(format!("{path}: {} is not a {}: write {instead}", shown(value), kind.name()))
}

/// Returns the message that a text means.
fn instead(kind: &MessageDescriptor, value: &Value) -> Option<String> {
    let text = value.as_str()?;
    Some(match kind.full_name() {
        "registan.type.v1.Date" => {
            let day = values::day(text)?;
            // As a text: objects sort their fields.
            let (year, month, day) = (day.year(), day.month(), day.day());
            format!(r#"{{"year":{year},"month":{month},"day":{day}}}"#)
        }
        "registan.type.v1.PartialDate" => {
            let date = values::partial_date(text).ok()?.date?;
            let parts = [("year", date.year), ("month", date.month), ("day", date.day)];
            let parts = parts.iter().filter(|(_, part)| *part != 0);
            let parts: Vec<String> =
                parts.map(|(name, part)| format!(r#""{name}":{part}"#)).collect();
            format!(r#"{{"date":{{{}}}}}"#, parts.join(","))
        }
        "registan.type.v1.SourceRef" if text.starts_with("sources/") => {
            json!({ "source": text }).to_string()
        }
        "registan.type.v1.SourceRef" => json!({ "citation": text }).to_string(),
        "registan.type.v1.LocalizedText" => json!({ "text": text }).to_string(),
        _ => return None,
    })
}

/// Checks a value of an enum, which is written by its whole name, or by its number.
fn of_enum(kind: &EnumDescriptor, value: &Value, path: &str) -> Option<String> {
    let known = |text: &str| kind.get_value_by_name(text).is_some();
    if value.is_i64() || value.as_str().is_some_and(known) {
        return None;
    }
    let zero = kind.default_value();
    let prefix = zero.name().trim_end_matches("UNSPECIFIED").to_owned();
    let all: Vec<String> = kind
        .values()
        .filter(|value| value.number() != 0 || !value.name().ends_with("UNSPECIFIED"))
        .map(|value| value.name().to_owned())
        .collect();
    let typed = value.as_str().unwrap_or_default().to_uppercase().replace([' ', '-'], "_");
    let whole = if typed.starts_with(&*prefix) { typed } else { format!("{prefix}{typed}") };
    Some(format!(
        "{path}: {} is no value of {}: {}",
        shown(value),
        kind.name(),
        meant(&whole, &all)
    ))
}

/// Returns whether a value can be read as a scalar, and what is wanted.
fn scalar(kind: &Kind, value: &Value) -> (bool, String) {
    let whole = |least: i128, most: i128| {
        let number = match value {
            Value::String(text) => text.parse::<i128>().ok(),
            Value::Number(number) => {
                number.as_i128().or_else(|| number.as_f64().and_then(without_fraction))
            }
            _ => None,
        };
        let is = number.is_some_and(|number| (least..=most).contains(&number));
        (is, format!("a whole number from {least} to {most}"))
    };
    match kind {
        Kind::Bool => (value.is_boolean(), "true or false, which stand without quotes".to_owned()),
        Kind::String if value.is_number() || value.is_boolean() => {
            (false, format!("a text: write it in quotes, \"{value}\""))
        }
        Kind::String => (value.is_string(), "a text, which stands in quotes".to_owned()),
        Kind::Bytes => (value.is_string(), "bytes, as a text in base64".to_owned()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => whole(i32::MIN.into(), i32::MAX.into()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => whole(i64::MIN.into(), i64::MAX.into()),
        Kind::Uint32 | Kind::Fixed32 => whole(0, u32::MAX.into()),
        Kind::Uint64 | Kind::Fixed64 => whole(0, u64::MAX.into()),
        _ => {
            let is =
                value.is_number() || value.as_str().is_some_and(|it| it.parse::<f64>().is_ok());
            (is, "a number".to_owned())
        }
    }
}

/// Returns a number that JSON writes as `2.0`.
fn without_fraction(number: f64) -> Option<i128> {
    (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// Returns a value as it was typed, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= MAX_SHOWN {
        return text;
    }
    let kept: String = text.chars().take(MAX_SHOWN).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use prost_reflect::DynamicMessage;

    use super::*;
    use crate::ask::find::{Found, find as method};
    use crate::ask::request::read;

    fn said(typed: &str, request: &str) -> String {
        let Ok(Found::Method(method)) = method(typed) else { panic!("{typed} is a method") };
        read(&method, request).unwrap_err().to_string()
    }

    fn expect(cases: &[(&str, &str, &[&str])]) {
        for (method, request, parts) in cases {
            let said = said(method, request);
            assert!(parts.iter().all(|part| said.contains(part)), "{request}: {said}");
        }
    }

    #[test]
    fn a_mistake_is_named_by_its_path_with_what_to_write() {
        expect(&[
            (
                "ListOverdue",
                r#"{"as_of": "2024-06-30"}"#,
                &["as_of: ", r#"write {"year":2024,"month":6,"day":30}"#][..],
            ),
            (
                "SumTransactions",
                r#"{"group_by": ["RECIPIENT"]}"#,
                &["group_by[0]: ", "did you mean `DIMENSION_RECIPIENT`? known are "],
            ),
            (
                "SumTransactions",
                r#"{"groupBy": "DIMENSION_RECIPIENT"}"#,
                &[r#"groupBy: "DIMENSION_RECIPIENT" is not a list: write ["DIMENSION_RECIPIENT"]"#],
            ),
            (
                "CreateParty",
                r#"{"party": {"kind": "KIND_ORGANIZATION"}}"#,
                &["party.kind: ", "did you mean `KIND_ORGANISATION`? known are KIND_STATE, "],
            ),
            (
                "CreateParty",
                r#"{"party": {"source": "own note"}}"#,
                &["party.source: ", r#"is not a SourceRef: write {"citation":"own note"}"#],
            ),
            (
                "CreateTransaction",
                r#"{"transaction": {"value": {"amount": 1250.5}}}"#,
                &["transaction.value.amount: ", r#"write it in quotes, "1250.5""#],
            ),
            (
                "CreateActivity",
                r#"{"activity": {"date": {"year": 2024}}}"#,
                &[
                    "activity.date.year: PartialDate has no field `year`: known are date, ",
                    r#"for example {"date":{"year":2024,"month":6}}"#,
                    "`registan ask PartialDate --explain`",
                ],
            ),
            (
                "CreateActivity",
                r#"{"activity": {"date": "2024-06"}}"#,
                &[
                    r#"activity.date: "2024-06" is not a PartialDate: write {"date":{"year":2024,"month":6}}"#,
                ],
            ),
            (
                "CreateParty",
                r#"{"party": "parties/kz"}"#,
                &["party: ", "is not a Party: write {…} with fields of it, which are name, "],
            ),
        ]);
    }

    #[test]
    fn a_scalar_of_another_kind_says_which_is_wanted() {
        expect(&[
            ("GetParty", r#"{"name": ["parties/kz"]}"#, &["name: one value is wanted"]),
            ("GetParty", r#"{"read_time": "2026-11-24"}"#, &["read_time: ", "T12:00:00Z"]),
            ("ListParties", r#"{"page_size": "many"}"#, &["page_size: ", "a whole number"]),
            ("ListParties", r#"{"page_size": 3000000000}"#, &["page_size: ", "2147483647"]),
            ("ListParties", r#"{"show_deleted": "true"}"#, &["show_deleted: ", "without quotes"]),
        ]);
    }

    #[test]
    fn what_the_parser_takes_is_no_mistake() {
        for (typed, request) in [
            ("ListParties", r#"{"page_size": 3.0, "filter": null}"#),
            ("ListParties", r#"{"pageSize": "3", "show_deleted": true}"#),
            ("ListOverdue", r#"{"as_of": {"year": 2024, "month": 6, "day": 30}}"#),
            ("SumTransactions", r#"{"group_by": [1, "DIMENSION_RECIPIENT"]}"#),
            ("GetParty", r#"{"name": "parties/kz", "read_time": "2026-11-24T12:00:00Z"}"#),
            ("UpdateParty", r#"{"party": {"tier": "TIER_PUBLIC"}, "update_mask": "tier"}"#),
        ] {
            let Ok(Found::Method(method)) = method(typed) else { panic!("{typed} is a method") };
            let read = read(&method, request);
            assert!(read.is_ok(), "{request}: {read:?}");
        }
    }

    #[test]
    fn every_example_can_be_read() {
        for (name, example) in EXAMPLES {
            let kind = api::descriptors().get_message_by_name(name).unwrap();
            let value: Value = serde_json::from_str(example).unwrap();
            if let Value::Object(fields) = &value {
                assert_eq!(find(&kind, fields, ""), None, "{name}");
            }
            // A mask of JSON is in camel case, which the request is turned into.
            if kind.name() != "FieldMask" {
                assert!(DynamicMessage::deserialize(kind, value).is_ok(), "{name}");
            }
        }
    }
}
