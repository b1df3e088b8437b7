//! The thread that reads: bytes in, batches of whole records out; of a record of many children, its
//! parts.

use std::io::Read;

use formats::{Census, Elements, Event, Finding, Reader, Record, Severity, Tally, Totals};
use tokio::sync::mpsc::Sender;

use crate::account::{Account, elements};
use crate::children::{Seen, children};
use crate::importer::{Importer, Prepared};
use crate::notes::{MAX_IDENTIFIER, Notes, finding};
use crate::write::{MAX_BYTES, size};

/// A batch ends when it has this many records, children or bytes of the file: enough that a commit
/// costs little, few enough that three batches at once take little memory, and that who waits for
/// the record waits a fraction of a second.
const MAX_RECORDS: usize = 100;
const MAX_CHILDREN: usize = 1000;
const MAX_FILE_BYTES: u64 = 4 << 20;

/// A message of the reading thread.
pub enum Batch<I: Importer> {
    /// Whole records.
    Whole(Vec<Prepared<I>>),
    /// A part of one.
    Part(Box<Prepared<I>>, Turn),
}

/// Where a part stands in its record.
pub enum Turn {
    /// It is the first: the parent is as far as the file was read.
    First,
    /// It is neither; the parent is that of the first.
    Middle,
    /// It is the last: the parent is whole, and these are all children of the file.
    Last(Seen),
}

/// Reads a file and sends its batches. Stops early if nobody takes them.
pub fn read<I: Importer>(
    importer: &I,
    file: impl Read,
    batches: &Sender<Batch<I>>,
) -> (Totals, Tally, Census) {
    let mut reader = importer.open(file);
    let mut reading = Reading {
        importer,
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
            Event::Record(record, findings) => {
                reading.tally.extend(findings);
                reading.record(&record, bytes)
            }
            Event::Part(record) => reading.part(&record, bytes),
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

/// A record of which parts were sent.
struct Large<I: Importer> {
    /// No other record of the file has it, though all may stand on one line.
    identifier: String,
    line: u64,
    /// Absent if it cannot be recorded.
    parent: Option<I::Parent>,
    seen: Seen,
    /// The elements of its parts besides children. The last part counts them as recorded: it has
    /// all that they say.
    pending: Elements,
    /// The findings about the parent so far: the last part makes them again.
    withheld: Vec<Finding>,
}

/// The part that was read and not sent yet.
struct Reading<'a, I: Importer> {
    importer: &'a I,
    batches: &'a Sender<Batch<I>>,
    tally: Tally,
    batch: Vec<Prepared<I>>,
    /// Bytes of the file before the batch.
    begun: u64,
    large: Option<Large<I>>,
    /// Elements of what cannot be recorded.
    refused: Elements,
}

impl<I: Importer> Reading<'_, I> {
    /// Takes a whole record, or what is left of one that came in parts. False if nobody wants more.
    fn record(&mut self, record: &I::Record, bytes: u64) -> bool {
        if let Some(large) = self.large.take_if(|large| large.identifier == record.identifier()) {
            return self.last(record, large);
        }
        self.give_up();
        let (prepared, notes) = self.prepare(record, &mut Seen::new(I::MARK));
        self.note(notes);
        self.batch.extend(prepared);
        let children: usize = self.batch.iter().map(|it| it.children.len()).sum();
        let full = self.batch.len() >= MAX_RECORDS
            || children >= MAX_CHILDREN
            || bytes - self.begun >= MAX_FILE_BYTES;
        !full || self.flush(bytes)
    }

    /// Takes what is left of a record of which parts were sent. False if nobody wants more.
    fn last(&mut self, record: &I::Record, large: Large<I>) -> bool {
        let Large { parent, mut seen, pending, .. } = large;
        if parent.is_none() {
            self.refused.append(&elements(record));
            return true;
        }
        let (prepared, notes) = self.prepare(record, &mut seen);
        self.note(notes);
        let Some(mut prepared) = prepared else {
            self.refused.append(&pending);
            return true;
        };
        prepared.account.elements.append(&pending);
        self.send(Batch::Part(Box::new(prepared), Turn::Last(seen)))
    }

    /// Counts as not recorded what waits for the last part of a record: none comes. The children of
    /// before that the file may no longer have stand beside those that were read.
    fn give_up(&mut self) {
        let Some(large) = self.large.take() else { return };
        self.refused.append(&large.pending);
        self.tally.extend(large.withheld);
        let Some(parent) = large.parent else { return };
        let (record, child) = (I::WORDS.record, I::WORDS.child);
        let message = format!(
            "the {record} was not read to its end: {child}s that were recorded before stand beside those that were read, so that sums may count them twice; import the whole file again"
        );
        let identifier = I::identifier(&parent);
        let found = finding(Severity::Error, "read-in-part", large.line, identifier, message);
        self.tally.extend([found]);
    }

    /// Takes a part of a record. False if nobody wants more.
    fn part(&mut self, record: &I::Record, bytes: u64) -> bool {
        if let Some(large) = self.large.as_mut().filter(|it| it.identifier == record.identifier()) {
            let Some(parent) = large.parent.clone() else {
                self.refused.append(&elements(record));
                return true;
            };
            large.pending.append(record.elements());
            let mut notes = Notes::new(record);
            let children = children(self.importer, record, &parent, &mut large.seen, &mut notes);
            self.note(notes);
            let account = Account::default();
            let prepared = Prepared { line: record.line(), parent, account, children };
            return self.send(Batch::Part(Box::new(prepared), Turn::Middle));
        }
        self.give_up();
        let mut seen = Seen::new(I::MARK);
        let (mut prepared, mut notes) = self.prepare(record, &mut seen);
        let withheld =
            if prepared.is_some() { std::mem::take(&mut notes.of_parent) } else { vec![] };
        self.note(notes);
        // The account of the parent is counted with the last part.
        let account = prepared.as_mut().map(|it| std::mem::take(&mut it.account));
        let pending = account.unwrap_or_default().elements;
        let parent = prepared.as_ref().map(|it| it.parent.clone());
        let (identifier, line) = (record.identifier().to_owned(), record.line());
        self.large = Some(Large { identifier, line, parent, seen, pending, withheld });
        self.flush(bytes)
            && prepared.is_none_or(|it| self.send(Batch::Part(Box::new(it), Turn::First)))
    }

    /// Makes of a record what it would be recorded as, and the findings; nothing if it cannot be.
    fn prepare(&self, record: &I::Record, seen: &mut Seen) -> (Option<Prepared<I>>, Notes) {
        let mut notes = Notes::new(record);
        let parent = parent(self.importer, record, &mut notes);
        notes.of_parent = std::mem::take(&mut notes.found);
        if parent.is_none() {
            notes.refused.append(&elements(record));
        }
        let prepared = parent.map(|parent| {
            let lost = std::mem::take(&mut notes.lost);
            let account = Account { elements: record.elements().clone(), lost };
            let children = children(self.importer, record, &parent, seen, &mut notes);
            Prepared { line: record.line(), parent, account, children }
        });
        (prepared, notes)
    }

    /// Takes over what was found in a record.
    fn note(&mut self, notes: Notes) {
        self.tally.extend(notes.of_parent);
        self.tally.extend(notes.found);
        self.refused.append(&notes.refused);
    }

    /// Sends the batch, if there is one.
    fn flush(&mut self, bytes: u64) -> bool {
        self.begun = bytes;
        let batch = std::mem::take(&mut self.batch);
        batch.is_empty() || self.send(Batch::Whole(batch))
    }

    /// An error says that the import was given up: then nobody reads what the thread returns
    /// either.
    fn send(&self, batch: Batch<I>) -> bool {
        self.batches.blocking_send(batch).is_ok()
    }
}

/// Makes the parent of a record; nothing, and a finding, if it cannot be recorded.
fn parent<I: Importer>(importer: &I, record: &I::Record, notes: &mut Notes) -> Option<I::Parent> {
    let words = I::WORDS;
    if record.identifier().len() > MAX_IDENTIFIER {
        let message = format!(
            "the identifier is longer than {MAX_IDENTIFIER} bytes; the {} was skipped; shorten it",
            words.record
        );
        notes.error("identifier-too-long", message);
        return None;
    }
    let parent = importer.parent(record, notes);
    let size = size(&parent);
    if size > MAX_BYTES {
        let message = format!(
            "the {} has {size} bytes without its {}s; it was skipped; shorten it",
            words.record, words.child
        );
        notes.error(words.record_too_large, message);
        return None;
    }
    Some(parent)
}
