//! A resource as the text that is edited, and what was changed in it.

use anyhow::Context;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MethodDescriptor, ReflectMessage, Value,
};
use serde_json::{Map, json};
use standard::mask::is_fixed;

use crate::ask::{answer, request};

/// Guards against what others wrote meanwhile.
const ETAG: &str = "etag";
/// Says which resource it is.
const NAME: &str = "name";

/// Pretty JSON of what a caller may say, with the name and the etag.
pub fn of(read: &DynamicMessage) -> anyhow::Result<String> {
    let mut text = Vec::new();
    answer::json(&mut text, &said(read, &[NAME, ETAG]))?;
    Ok(String::from_utf8(text)?)
}

/// The request that makes of a resource what was edited, and the fields that it changes.
pub fn update(
    method: &MethodDescriptor,
    read: &DynamicMessage,
    edited: &str,
) -> anyhow::Result<(DynamicMessage, Vec<String>)> {
    let resource = resource(method, read)?;
    let edited: serde_json::Value =
        serde_json::from_str(edited).context("the text is not JSON any more")?;
    let typed = Map::from_iter([(resource.json_name().to_owned(), edited)]);
    let mut asked = request::read(method, &json!(typed).to_string())?;
    let Value::Message(mut wanted) = asked.get_field(&resource).into_owned() else {
        anyhow::bail!("the text is not the JSON object that it was")
    };
    anyhow::ensure!(
        wanted.get_field_by_name(NAME) == read.get_field_by_name(NAME),
        "the name cannot be changed"
    );
    let changed = changed(&said(read, &[]), &said(&wanted, &[]));
    if wanted.get_field_by_name(ETAG).is_none_or(|etag| etag.as_str() == Some("")) {
        let etag = read.get_field_by_name(ETAG).context("what is edited has an etag")?;
        wanted.try_set_field_by_name(ETAG, etag.into_owned())?;
    }
    asked.try_set_field(&resource, Value::Message(wanted))?;
    let mask = method.input().get_field_by_name("update_mask").context("an Update has a mask")?;
    let Kind::Message(kind) = mask.kind() else { anyhow::bail!("a mask is a message") };
    let mut paths = DynamicMessage::new(kind);
    let all = changed.iter().map(|path| Value::String(path.clone())).collect();
    paths.try_set_field_by_name("paths", Value::List(all))?;
    asked.try_set_field(&mask, Value::Message(paths))?;
    Ok((asked, changed))
}

/// The field of an Update that holds the resource.
fn resource(method: &MethodDescriptor, read: &DynamicMessage) -> anyhow::Result<FieldDescriptor> {
    let kind = Kind::Message(read.descriptor());
    let of_kind = |field: &FieldDescriptor| field.kind() == kind;
    let field = method.input().fields().find(of_kind);
    field.context("an Update takes what a Get answers")
}

/// The fields of which two messages have different values.
fn changed(before: &DynamicMessage, after: &DynamicMessage) -> Vec<String> {
    let is_changed = |field: &FieldDescriptor| {
        before.has_field(field) != after.has_field(field)
            || before.get_field(field) != after.get_field(field)
    };
    let fields = before.descriptor();
    fields.fields().filter(is_changed).map(|field| field.name().to_owned()).collect()
}

/// A message without what only the server sets, in its parts too; except of some fields.
fn said(message: &DynamicMessage, except: &[&str]) -> DynamicMessage {
    let mut said = DynamicMessage::new(message.descriptor());
    for (field, value) in message.fields() {
        if !is_fixed(&field) || except.contains(&field.name()) {
            said.set_field(&field, said_in(value));
        }
    }
    said
}

fn said_in(value: &Value) -> Value {
    match value {
        Value::Message(message) => Value::Message(said(message, &[])),
        Value::List(items) => Value::List(items.iter().map(said_in).collect()),
        Value::Map(entries) => {
            let entry = |(key, value): (&MapKey, &Value)| (key.clone(), said_in(value));
            Value::Map(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}
