//! The status of an agreement → its message.

use api::registan::agreements::v1 as wire;
use facts::Confidence;
use facts::vocabulary::Vocabulary;

use crate::domain::status::Status;

/// The status of an agreement, as its message.
pub fn status_message(status: Status) -> wire::AgreementStatus {
    wire::AgreementStatus {
        state: status.state.number(),
        as_of: Some(status.as_of.into()),
        since: status.since.map(Into::into),
        since_confidence: confidence(status.since_confidence),
        uncertain: status.uncertain,
        at_least: status.range.map_or(0, |(first, _)| first.number()),
        at_most: status.range.map_or(0, |(_, last)| last.number()),
        reason: status.reason,
        suspended: status.suspended,
        applied: status.applied,
    }
}

/// How far something is to be trusted, as its number in the contract.
pub fn confidence(confidence: Option<Confidence>) -> i32 {
    confidence.map_or(0, Vocabulary::number)
}
