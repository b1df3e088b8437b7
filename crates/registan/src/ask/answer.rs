//! Prints an answer: as JSON, or for a person by what its descriptor says: lists become tables,
//! parts become sections. A new field of the contract is printed at once.

use std::io::Write;

use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, SerializeOptions,
    Value,
};

use super::cells::{cell, heading, humanised, is_resource, is_system, parts};
use super::table::table;

const INDENT: usize = 2;

/// Pretty JSON.
pub fn json(out: &mut impl Write, message: &DynamicMessage) -> anyhow::Result<()> {
    let mut json = serde_json::Serializer::pretty(&mut *out);
    write_json(message, &mut json)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// JSON on one line.
pub fn line(out: &mut impl Write, message: &DynamicMessage) -> anyhow::Result<()> {
    write_json(message, &mut serde_json::Serializer::new(&mut *out))?;
    out.write_all(b"\n")?;
    Ok(())
}

fn write_json<W: Write, F: serde_json::ser::Formatter>(
    message: &DynamicMessage,
    json: &mut serde_json::Serializer<W, F>,
) -> anyhow::Result<()> {
    let written = message.serialize_with_options(json, &SerializeOptions::new());
    written.map_err(|error| match error.io_error_kind() {
        Some(kind) => anyhow::Error::new(std::io::Error::from(kind)),
        None => error.into(),
    })
}

/// True for an answer that holds a list of messages and is no resource itself.
pub fn is_list(message: &MessageDescriptor) -> bool {
    let holds = |field: FieldDescriptor| field.is_list() && parts(&field).is_some();
    !is_resource(message) && message.fields().any(holds)
}

/// True for a list in which there is nothing.
pub fn is_empty_list(message: &DynamicMessage) -> bool {
    let kind = message.descriptor();
    let holds = |field: FieldDescriptor| field.is_list() && message.has_field(&field);
    is_list(&kind) && !kind.fields().any(holds)
}

/// The messages of a stream as a table below the name of what was listed.
pub fn rows(out: &mut impl Write, name: &str, rows: &[DynamicMessage]) -> anyhow::Result<()> {
    let name = humanised(name);
    match rows.first() {
        Some(first) => list(out, &heading(&name), &first.descriptor(), rows, 0),
        None => Ok(writeln!(out, "\nNone recorded: {name}")?),
    }
}

/// The parts of an answer as sections.
pub fn sections(out: &mut impl Write, message: &DynamicMessage) -> anyhow::Result<()> {
    section(out, message, 0)
}

fn section(out: &mut impl Write, message: &DynamicMessage, depth: usize) -> anyhow::Result<()> {
    let mut empty = Vec::new();
    let kind = message.descriptor();
    let fields = kind.fields().filter(|field| !is_system(field));
    // Values first: below a long list nobody looks for one.
    let (parted, values): (Vec<_>, Vec<_>) = fields.partition(|field| parts(field).is_some());
    for field in values.into_iter().chain(parted) {
        let name = heading(field.name());
        let value = message.get_field(&field);
        match (parts(&field), &*value) {
            (None, _) => {
                let text = cell(message, &field);
                if !text.is_empty() {
                    writeln!(out, "{:depth$}{name}: {text}", "")?;
                }
            }
            (Some(_), Value::List(rows)) if rows.is_empty() => empty.push(name.to_lowercase()),
            (Some(kind), Value::List(rows)) => {
                let rows: Vec<_> = rows.iter().filter_map(Value::as_message).cloned().collect();
                list(out, &name, &kind, &rows, depth)?;
            }
            (Some(kind), Value::Message(part)) if message.has_field(&field) => {
                within(out, &name, &kind, part, depth)?;
            }
            _ => {}
        }
    }
    if !empty.is_empty() {
        writeln!(out, "\n{:depth$}None recorded: {}", "", empty.join(", "))?;
    }
    Ok(())
}

/// True for a message that counts others: the number of these counts says nothing.
fn is_count(kind: &MessageDescriptor) -> bool {
    kind.get_field_by_name("count").is_some_and(|field| field.kind() == Kind::Int64)
}

/// A list: a table, or a section for each where each holds lists itself, as the law with each state
/// of a region, unless all of these are empty.
fn list(
    out: &mut impl Write,
    name: &str,
    kind: &MessageDescriptor,
    rows: &[DynamicMessage],
    depth: usize,
) -> anyhow::Result<()> {
    if is_count(kind) {
        writeln!(out, "\n{:depth$}{name}", "")?;
    } else {
        writeln!(out, "\n{:depth$}{name} ({})", "", rows.len())?;
    }
    let is_flat = !is_list(kind) || rows.iter().all(is_empty_list);
    if is_flat || kind.get_field_by_name("title").is_some() {
        return Ok(table(out, rows, depth + INDENT)?);
    }
    for row in rows {
        writeln!(out)?;
        section(out, row, depth + INDENT)?;
    }
    Ok(())
}

/// A message in a message: a resource by its names, a status or one without lists on a line,
/// anything else below a heading.
fn within(
    out: &mut impl Write,
    name: &str,
    kind: &MessageDescriptor,
    part: &DynamicMessage,
    depth: usize,
) -> anyhow::Result<()> {
    if is_resource(kind) {
        let names = ["display_name", "title", "name"].into_iter();
        let names = names.filter_map(|name| kind.get_field_by_name(name));
        let mut names: Vec<String> =
            names.map(|field| cell(part, &field)).filter(|text| !text.is_empty()).collect();
        names.extend(part.has_field_by_name("delete_time").then(|| "deleted".to_owned()));
        writeln!(out, "{:depth$}{name}: {}", "", names.join(", "))?;
    } else if name == "Status" || kind.fields().all(|field| parts(&field).is_none()) {
        let values = kind.fields().filter(|field| parts(field).is_none());
        let cells = values.map(|field| cell(part, &field)).filter(|text| !text.is_empty());
        writeln!(out, "{:depth$}{name}: {}", "", cells.collect::<Vec<_>>().join(", "))?;
    } else {
        writeln!(out, "\n{:depth$}{name}", "")?;
        section(out, part, depth + INDENT)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_brief_is_printed_by_its_descriptor() {
        let kind = api::descriptors().get_message_by_name("registan.partnership.v1.Brief").unwrap();
        let brief = DynamicMessage::deserialize(
            kind,
            json!({
                "party": "parties/tm",
                "law": {
                    "status": {"completeness": "COMPLETENESS_PARTIAL", "reason": "some of it"},
                    "party": {"name": "parties/tm", "displayName": "Turkmenistan"},
                    "legalBasis": {"signedNotInForce": [{"title": "The agreement"}]}
                },
                "money": {"status": {"completeness": "COMPLETENESS_MISSING", "reason": "away"}},
                "rights": {"activities": [
                    {"kind": "KIND_STATEMENT", "outcome": "OUTCOME_CARRIED_OUT", "count": "7"}
                ]}
            }),
        );
        let mut out = Vec::new();
        sections(&mut out, &brief.unwrap()).unwrap();
        let text = String::from_utf8(out).unwrap();

        for line in [
            "Party: parties/tm",
            "\nLaw\n  Status: partial, some of it\n  Party: Turkmenistan, parties/tm\n",
            "\n    Signed not in force (1)\n      TITLE\n      The agreement\n",
            "\nMoney\n  Status: missing, away\n",
            "\n  Activities\n    KIND ",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.contains("None recorded: in force, suspended"), "{text}");
    }

    #[test]
    fn rows_whose_lists_are_all_empty_are_a_table() {
        let kind =
            api::descriptors().get_message_by_name("registan.agreements.v1.RatificationLedger");
        let ledger = |territories: &[&str]| {
            let missing = json!([{"party": "parties/fr", "territories": territories},
                {"party": "parties/gb"}]);
            let ledger = json!({ "missing": missing });
            let ledger = DynamicMessage::deserialize(kind.clone().unwrap(), ledger).unwrap();
            let mut out = Vec::new();
            sections(&mut out, &ledger).unwrap();
            String::from_utf8(out).unwrap()
        };

        let text = ledger(&[]);
        assert!(text.contains("\nMissing (2)\n  PARTY\n  parties/fr\n  parties/gb\n"), "{text}");
        assert!(!text.contains("territories"), "{text}");
    }

    #[test]
    fn what_an_answer_holds_is_printed() {
        let methods = api::descriptors().services().flat_map(|it| it.methods().collect::<Vec<_>>());
        let mut checked = 0;
        for kind in methods.map(|method| method.output()).filter(is_list) {
            for field in kind.fields().filter(FieldDescriptor::is_list) {
                let Some(row) = parts(&field) else { continue };
                let mut answer = DynamicMessage::new(kind.clone());
                let rows = vec![Value::Message(DynamicMessage::new(row.clone()))];
                answer.set_field(&field, Value::List(rows));
                let mut out = Vec::new();
                sections(&mut out, &answer).unwrap();
                let text = String::from_utf8(out).unwrap();

                let name = heading(field.name());
                let number = if is_count(&row) { "" } else { " (1)" };
                assert!(
                    text.contains(&format!("{name}{number}\n")),
                    "{}: {text}",
                    kind.full_name()
                );
                checked += 1;
            }
        }
        assert!(checked > 50, "{checked}");
    }

    #[test]
    fn lists_are_tables_and_resources_are_not() {
        let is = |name: &str| is_list(&api::descriptors().get_message_by_name(name).unwrap());

        assert!(is("registan.agreements.v1.ListAgreementsResponse"));
        assert!(is("registan.agreements.v1.LegalBasis"));
        assert!(!is("registan.agreements.v1.Agreement"));
    }
}
