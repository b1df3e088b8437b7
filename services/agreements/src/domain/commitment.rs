//! What a framework promises, and what became of it.

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Check, ErrorReason};
use standard::{Rules, Value};

/// A commitment.
pub type Commitment = Value<wire::Commitment, OfEvidence>;

/// Evidence is of the past and in its order, and the last of it decides.
pub enum OfEvidence {}

impl Rules<wire::Commitment> for OfEvidence {
    fn check(commitment: &mut wire::Commitment, check: &mut Check) {
        let mut before = None;
        for (place, evidence) in commitment.evidence.iter().enumerate() {
            let Some(observed) = checked_date(evidence.observed.as_ref()) else { continue };
            let field = format!("evidence[{place}].observed");
            if check.is_future(&observed) {
                check.violation(&field, ErrorReason::InTheFuture, "lies in the future");
            }
            if before.is_some_and(|before| observed.latest() < before) {
                check.violation(&field, ErrorReason::OrderInvalid, "lies before the one before");
            }
            before = Some(observed.earliest());
        }
        let last = commitment.evidence.last().map(|evidence| evidence.state);
        if check.is_sound("state") && last.is_some_and(|last| last != commitment.state) {
            let description = "must be that of the last evidence";
            check.violation("state", ErrorReason::OrderInvalid, description);
        }
    }
}
