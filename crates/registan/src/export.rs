//! `registan export`: all resources of one kind, as JSON lines, from a running suite.
//!
//! Which kinds there are, what can be asked of each and what an answer looks like is read from the
//! descriptors: a resource that gets an `Export…` method can be exported at once.

mod participations;

use std::io::{BufWriter, Write};

use anyhow::Context;
use chassis::process::block_on;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use serde_json::{Map, Value, json};
use standard::time::READ_TIME_KEY;
use tonic::Streaming;

use crate::ask::answer;
use crate::ask::call::Client;
use crate::ask::find::pattern;
use crate::cli::Export;
use crate::output::{counter, unless_closed};
use crate::values::{date, day, resource};

pub fn run(arguments: &Export) -> anyhow::Result<()> {
    let request = request(arguments)?;
    block_on(async { unless_closed(export(request, arguments).await) })
}

/// The request, by way of ProtoJSON; what the method does not ask for cannot be said.
fn request(arguments: &Export) -> anyhow::Result<DynamicMessage> {
    let (input, resource) = (arguments.method.input(), resource(&arguments.method));
    let mut fields = Map::new();
    fields.insert("filter".to_owned(), json!(arguments.filter));
    fields.insert("orderBy".to_owned(), json!(arguments.order_by));
    fields.insert("showDeleted".to_owned(), json!(arguments.deleted));
    fields.insert("readTime".to_owned(), json!(arguments.read_time));
    let days = [
        ("--as-of", "as_of", &arguments.as_of, "do not depend on a day"),
        ("--known-by", "known_by", &arguments.known_by, "rest on no source"),
    ];
    for (argument, field, typed, why_not) in days {
        let Some(typed) = typed else { continue };
        let field = input.get_field_by_name(field);
        let field = field.with_context(|| format!("{argument}: {resource} {why_not}"))?;
        let day =
            day(typed).with_context(|| format!("{argument}: `{typed}` is not like 2024-01-17"))?;
        fields.insert(field.json_name().to_owned(), date(day));
    }
    let has_participations = input.full_name().ends_with(".ExportAgreementsRequest");
    anyhow::ensure!(
        has_participations || !arguments.participations,
        "--participations: {resource} have none, agreements have"
    );
    let within = input.get_field_by_name("parent").is_some();
    match &arguments.parent {
        Some(_) if !within => {
            anyhow::bail!("--parent: {resource} do not lie within anything")
        }
        Some(parent) => fields.insert("parent".to_owned(), json!(parent)),
        None if within => {
            fields.insert("parent".to_owned(), json!(all_parents(&arguments.method)?))
        }
        None => None,
    };
    Ok(DynamicMessage::deserialize(input, Value::Object(fields))?)
}

/// The parent that stands for all: `agreements/-` of provisions.
fn all_parents(method: &MethodDescriptor) -> anyhow::Result<String> {
    let pattern = pattern(&method.output()).context("what is exported has no name")?;
    let first = pattern.split('/').next().unwrap_or_default();
    Ok(format!("{first}/-"))
}

async fn export(request: DynamicMessage, arguments: &Export) -> anyhow::Result<()> {
    let method = &arguments.method;
    let mut client = Client::new(arguments.reach.reader()?, &arguments.reach.gateway);
    let answer = client.stream(method, request).await?;
    let read_time = answer.metadata().get(READ_TIME_KEY).and_then(|time| time.to_str().ok());
    let read_time = read_time.unwrap_or("unknown").to_owned();
    let count = print(&client, answer.into_inner(), arguments, &read_time).await?;
    writeln!(
        std::io::stderr(),
        "{count} {}, as the record stood at {read_time}: ask again with --read-time {read_time}",
        resource(method)
    )?;
    if count == 0 { arguments.reach.say_nothing_found() } else { Ok(()) }
}

/// One line each, as they come; returns how many.
async fn print(
    client: &Client<'_>,
    mut answers: Streaming<DynamicMessage>,
    arguments: &Export,
    read_time: &str,
) -> anyhow::Result<u64> {
    let bar = counter(&resource(&arguments.method));
    let mut out = BufWriter::new(std::io::stdout().lock());
    if arguments.participations {
        out.write_all(participations::HEAD.as_bytes())?;
    }
    let mut count = 0;
    loop {
        let message = match client.next(&mut answers).await {
            Ok(Some(message)) => message,
            Ok(None) => break,
            Err(error) => {
                out.flush()?;
                bar.finish_and_clear();
                return Err(error.context(format!(
                    "the export is NOT whole, it broke off after {count} {}: do it again, with --read-time {read_time} \
                     for the same instant",
                    resource(&arguments.method)
                )));
            }
        };
        if arguments.participations {
            out.write_all(participations::rows(&message)?.as_bytes())?;
        } else {
            answer::line(&mut out, &message)?;
        }
        count += 1;
        bar.inc(1);
    }
    out.flush()?;
    bar.finish_and_clear();
    Ok(count)
}
