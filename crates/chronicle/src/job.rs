//! A write that waits for the writer.

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::call::Call;
use crate::entry::Entry;
use crate::error::Error;
use crate::expected::Expected;

/// The write of one caller, made whole or not at all.
pub(crate) struct Job {
    pub call: Call,
    pub entries: Vec<Entry>,
    /// Its conditions.
    pub expected: Expected,
    /// The version that answers the request where nothing is to be written: kept with the request
    /// id alone.
    pub answer: Option<(Uuid, i64)>,
    pub done: oneshot::Sender<Result<Vec<i64>, Unwritten>>,
}

impl Job {
    /// The version that answers the request: that of the first entry.
    pub fn answer(&self) -> Option<(Uuid, i64)> {
        self.answer.or_else(|| self.entries.first().map(|entry| (entry.uid, entry.revision)))
    }

    /// The names that it writes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| Some(entry.version.as_ref()?.name.as_str()))
    }

    /// The names that must stay as they are for it.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        let parents = self.entries.iter().filter_map(|entry| Some(entry.needs()?.1));
        let expected = self.expected.undeleted.iter().chain(&self.expected.apart);
        parents.chain(expected.map(String::as_str))
    }
}

/// Why a job wrote nothing.
#[derive(Clone, Debug)]
pub(crate) enum Unwritten {
    /// Its name, or its request id, is taken.
    Taken,
    /// Anything else: `Busy` if another writer came first.
    Failed(Error),
}

impl From<Unwritten> for Error {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Taken => Self::Busy,
            Unwritten::Failed(error) => error,
        }
    }
}
