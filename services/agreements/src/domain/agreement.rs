//! A treaty, protocol, convention, memorandum or declaration.

use std::ops::Deref;

use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::entry_into_force_rule::Event;
use api::registan::agreements::v1::milestone::Kind;
use chronicle::Field;
use facts::check::matches_pattern;
use facts::date::sort_day;
use facts::vocabulary::Vocabulary;
use facts::{Check, ErrorReason};
use standard::described::AGREEMENTS_V1_PARTICIPATION_KIND as PARTS;
use standard::{Rules, Value};

use super::milestone::{Milestone, misplaced, misplaced_scope, signed, unfounded};
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
        check_counts(check, agreement);
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

/// Checks that no more had acted than are counted, and that only a rule that counts deposits has a
/// number of them.
fn check_counts(check: &mut Check, agreement: &wire::Agreement) {
    for (place, tally) in agreement.tallies.iter().enumerate() {
        if tally.done > tally.of {
            let field = format!("tallies[{place}].done");
            check.violation(&field, ErrorReason::NumberInvalid, "must not be more than `of`");
        }
    }
    let Some(rule) = &agreement.entry_into_force else { return };
    match (rule.event() == Event::NthDeposit, rule.count) {
        (true, 0) => {
            let description = "must be given: after which deposit it enters into force";
            check.violation("entry_into_force.count", ErrorReason::Required, description);
        }
        (false, 1..) => {
            let description = "must be 0: only NTH_DEPOSIT counts deposits";
            check.violation("entry_into_force.count", ErrorReason::NumberInvalid, description);
        }
        _ => {}
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

/// Names both milestones of a pair that stands in the wrong order, and those that need another
/// before them. Only where all could be read: a date that could not be read is none.
fn check_order(check: &mut Check, milestones: &[Milestone]) {
    for (place, problem) in unfounded(milestones) {
        check.violation(&format!("milestones[{place}].kind"), ErrorReason::OrderInvalid, problem);
    }
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

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1 as wire;
    use facts::Check;
    use standard::Served;
    use wire::entry_into_force_rule::Event;

    use super::Agreement;

    fn violations(change: impl FnOnce(&mut wire::Agreement)) -> Vec<String> {
        let mut agreement = wire::Agreement {
            tallies: vec![wire::RatificationTally::default()],
            entry_into_force: Some(wire::EntryIntoForceRule::default()),
            ..wire::Agreement::default()
        };
        change(&mut agreement);
        let mut check = Check::new("agreement");
        Agreement::read(&mut check, "agreements/x".to_owned(), agreement);
        let found = check.finish().into_iter();
        let found = found.map(|one| format!("{} {}", one.field, one.reason.as_str_name()));
        found.filter(|one| one.contains(".done") || one.contains(".count")).collect()
    }

    #[test]
    fn no_more_have_acted_than_are_counted() {
        let counted = |done, of| {
            violations(|it| {
                (it.tallies[0].done, it.tallies[0].of) = (done, of);
            })
        };
        assert_eq!(counted(5, 2), ["agreement.tallies[0].done NUMBER_INVALID"]);
        assert!(counted(2, 2).is_empty() && counted(0, 2).is_empty());
    }

    #[test]
    fn only_a_rule_that_counts_deposits_has_a_number_of_them() {
        let rule = |event: Event, count| {
            violations(|it| {
                let rule = it.entry_into_force.get_or_insert_default();
                (rule.event, rule.count) = (event.into(), count);
            })
        };
        let number = "agreement.entry_into_force.count NUMBER_INVALID";
        assert_eq!(rule(Event::LastDeposit, 3), [number]);
        assert_eq!(rule(Event::LastNotification, 1), [number]);
        let required = "agreement.entry_into_force.count REQUIRED";
        assert_eq!(rule(Event::NthDeposit, 0), [required]);
        assert!(rule(Event::NthDeposit, 3).is_empty() && rule(Event::LastDeposit, 0).is_empty());
    }
}
