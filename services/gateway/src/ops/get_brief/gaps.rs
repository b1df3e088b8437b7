//! The gaps of a part, for programs and for people.

use api::registan::partnership::v1::PartStatus;
use api::registan::partnership::v1::part_status::{Completeness, Gap, GapKind};
use prost_types::Timestamp;

/// The gaps of a part, so far.
#[derive(Clone, Debug, Default)]
pub struct Gaps(Vec<Gap>);

impl Gaps {
    /// Adds something that is not there.
    pub fn add(&mut self, kind: GapKind, description: impl Into<String>) {
        self.0.push(Gap { kind: kind.into(), description: description.into() });
    }

    /// Adds what is not known of some things, if it is of any.
    pub fn add_some(&mut self, kind: GapKind, count: usize, description: impl FnOnce() -> String) {
        if count > 0 {
            self.add(kind, description());
        }
    }

    /// Adds what another part of the answer lacks.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The status of a part that is there.
    pub fn there(self, read_time: Option<Timestamp>) -> PartStatus {
        let completeness =
            if self.0.is_empty() { Completeness::Complete } else { Completeness::Partial };
        self.status(completeness, read_time)
    }

    /// The status of a part that is missing.
    pub fn missing(kind: GapKind, reason: impl Into<String>) -> PartStatus {
        let mut gaps = Self::default();
        gaps.add(kind, reason);
        gaps.status(Completeness::Missing, None)
    }

    fn status(self, completeness: Completeness, read_time: Option<Timestamp>) -> PartStatus {
        let descriptions = self.0.iter().map(|gap| gap.description.as_str());
        let reason = descriptions.collect::<Vec<_>>().join("; ");
        PartStatus { completeness: completeness.into(), read_time, reason, gaps: self.0 }
    }
}
