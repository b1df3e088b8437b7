//! The thread that reads: bytes in, batches of whole activities out; of an activity of many transactions, its parts.

use std::io::Read;

use formats::{Census, Elements, Event, Reader as _, Tally, Totals};
use iati::{Activity, Reader};
use tokio::sync::mpsc::Sender;

use super::account::{Account, elements};
use super::notes::Notes;
use super::project::project;
use super::transaction::{Seen, Taken, transactions};
use crate::domain::{Project, Transaction};

impl Taken {
    fn of(self, activity: &Activity, project: Project, account: Account) -> Prepared {
        let Self { transactions, accounts, .. } = self;
        Prepared { line: activity.line, project, transactions, account, accounts }
    }
}

/// A batch ends when it has this many activities, transactions or bytes of the file: enough that a commit costs little,
/// few enough that three batches at once take little memory, and that who waits for the record waits a fraction of a second.
const MOST_ACTIVITIES: usize = 100;
const MOST_TRANSACTIONS: usize = 1000;
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
    /// The elements of the file that it is made from.
    pub account: Account,
    /// The elements of the file that each transaction is made from.
    pub accounts: Vec<Account>,
}

/// A message of the reading thread.
pub enum Batch {
    /// Whole activities.
    Whole(Vec<Prepared>),
    /// A part of one.
    Part(Box<Prepared>, Place),
}

/// Where a part stands in its activity.
pub enum Place {
    /// It is the first: the project is as far as the file was read.
    First,
    /// It is neither; the project is that of the first.
    Middle,
    /// It is the last: the project is whole, and these are all transactions of the file.
    Last(Seen),
}

/// Reads a file and sends its batches. Stops early if nobody takes them.
pub fn read(file: impl Read, name: &str, batches: &Sender<Batch>) -> (Totals, Tally, Census) {
    let mut reader = Reader::in_parts(file);
    let mut reading = Reading {
        name,
        batches,
        tally: Tally::default(),
        batch: Vec::new(),
        begun: 0,
        large: None,
        refused: Elements::default(),
    };
    while let Some(event) = reader.next() {
        let bytes = reader.totals().bytes;
        let wanted = match event {
            Event::Record(activity, findings) => {
                reading.tally.extend(findings);
                reading.activity(&activity, bytes)
            }
            Event::Part(activity) => reading.part(&activity, bytes),
            Event::Finding(finding) => {
                reading.tally.extend([finding]);
                true
            }
        };
        if !wanted {
            break;
        }
    }
    reading.give_up();
    reading.flush(0);
    let Reading { tally, refused, .. } = reading;
    let totals = reader.totals();
    let mut census = reader.into_census();
    census.lose_all(&refused);
    (totals, tally, census)
}

/// An activity of which parts were sent.
struct Large {
    line: u64,
    /// Absent if it cannot be recorded.
    project: Option<Project>,
    seen: Seen,
    /// The elements of its parts besides transactions. The last part counts them as recorded: it has all that they say.
    pending: Elements,
}

/// The part that was read and not sent yet.
struct Reading<'a> {
    name: &'a str,
    batches: &'a Sender<Batch>,
    tally: Tally,
    batch: Vec<Prepared>,
    /// Bytes of the file before the batch.
    begun: u64,
    large: Option<Large>,
    /// Elements of what cannot be recorded.
    refused: Elements,
}

impl Reading<'_> {
    /// Takes a whole activity, or what is left of one that came in parts. False if nobody wants more.
    fn activity(&mut self, activity: &Activity, bytes: u64) -> bool {
        let notes = notes(activity);
        if let Some(large) = self.large.take_if(|large| large.line == activity.line) {
            return self.last(activity, large, notes);
        }
        self.give_up();
        let prepared = self.prepare(activity, &mut Seen::default(), notes);
        self.batch.extend(prepared);
        let moved: usize = self.batch.iter().map(|it| it.transactions.len()).sum();
        let full = self.batch.len() >= MOST_ACTIVITIES
            || moved >= MOST_TRANSACTIONS
            || bytes - self.begun >= MOST_FILE_BYTES;
        !full || self.flush(bytes)
    }

    /// Takes what is left of an activity of which parts were sent. False if nobody wants more.
    fn last(&mut self, activity: &Activity, large: Large, notes: Notes) -> bool {
        let Large { project, mut seen, pending, .. } = large;
        if project.is_none() {
            self.refused.append(&elements(activity));
            return true;
        }
        let Some(mut prepared) = self.prepare(activity, &mut seen, notes) else {
            self.refused.append(&pending);
            return true;
        };
        prepared.account.elements.append(&pending);
        self.send(Batch::Part(Box::new(prepared), Place::Last(seen)))
    }

    /// Counts as not recorded what waits for the last part of an activity: none comes.
    fn give_up(&mut self) {
        if let Some(large) = self.large.take() {
            self.refused.append(&large.pending);
        }
    }

    /// Takes a part of an activity. False if nobody wants more.
    fn part(&mut self, activity: &Activity, bytes: u64) -> bool {
        let mut notes = notes(activity);
        if let Some(large) = self.large.as_mut().filter(|large| large.line == activity.line) {
            let Some(project) = &large.project else {
                self.refused.append(&elements(activity));
                return true;
            };
            let project = project.clone();
            large.pending.append(&activity.elements);
            let taken = transactions(activity, &project, &mut large.seen, &mut notes);
            self.tally.extend(notes.found);
            self.refused.append(&taken.refused);
            let prepared = taken.of(activity, project, Account::default());
            return self.send(Batch::Part(Box::new(prepared), Place::Middle));
        }
        self.give_up();
        let mut seen = Seen::default();
        let mut prepared = self.prepare(activity, &mut seen, notes);
        // What the project is made of, and what the record cannot hold of it, is counted with the last part.
        let account = prepared.as_mut().map(|it| std::mem::take(&mut it.account));
        let pending = account.unwrap_or_default().elements;
        let project = prepared.as_ref().map(|it| it.project.clone());
        self.large = Some(Large { line: activity.line, project, seen, pending });
        self.flush(bytes)
            && prepared.is_none_or(|it| self.send(Batch::Part(Box::new(it), Place::First)))
    }

    /// An activity as the record would hold it; nothing, and a finding, if it cannot.
    fn prepare(
        &mut self,
        activity: &Activity,
        seen: &mut Seen,
        mut notes: Notes,
    ) -> Option<Prepared> {
        let prepared = project_of(activity, self.name, &mut notes).map(|project| {
            let lost = std::mem::take(&mut notes.lost);
            let account = Account { elements: activity.elements.clone(), lost };
            let taken = transactions(activity, &project, seen, &mut notes);
            self.refused.append(&taken.refused);
            taken.of(activity, project, account)
        });
        if prepared.is_none() {
            self.refused.append(&elements(activity));
        }
        self.tally.extend(notes.found);
        prepared
    }

    /// Sends the batch, if there is one.
    fn flush(&mut self, bytes: u64) -> bool {
        self.begun = bytes;
        let batch = std::mem::take(&mut self.batch);
        batch.is_empty() || self.send(Batch::Whole(batch))
    }

    /// An error says that the import was given up: then nobody reads what the thread returns either.
    fn send(&self, batch: Batch) -> bool {
        self.batches.blocking_send(batch).is_ok()
    }
}

fn notes(activity: &Activity) -> Notes {
    let identifier = &activity.identifier;
    let end = (0..=identifier.len().min(MOST_IDENTIFIER)).rev();
    let shown = end.into_iter().find(|end| identifier.is_char_boundary(*end)).unwrap_or(0);
    Notes::new(&identifier[..shown], activity.line)
}

/// The project of an activity as the record would hold it; nothing, and a finding, if it cannot.
fn project_of(activity: &Activity, file_name: &str, notes: &mut Notes) -> Option<Project> {
    if activity.identifier.len() > MOST_IDENTIFIER {
        let message = format!(
            "the identifier is longer than {MOST_IDENTIFIER} bytes; the activity was skipped; shorten it"
        );
        notes.error("identifier-too-long", message);
        return None;
    }
    let project = project(activity, file_name, notes);
    let size = serde_json::to_vec(&project).map_or(usize::MAX, |document| document.len());
    if size > MOST_PROJECT {
        let message = format!(
            "the activity has {size} bytes without its transactions; it was skipped; shorten it"
        );
        notes.error("activity-too-large", message);
        return None;
    }
    Some(project)
}
