//! A write that waits for the writer.

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::call::Call;
use crate::entry::Entry;
use crate::error::Error;

/// The write of one caller, made whole or not at all.
pub(crate) struct Job {
    pub call: Call,
    pub entries: Vec<Entry>,
    /// The version that answers the request where nothing is to be written: kept with the request
    /// id alone.
    pub answer: Option<(Uuid, i64)>,
    pub done: oneshot::Sender<Result<Vec<i64>, Error>>,
}

impl Job {
    /// The version that answers the request: that of the first entry.
    pub fn answer(&self) -> Option<(Uuid, i64)> {
        self.answer.or_else(|| self.entries.first().map(|entry| (entry.uid, entry.revision)))
    }
}
