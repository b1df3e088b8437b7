//! Imports a file of any format into any service: what is neither of the format nor of the service.
//!
//! A format is a crate that gives records (`formats::Reader`). A service says how they become
//! resources: [`Importer`]. All else is here, once. Three things run at once, joined by bounded
//! channels:
//!
//! - [`feed`]: the caller brings bytes, at a pace that `pace` watches
//! - `read`: a thread reads them into batches of whole records; what has no place becomes [`Notes`]
//! - `batch`: this task compares each batch with the record and records the difference, in one
//!   transaction a batch
//!
//! So memory does not grow with the file, and what was recorded is whole; but a record of many
//! children is recorded in parts (`part`). A second import of the same file changes nothing, and
//! one after a break records the rest. A service lets few imports run at a time: [`Turns`].

mod account;
mod batch;
mod children;
mod difference;
pub mod feed;
mod importer;
mod name;
mod notes;
mod pace;
mod part;
mod read;
mod recorded;
mod report;
mod succession;
mod target;
mod turns;
mod write;

use std::io::Read;
use std::time::{Duration, Instant};

use chassis::Failure;
use chronicle::{Call, Chronicle};
use instruments::table::IMPORTS;
use tokio::sync::mpsc;

use part::Parts;
use read::Batch;

pub use importer::{Importer, Names, Prepared, Refusal, Target, Words};
pub use name::id;
pub use notes::{Notes, Place};
pub use report::{Changes, Report};
pub use target::names;
pub use turns::{Turn, Turns};
pub use write::{Import, MAX_BYTES, Pages, size};

/// Batches on their way from the thread to the record.
const BATCHES: usize = 1;
/// How often the log of the process tells how far an import is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// Reads `file` to its end, or to where it breaks, and records what is whole; with `validate_only`
/// it does all of that but record. An error is one of the record: what is wrong in the file is a
/// finding. If this future is dropped, because the caller is gone or its time is over, the batch at
/// hand is recorded whole or not at all, and those before it stay.
pub async fn import<I: Importer>(
    chronicle: &Chronicle,
    importer: I,
    validate_only: bool,
    file: impl Read + Send + 'static,
) -> Result<Report, Failure> {
    let caller = chassis::caller::current().caller.subject.clone();
    let call = Call { caller, method: I::METHOD.into(), request: None };
    let (sender, mut batches) = mpsc::channel(BATCHES);
    let reading = tokio::task::spawn_blocking(move || read::read(&importer, file, &sender));
    let import = Import { chronicle, call: &call, validate_only };
    let _running = IMPORTS.with(&[I::METHOD]).hold();
    let (mut report, mut parts) = (Report::default(), Parts::default());
    let mut told = Instant::now();
    while let Some(batch) = batches.recv().await {
        let outcome = match &batch {
            Batch::Whole(records) => part::whole(import, records).await,
            Batch::Part(prepared, place) => parts.record(import, prepared, place).await,
        };
        let outcome = outcome?;
        if !validate_only {
            outcome.changes.measure(I::METHOD);
        }
        report.add(outcome);
        if told.elapsed() >= PROGRESS_INTERVAL {
            told = Instant::now();
            tracing::info!(method = I::METHOD, changes = ?report.changes, "an import is under way");
        }
    }
    let (totals, tally, census) = reading.await.map_err(Failure::internal)?;
    let head = chronicle.head(&standard::reader()).await;
    report.read_time = head.map_err(standard::refused::<I::Parent>)?;
    report.finish(totals, tally, census);
    Ok(report)
}
