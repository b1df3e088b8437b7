//! The report of an import: changes and findings.

use formats::{Census, Finding, NotKept, Tally, Totals};

use super::account::Kept;
use super::read::Prepared;

/// The changes of a batch, made or, in a dry run, not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Projects recorded for the first time.
    pub created: i64,
    /// Projects of which a new version, or another set of transactions, was recorded.
    pub updated: i64,
    /// Projects that were already recorded as the file has them.
    pub unchanged: i64,
    /// Transactions recorded now.
    pub transactions_created: i64,
    /// Transactions that the file no longer has.
    pub transactions_deleted: i64,
}

impl Changes {
    /// Adds those of another batch.
    pub(super) fn add(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.transactions_created += other.transactions_created;
        self.transactions_deleted += other.transactions_deleted;
    }
}

/// The outcome of a batch.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The changes.
    pub changes: Changes,
    /// The findings: what could not be recorded.
    pub findings: Vec<Finding>,
    /// The account of its elements.
    pub(super) kept: Kept,
}

impl Outcome {
    /// Takes note of an activity that is not recorded.
    pub(super) fn refuse(&mut self, prepared: &Prepared, why: Finding) {
        self.findings.push(why);
        self.kept.refuse_all(prepared);
    }

    /// Adds that of another batch.
    pub(super) fn add(&mut self, other: Self) {
        self.changes.add(other.changes);
        self.findings.extend(other.findings);
        self.kept.add(&other.kept);
    }
}

/// The report of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Activities in the file.
    pub activities: i64,
    /// Transactions in the file.
    pub transactions: i64,
    /// Activities that were not recorded.
    pub skipped: i64,
    /// Bytes read.
    pub bytes: i64,
    /// Elements in the file, as far as it was read.
    pub elements: i64,
    /// The elements that are recorded.
    pub elements_kept: i64,
    /// The others by their paths, and attributes of those that are recorded.
    pub not_kept: Vec<NotKept>,
    kept: Kept,
    /// The changes.
    pub changes: Changes,
    /// The findings, counted.
    pub tally: Tally,
    /// The instant of the record after it.
    pub read_time: i64,
}

impl Report {
    /// Adds what a batch changed and found.
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.changes.add(outcome.changes);
        self.tally.extend(outcome.findings);
        self.kept.add(&outcome.kept);
    }

    /// Adds what was counted and found while reading.
    pub(super) fn finish(&mut self, totals: Totals, reading: Tally, mut census: Census) {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.activities = count(totals.records);
        self.transactions = count(totals.children);
        self.bytes = count(totals.bytes);
        self.elements = count(totals.elements);
        self.elements_kept = count(self.kept.settle(&mut census));
        self.not_kept = census.not_kept();
        let recorded = self.changes.created + self.changes.updated + self.changes.unchanged;
        self.skipped = self.activities - recorded;
        self.tally.merge(reading);
    }
}
