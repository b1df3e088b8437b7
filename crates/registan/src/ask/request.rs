//! A request as it is typed: ProtoJSON.

use anyhow::anyhow;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, MethodDescriptor};
use serde_json::{Value, json};

use super::mistake;

/// Reads the request of a method. An error names the field and what it takes.
pub fn read(method: &MethodDescriptor, typed: &str) -> anyhow::Result<DynamicMessage> {
    let value: Value = serde_json::from_str(typed).map_err(|error| {
        anyhow!("the request is not JSON: {error}; for example '{{\"name\": \"parties/kz\"}}'")
    })?;
    let input = method.input();
    let Value::Object(fields) = &value else {
        anyhow::bail!("the request is not a JSON object, as '{{\"name\": \"parties/kz\"}}' is one");
    };
    if let Some(unknown) = fields.keys().find(|typed| mistake::field(&input, typed).is_none()) {
        let meant = mistake::meant(unknown, &mistake::names(&input));
        anyhow::bail!("{} has no field `{unknown}`: {meant}", method.name());
    }
    let value = with_masks(value, &input);
    let mistake = value.as_object().and_then(|fields| mistake::find(&input, fields, ""));
    if let Some(mistake) = mistake {
        anyhow::bail!("{mistake}");
    }
    DynamicMessage::deserialize(input, value).map_err(|error| {
        anyhow!("{error}; `registan ask {} --explain` says what its fields are", method.name())
    })
}

/// Field masks as `grpcurl` takes them, `{"paths": ["a_b"]}`, turned into the text that JSON has
/// for them, `aB`.
fn with_masks(value: Value, kind: &MessageDescriptor) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let field = mistake::field(kind, &name);
                    let value = match field.map(|field| field.kind()) {
                        Some(Kind::Message(it))
                            if it.full_name() == "google.protobuf.FieldMask" =>
                        {
                            mask(value)
                        }
                        Some(Kind::Message(it)) => with_masks(value, &it),
                        _ => value,
                    };
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| with_masks(item, kind)).collect())
        }
        other => other,
    }
}

fn mask(value: Value) -> Value {
    let paths = match &value {
        Value::Object(fields) => fields.get("paths").and_then(Value::as_array),
        Value::String(paths) => return json!(camel_case(paths)),
        _ => None,
    };
    let Some(paths) = paths else { return value };
    let paths: Vec<String> = paths.iter().filter_map(Value::as_str).map(camel_case).collect();
    json!(paths.join(","))
}

/// `signedOn` of `signed_on`.
fn camel_case(path: &str) -> String {
    let mut up = false;
    let mut camel = String::new();
    for letter in path.chars() {
        match letter {
            '_' => up = true,
            _ if up => {
                camel.extend(letter.to_uppercase());
                up = false;
            }
            _ => camel.push(letter),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::find::{Found, find};

    fn update() -> MethodDescriptor {
        let Ok(Found::Method(method)) = find("PartyService/UpdateParty") else { unreachable!() };
        method
    }

    #[test]
    fn a_mask_is_taken_as_every_client_writes_it() {
        let paths = |typed: &str| {
            let request = read(&update(), typed).unwrap();
            let mask = request.get_field_by_name("update_mask").unwrap().into_owned();
            let mask: prost_types::FieldMask = mask.as_message().unwrap().transcode_to().unwrap();
            mask.paths
        };

        for typed in [
            r#"{"update_mask": {"paths": ["display_name", "note"]}}"#,
            r#"{"updateMask": "displayName,note"}"#,
            r#"{"update_mask": "display_name,note"}"#,
        ] {
            assert_eq!(paths(typed), ["display_name", "note"], "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_explained() {
        let told = |typed: &str| read(&update(), typed).unwrap_err().to_string();

        assert!(told("name").contains("not JSON"), "{}", told("name"));
        assert!(told("[]").contains("not a JSON object"), "{}", told("[]"));
        let misspelt = told(r#"{"update_maks": "note"}"#);
        assert!(misspelt.contains("`update_maks`: did you mean `update_mask`?"), "{misspelt}");
        let within = told(r#"{"party": {"colour": "red"}}"#);
        assert!(within.contains("colour") && within.contains("--explain"), "{within}");
    }
}
