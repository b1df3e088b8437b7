//! Imports an IATI activity file as it arrives. Three things run at once, joined by bounded channels: the caller brings
//! bytes, a thread reads them into batches of whole activities (`read`), and this task records the batches, one
//! transaction each (`record`). So memory does not grow with the file, and what was recorded is whole; but an activity of
//! many transactions is recorded in parts (`part`).

mod account;
mod difference;
mod links;
mod merge;
mod notes;
mod part;
mod project;
mod read;
mod record;
mod report;
mod target;
mod transaction;

use std::io::Read;

use chassis::Failure;
use chronicle::Call;
use tokio::sync::mpsc;

use crate::app::App;

use part::{Import, Parts};
use read::Batch;
use record::failed;

pub use report::Report;

/// Batches on their way from the thread to the record.
const BATCHES: usize = 1;

/// The options of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The file's name, for the source of what is recorded.
    pub file_name: String,
    /// Read and check everything, record nothing.
    pub validate_only: bool,
}

/// Reads `file` to its end, or to where it breaks, and records what is whole. An error is one of the record: what is wrong in
/// the file is a finding. If this future is dropped, the batches recorded so far stay.
pub async fn import_iati(
    app: &App,
    options: Options,
    file: impl Read + Send + 'static,
) -> Result<Report, Failure> {
    let chronicle = &app.records.chronicle;
    let caller = chassis::caller::current().caller.subject.clone();
    let call = Call { caller, method: "ImportIati".into(), request: None };
    let (sender, mut batches) = mpsc::channel(BATCHES);
    let name = options.file_name.clone();
    let reading = tokio::task::spawn_blocking(move || read::read(file, &name, &sender));
    let import = Import { chronicle, call: &call, validate_only: options.validate_only };
    let (mut report, mut parts) = (Report::default(), Parts::default());
    while let Some(batch) = batches.recv().await {
        let outcome = match &batch {
            Batch::Whole(activities) => record::record(import, activities).await,
            Batch::Part(prepared, place) => parts.record(import, prepared, place).await,
        };
        report.add(outcome?);
    }
    let (totals, tally, census) = reading.await.map_err(Failure::internal)?;
    report.read_time = chronicle.head(&standard::reader()).await.map_err(failed)?;
    report.finish(totals, tally, census);
    tracing::info!(
        file = options.file_name,
        activities = report.activities,
        created = report.changes.created,
        updated = report.changes.updated,
        "an IATI file was imported"
    );
    Ok(report)
}
