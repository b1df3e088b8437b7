//! `registan ask`: calls a method that is known by its descriptor, and prints its answer for a
//! person.

pub mod answer;
pub mod call;
mod cells;
mod explain;
pub mod find;
mod mistake;
mod request;
mod table;

use std::io::Write;

use chassis::process::block_on;
use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage};

use self::call::Client;
use self::find::Found;
use crate::cli::Ask;
use crate::output::unless_closed;

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
    let connection = if call::only_reads(method) { reach.reader()? } else { reach.writer()? };
    let mut client = Client::new(connection, &reach.gateway);
    if method.is_server_streaming() {
        let mut answers = client.stream(method, request).await?;
        while let Some(message) = client.next(&mut answers).await? {
            answer::line(&mut std::io::stdout().lock(), &message)?;
        }
        return Ok(());
    }
    let answer = client.call(method, request).await?;
    let mut out = std::io::stdout().lock();
    if arguments.json || !answer::is_list(&answer.descriptor()) {
        answer::json(&mut out, &answer)?;
    } else {
        answer::sections(&mut out, &answer)?;
    }
    out.flush()?;
    Ok(())
}
