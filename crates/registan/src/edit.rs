//! `registan edit`: changes a resource in an editor. Its fields are sent that were changed, with
//! the etag that was read, so that nothing goes unseen.

mod kind;
mod text;

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use anyhow::Context;
use chassis::process::block_on;
use prost_reflect::DynamicMessage;
use tempfile::NamedTempFile;

use self::kind::Kind;
use crate::ask::call::Client;
use crate::cli::Edit;

/// The editor where no variable names one.
const EDITOR: &str = "vi";

pub fn run(arguments: &Edit) -> anyhow::Result<()> {
    let kind = Kind::of(&arguments.name)?;
    block_on(edit(arguments, &kind))
}

async fn edit(arguments: &Edit, kind: &Kind) -> anyhow::Result<()> {
    let reach = &arguments.reach;
    let mut client = Client::new(reach.writer()?, &reach.gateway);
    let read = client.call(&kind.get, kind.named(&arguments.name)?).await;
    let read = read.map_err(|error| reach.or_with_token(error))?;
    if let Some(file) = &arguments.file {
        return send(&mut client, kind, &read, &given(file)?).await;
    }
    let mut file = tempfile::Builder::new().prefix("registan-").suffix(".json").tempfile()?;
    let before = text::of(&read)?;
    file.write_all(before.as_bytes())?;
    let edited = async {
        open(file.path())?;
        let edited = fs::read_to_string(file.path()).context("the text cannot be read")?;
        send(&mut client, kind, &read, &edited).await
    };
    let Err(error) = edited.await else { return Ok(()) };
    let is_changed = fs::read(file.path()).is_ok_and(|after| after != before.as_bytes());
    Err(if is_changed { kept(file, &arguments.name, &error) } else { error })
}

/// Sends what was changed, and says which fields that were.
async fn send(
    client: &mut Client<'_>,
    kind: &Kind,
    read: &DynamicMessage,
    edited: &str,
) -> anyhow::Result<()> {
    let (request, changed) = text::update(&kind.update, read, edited)?;
    let name = read.get_field_by_name("name");
    let name = name.as_deref().and_then(|name| name.as_str()).unwrap_or_default();
    let mut out = std::io::stdout();
    if changed.is_empty() {
        writeln!(out, "{name}: nothing was changed")?;
        return Ok(());
    }
    client.call(&kind.update, request).await?;
    writeln!(out, "{name}: changed {}", changed.join(", "))?;
    Ok(())
}

/// The text in a file; `-` is what is piped in.
fn given(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("the text cannot be read")?;
        return Ok(text);
    }
    fs::read_to_string(file).with_context(|| format!("--file: cannot read {}", file.display()))
}

/// Opens the editor and waits until it is closed. As for other programs its variable may hold
/// arguments, too.
fn open(path: &Path) -> anyhow::Result<()> {
    let named = ["VISUAL", "EDITOR"].map(|name| env::var(name).ok().filter(|it| !it.is_empty()));
    let editor = named.into_iter().flatten().next().unwrap_or_else(|| EDITOR.to_owned());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(path);
    let status = shell.status().context("no shell was found to start the editor")?;
    anyhow::ensure!(
        status.success(),
        "the editor `{editor}` failed, and nothing was sent: EDITOR names another one"
    );
    Ok(())
}

/// The error, with where the text is that was refused.
fn kept(file: NamedTempFile, name: &str, error: &anyhow::Error) -> anyhow::Error {
    match file.keep() {
        Ok((_, path)) => {
            let path = path.display();
            anyhow::anyhow!(
                "{error:#}; the text is kept in {path}: once it is corrected, \
                 `registan edit {name} --file {path}` sends it"
            )
        }
        Err(lost) => anyhow::anyhow!("{error:#}; the text could not be kept: {}", lost.error),
    }
}
