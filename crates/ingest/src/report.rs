//! The report of an import: changes and findings.

use formats::{Census, Finding, NotKept, Tally, Totals};
use instruments::table::IMPORTED;

use crate::account::Kept;
use crate::importer::{Importer, Prepared};

/// The changes of a batch, made or, in a dry run, not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Parents recorded for the first time.
    pub created: i64,
    /// Parents of which, or of children of which, a new version was recorded.
    pub updated: i64,
    /// Parents that were already recorded as the file has them.
    pub unchanged: i64,
    /// Children recorded now, for the first time or again.
    pub children_created: i64,
    /// Children that were edited, and are as the file has them again.
    pub children_updated: i64,
    /// Children that the file no longer has.
    pub children_deleted: i64,
}

impl Changes {
    /// Counts a parent.
    pub(crate) fn count(&mut self, created: bool, changed: bool) {
        match (created, changed) {
            (true, _) => self.created += 1,
            (false, true) => self.updated += 1,
            (false, false) => self.unchanged += 1,
        }
    }

    /// Counts them in the metrics of the process.
    pub(crate) fn measure(&self, method: &str) {
        let counts = [
            ("created", self.created),
            ("updated", self.updated),
            ("unchanged", self.unchanged),
            ("children_created", self.children_created),
            ("children_updated", self.children_updated),
            ("children_deleted", self.children_deleted),
        ];
        for (outcome, count) in counts {
            let count = u64::try_from(count).unwrap_or_default();
            IMPORTED.with(&[method, outcome]).add(count);
        }
    }

    /// Adds those of another batch.
    fn add(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.children_created += other.children_created;
        self.children_updated += other.children_updated;
        self.children_deleted += other.children_deleted;
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
    pub kept: Kept,
}

impl Outcome {
    /// Takes note of a record that is not recorded.
    pub fn refuse<I: Importer>(&mut self, prepared: &Prepared<I>, why: Finding) {
        self.findings.push(why);
        self.kept.refuse_all(prepared.accounts());
    }

    /// Adds that of another batch.
    pub fn add(&mut self, other: Self) {
        self.changes.add(other.changes);
        self.findings.extend(other.findings);
        self.kept.add(&other.kept);
    }
}

/// The report of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The counts of the file.
    pub totals: Totals,
    /// Records that were not recorded.
    pub skipped: i64,
    /// Elements that are recorded.
    pub elements_kept: u64,
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
    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.changes.add(outcome.changes);
        self.tally.extend(outcome.findings);
        self.kept.add(&outcome.kept);
    }

    /// Adds what was counted and found while reading.
    pub(crate) fn finish(&mut self, totals: Totals, reading: Tally, mut census: Census) {
        self.totals = totals;
        self.elements_kept = self.kept.settle(&mut census);
        self.not_kept = census.not_kept();
        let recorded = self.changes.created + self.changes.updated + self.changes.unchanged;
        self.skipped = i64::try_from(totals.records).unwrap_or(i64::MAX) - recorded;
        self.tally.merge(reading);
    }
}
