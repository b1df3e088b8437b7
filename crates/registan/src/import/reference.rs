//! `registan import reference`: the reference record, or files of the same form, into a running
//! suite.

use std::io::Write;
use std::path::Path;

use chassis::process::block_on;
use reference::{Data, load};

use super::check;
use super::unread::name_unread;
use crate::cli::Reference;

/// Checks the files, or seeds the suite with them.
pub fn run(arguments: &Reference) -> anyhow::Result<()> {
    let folder = arguments.folder.as_deref();
    if arguments.check { check::run(folder) } else { block_on(seed(arguments, folder)) }
}

async fn seed(arguments: &Reference, folder: Option<&Path>) -> anyhow::Result<()> {
    let data = folder.map_or_else(|| Ok(Data::embedded()), Data::read)?;
    if let Some(folder) = folder {
        name_unread(&mut std::io::stdout(), folder, &data)?;
    }
    let gateway = arguments.reach.writer()?;
    let loaded = load(&data);
    let summary =
        reference::lay_in(&loaded, gateway.clone(), gateway.clone(), gateway, |_, _| {}).await?;
    let (created, existing) = (summary.created, summary.existing);
    writeln!(std::io::stdout(), "{created} records created, {existing} were there.")?;
    Ok(())
}
