//! `registan import reference`: the reference record, or files of the same form, into a running
//! suite.

use std::io::Write;
use std::path::Path;

use chassis::process::block_on;
use reference::{Data, load};
use tonic::Status;

use super::check;
use super::unread::name_unread;
use crate::cli::Reference;
use crate::output::items;
use crate::refused::refused;

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
    let bar = items("Seeding");
    let progress = |done: usize, of: usize| {
        bar.set_length(u64::try_from(of).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
    };
    let seeded =
        reference::seed(&loaded, gateway.clone(), gateway.clone(), gateway, progress).await;
    bar.finish_and_clear();
    let summary = seeded.map_err(|error| told(error, &arguments.reach.gateway))?;
    let (created, existing) = (summary.created, summary.existing);
    writeln!(std::io::stdout(), "{created} records created, {existing} were there.")?;
    Ok(())
}

/// Returns the error with the reason of a refusal, after the name of the record.
fn told(error: anyhow::Error, gateway: &str) -> anyhow::Error {
    let record = error.to_string();
    match error.downcast_ref::<Status>() {
        Some(status) => refused(status, gateway).context(record),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic::Code;
    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    #[test]
    fn a_refusal_is_told_with_its_record_and_its_reason() {
        let details = ErrorDetails::with_error_info("NOT_GRANTED", "registan", HashMap::new());
        let status = Status::with_error_details(Code::PermissionDenied, "not yours", details);
        let error = anyhow::Error::from(status).context("parties/kz (parties.json:7)");

        let told = format!("{:#}", told(error, "http://127.0.0.1:8080"));

        assert_eq!(told, "parties/kz (parties.json:7): PermissionDenied (NOT_GRANTED): not yours");
    }
}
