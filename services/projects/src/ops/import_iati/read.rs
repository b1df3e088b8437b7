//! The thread that reads: bytes in, batches of whole activities out.

use std::io::Read;

use iati::{Activity, Event, Reader, Totals};
use tokio::sync::mpsc::Sender;

use super::notes::Notes;
use super::project::project;
use super::report::Tally;
use super::transaction::transactions;
use crate::domain::{Project, Transaction};

/// A batch ends when it has this many activities, transactions or bytes of the file: enough that a commit costs little,
/// few enough that three batches at once take little memory.
const MOST_ACTIVITIES: usize = 100;
const MOST_TRANSACTIONS: usize = 2000;
const MOST_FILE_BYTES: u64 = 4 << 20;
/// Bytes of an IATI identifier.
const MOST_IDENTIFIER: usize = 256;
/// Bytes of one project: what an answer can carry.
pub const MOST_PROJECT: usize = 1 << 20;

/// An activity ready to be compared with the record.
pub struct Prepared {
    /// Line of the file where it starts.
    pub line: u64,
    /// As the file has it.
    pub project: Project,
    /// As the file has them.
    pub transactions: Vec<Transaction>,
}

/// Reads a file and sends its batches. Stops early if nobody takes them.
pub fn read(file: impl Read, name: &str, batches: &Sender<Vec<Prepared>>) -> (Totals, Tally) {
    let mut reader = Reader::new(file);
    let mut tally = Tally::default();
    let mut batch: Vec<Prepared> = Vec::new();
    let (mut moved, mut begun) = (0, 0);
    while let Some(event) = reader.next() {
        let (activity, findings) = match event {
            Event::Activity(activity, findings) => (activity, findings),
            Event::Finding(finding) => {
                tally.add(finding);
                continue;
            }
        };
        tally.extend(findings);
        if let Some(prepared) = prepare(&activity, name, &mut tally) {
            moved += prepared.transactions.len();
            batch.push(prepared);
        }
        let bytes = reader.totals().bytes;
        let full = batch.len() >= MOST_ACTIVITIES
            || moved >= MOST_TRANSACTIONS
            || bytes - begun >= MOST_FILE_BYTES;
        if full {
            (moved, begun) = (0, bytes);
            if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return (reader.totals(), tally);
            }
        }
    }
    if !batch.is_empty() {
        // An error says that the import was given up: then nobody reads what this returns either.
        drop(batches.blocking_send(batch));
    }
    (reader.totals(), tally)
}

/// An activity as the record would hold it; nothing, and a finding, if it cannot.
fn prepare(activity: &Activity, file_name: &str, tally: &mut Tally) -> Option<Prepared> {
    let identifier = &activity.identifier;
    let end = (0..=identifier.len().min(MOST_IDENTIFIER)).rev();
    let shown = end.into_iter().find(|end| identifier.is_char_boundary(*end)).unwrap_or(0);
    let mut notes = Notes::new(&identifier[..shown], activity.line);
    let prepared = if identifier.len() > MOST_IDENTIFIER {
        let message = format!(
            "the identifier is longer than {MOST_IDENTIFIER} bytes; the activity was skipped; shorten it"
        );
        notes.error("identifier-too-long", message);
        None
    } else {
        let project = project(activity, file_name, &mut notes);
        let size = serde_json::to_vec(&project).map_or(usize::MAX, |document| document.len());
        if size > MOST_PROJECT {
            let message = format!(
                "the activity has {size} bytes without its transactions; it was skipped; shorten it"
            );
            notes.error("activity-too-large", message);
            None
        } else {
            let transactions = transactions(activity, &project, &mut notes);
            Some(Prepared { line: activity.line, project, transactions })
        }
    };
    tally.extend(notes.found);
    prepared
}
