//! Readers: the events that they deliver, and the records as an import needs them.

use crate::{Census, Elements, Finding};

/// An event of a reader.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<R> {
    /// A whole record with its findings, in the order of the file.
    Record(Box<R>, Vec<Finding>),
    /// Children of a record that has many: the first time with all that was read of the record
    /// before them, later with its identifier and line alone. The record itself comes last, with
    /// the rest of its children; if it does not come, it could not be read to its end.
    Part(Box<R>),
    /// A finding about a record that was skipped, or about the file.
    Finding(Finding),
}

/// The counts of a file, skipped parts included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Records, also one the file breaks off in.
    pub records: u64,
    /// Children of records.
    pub children: u64,
    /// Elements of all kinds, as far as the file was read.
    pub elements: u64,
    /// Bytes taken from the input.
    pub bytes: u64,
}

/// Reads a file as a stream, and holds one record, or a part of one, at a time. After its last
/// event totals and census are complete.
pub trait Reader: Iterator<Item = Event<Self::Record>> {
    /// The records that it reads.
    type Record: Record;

    /// Returns what was counted so far.
    fn totals(&self) -> Totals;

    /// Returns the elements that the record has no place for. What is delivered is not among them.
    fn into_census(self) -> Census;
}

/// A record that becomes a resource, with children that become resources within it.
pub trait Record {
    /// A child of it; of a format without children, the record itself.
    type Child;

    /// Returns the line of the file where it starts, from 1.
    fn line(&self) -> u64;

    /// Returns what it is called in every file; unique in one.
    fn identifier(&self) -> &str;

    /// Returns its elements that can be recorded, without those of its children.
    fn elements(&self) -> &Elements;

    /// Returns what lies in it, in the order of the file.
    fn children(&self) -> &[Self::Child];

    /// Returns the line where a child starts, and its elements.
    fn origin(child: &Self::Child) -> (u64, &Elements);
}
