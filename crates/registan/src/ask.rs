//! `registan ask`: calls a method that is known by its descriptor, and prints its answer for a
//! person.

pub mod answer;
mod apart;
mod article;
pub mod call;
mod cells;
mod column;
mod explain;
pub mod find;
mod mistake;
pub mod request;
mod table;

use std::io::Write;

use chassis::client::Connection;
use chassis::process::block_on;
use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage};

use self::call::Client;
use self::find::Found;
use crate::cli::Ask;
use crate::output::unless_closed;

/// The beginning of the names of methods that list what there is, which ends.
const LIST: &str = "List";

pub fn run(arguments: &Ask) -> anyhow::Result<()> {
    let Some(typed) = &arguments.method else {
        return unless_closed(explain::services(&find::services()));
    };
    let method = match (find::find(typed), find::message(typed)) {
        (Err(_), Some(message)) if arguments.explain => {
            return unless_closed(explain::message(&message));
        }
        (found, _) => match found? {
            Found::Service(service) => return unless_closed(explain::services(&[service])),
            Found::Method(method) => method,
        },
    };
    if arguments.explain {
        return unless_closed(explain::method(&method));
    }
    anyhow::ensure!(
        !method.is_client_streaming(),
        "{} takes a stream of messages, which is not sent from here: `registan import` sends files",
        method.name()
    );
    let request = request::read(&method, &arguments.request)?;
    block_on(async { unless_closed(ask(arguments, &method, request).await) })
}

async fn ask(
    arguments: &Ask,
    method: &MethodDescriptor,
    request: DynamicMessage,
) -> anyhow::Result<()> {
    let reach = &arguments.reach;
    if !call::only_reads(method) {
        return answered(arguments, method, request, reach.writer()?).await.map(drop);
    }
    match answered(arguments, method, request, reach.reader()?).await {
        Ok(true) => Ok(()),
        Ok(false) => reach.say_nothing_found(),
        Err(error) => Err(reach.or_with_token(error)),
    }
}

/// Calls the method and prints what it answers. Returns false if that is an empty list or stream.
async fn answered(
    arguments: &Ask,
    method: &MethodDescriptor,
    request: DynamicMessage,
    connection: Connection,
) -> anyhow::Result<bool> {
    let mut client = Client::new(connection, &arguments.reach.gateway);
    if method.is_server_streaming() {
        let rows = (!arguments.json && method.name().starts_with(LIST)).then(Vec::new);
        return streamed(&mut client, method, request, rows).await;
    }
    let mut answer = client.call(method, request.clone()).await?;
    let mut out = std::io::stdout().lock();
    if arguments.json || !answer::is_list(&answer.descriptor()) {
        answer::json(&mut out, &answer)?;
    } else {
        apart::show_dimensions(&request, &mut answer);
        answer::sections(&mut out, &answer)?;
    }
    out.flush()?;
    Ok(!answer::is_empty_list(&answer))
}

/// Prints a stream: each message as a line, once it is there; or all as the rows of a table, of a
/// method that lists what there is.
async fn streamed(
    client: &mut Client<'_>,
    method: &MethodDescriptor,
    request: DynamicMessage,
    mut rows: Option<Vec<DynamicMessage>>,
) -> anyhow::Result<bool> {
    let mut answers = client.stream(method, request).await?.into_inner();
    let mut found = false;
    while let Some(message) = client.next(&mut answers).await? {
        found = true;
        if let Some(rows) = &mut rows {
            rows.push(message);
            continue;
        }
        let mut out = std::io::stdout().lock();
        answer::line(&mut out, &message)?;
        out.flush()?;
    }
    if let Some(rows) = rows {
        let name = method.name().trim_start_matches(LIST);
        answer::rows(&mut std::io::stdout().lock(), name, &rows)?;
    }
    Ok(found)
}
