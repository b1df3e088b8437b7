//! Promises of a framework, and what became of them.

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

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1 as wire;
    use api::registan::agreements::v1::commitment::State;
    use api::registan::r#type::v1 as types;
    use facts::{Check, Day, PartialDate};
    use standard::Rules;

    use super::OfEvidence;

    /// The violations of a commitment in a state, with evidence of these years, seen in 2024.
    fn violations(state: State, evidence: &[(State, i32)]) -> Vec<String> {
        let seen = |(state, year): &(State, i32)| wire::CommitmentEvidence {
            state: (*state).into(),
            observed: PartialDate::new(*year, 0, 0).map(types::PartialDate::from),
            ..wire::CommitmentEvidence::default()
        };
        let mut commitment = wire::Commitment {
            state: state.into(),
            evidence: evidence.iter().map(seen).collect(),
            ..wire::Commitment::default()
        };
        let mut check = Check::default().on(Some(Day(20_240_630)));
        OfEvidence::check(&mut commitment, &mut check);
        let found = check.finish().into_iter();
        found.map(|one| format!("{} {}", one.field, one.reason.as_str_name())).collect()
    }

    #[test]
    fn the_last_evidence_decides_and_none_is_to_come() {
        use State::{Done, Made, UnderWay};
        assert!(violations(Made, &[]).is_empty());
        assert!(violations(Done, &[(UnderWay, 2022), (UnderWay, 2022), (Done, 2023)]).is_empty());
        let wrong = violations(UnderWay, &[(UnderWay, 2022), (Done, 2023)]);
        assert_eq!(wrong, ["state ORDER_INVALID"]);
        let backwards = violations(Done, &[(UnderWay, 2023), (Done, 2022)]);
        assert_eq!(backwards, ["evidence[1].observed ORDER_INVALID"]);
        assert_eq!(violations(Done, &[(Done, 2025)]), ["evidence[0].observed IN_THE_FUTURE"]);
    }
}
