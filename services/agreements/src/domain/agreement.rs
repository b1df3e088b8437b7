//! A treaty, protocol, convention, memorandum or declaration.

use std::ops::Deref;

use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::milestone::Kind;
use chronicle::Field;
use facts::check::matches_pattern;
use facts::date::sort_day;
use facts::vocabulary::Vocabulary;
use facts::{Check, ErrorReason};
use standard::described::AGREEMENTS_V1_PARTICIPATION_KIND as PARTS;
use standard::{Rules, Value};

use super::milestone::{Milestone, misplaced, misplaced_scope, signed};
use super::periods::periods;
use super::relation;
use super::state::State;

/// An agreement.
pub type Agreement = Value<wire::Agreement, OfMilestones>;

/// Milestones stand in the order of a life; from them follow the day of the signature and the state
/// on each day.
pub enum OfMilestones {}

impl Rules<wire::Agreement> for OfMilestones {
    fn check(agreement: &mut wire::Agreement, check: &mut Check) {
        if !agreement.provisions.is_empty() {
            check.violation(
                "provisions",
                ErrorReason::TooMany,
                "must be empty: a provision is a resource of its own, see CreateProvision",
            );
        }
        for (place, milestone) in agreement.milestones.iter().enumerate() {
            check_scope(check, place, milestone);
        }
        for (place, relation) in agreement.relations.iter().enumerate() {
            let period = (relation.since.as_ref(), relation.until.as_ref());
            relation::check(check, place, period);
        }
        if check.is_sound("milestones") {
            check_order(check, &Milestone::each(&agreement.milestones));
        }
    }

    fn complete(agreement: &mut wire::Agreement) {
        for milestone in &mut agreement.milestones {
            let is_of_a_party = matches!(milestone.kind(), Kind::Ratified | Kind::Notified);
            milestone.unattributed = is_of_a_party && milestone.party.is_empty();
        }
    }

    fn fields<T: Deref<Target = wire::Agreement>>() -> Vec<Field<T>> {
        vec![
            Field::sorted_day("signed_on", |it: &T| {
                sort_day(signed(&Milestone::all(&it.milestones)))
            }),
            Field::texts("participations", |it: &T| {
                it.participations.iter().flat_map(asked).collect()
            })
            .naming(&["parties/{party}"])
            .spelled(participation),
            Field::periods("status", State::WORDS, |it: &T| {
                periods(&Milestone::all(&it.milestones))
            }),
        ]
    }
}

/// Checks that only what can be of a part says of which.
fn check_scope(check: &mut Check, place: usize, milestone: &wire::Milestone) {
    if !check.is_sound(&format!("milestones[{place}].kind")) {
        return;
    }
    for (field, problem) in misplaced_scope(milestone) {
        let field = format!("milestones[{place}].{field}");
        check.violation(&field, ErrorReason::ScopeNotAllowed, problem);
    }
}

/// Names both milestones of a pair that stands in the wrong order. Only where all could be read: a
/// date that could not be read is none.
fn check_order(check: &mut Check, milestones: &[Milestone]) {
    for (first, second) in misplaced(milestones) {
        for (place, other, relation) in [(first, second, "after"), (second, first, "before")] {
            let (kind, other_kind) = (milestones[place].kind.word(), milestones[other].kind.word());
            let description =
                format!("{kind} cannot come {relation} {other_kind}, which is milestones[{other}]");
            check.violation(
                &format!("milestones[{place}].date"),
                ErrorReason::OrderInvalid,
                description,
            );
        }
    }
}

/// A participation as a filter may ask for it: `parties/kg`, or `parties/kg RATIFIED`.
fn asked(participation: &wire::Participation) -> [String; 2] {
    let part = PARTS.word(participation.kind).unwrap_or_default();
    [participation.party.clone(), format!("{} {part}", participation.party)]
}

/// The one spelling of a party with its part: `parties/kg ratified` → `parties/kg RATIFIED`.
fn participation(asked: &str) -> Result<String, &'static str> {
    let wanted = "a party, or a party and its part, is wanted: \"parties/kg\" or \"parties/kg RATIFIED\"; \
                  the part of anybody is asked with participations.kind:RATIFIED";
    let mut words = asked.split_whitespace();
    let (Some(party), Some(kind), None) = (words.next(), words.next(), words.next()) else {
        return Err(wanted);
    };
    let (party, kind) = (party.to_lowercase(), kind.to_uppercase());
    let kind = kind.trim_start_matches("KIND_");
    let is_pair = matches_pattern(&party, "parties/{party}") && PARTS.words.contains(&kind);
    if is_pair { Ok(format!("{party} {kind}")) } else { Err(wanted) }
}
