//! What changes the state of an agreement, and between which days it happened.

use std::ptr;

use facts::Day;
use facts::vocabulary::Vocabulary;

use super::milestone::{Milestone, MilestoneKind};
use super::state::{State, leads_to};

/// Those of the milestones that count for a party: an end that names a party is an end for that party alone, and takes the place
/// of the end for all.
pub fn of_party<'a>(milestones: Vec<&'a Milestone>, party: &str) -> Vec<&'a Milestone> {
    let ends_for = |party: &str| {
        let ended = |one: &&Milestone| one.kind.ends() && one.party == party;
        !party.is_empty() && milestones.iter().any(ended)
    };
    let counted = if ends_for(party) { party } else { "" };
    milestones.into_iter().filter(|one| !one.kind.ends() || one.party == counted).collect()
}

/// A milestone that changes the state, and the days between which it happened.
pub struct Move<'a> {
    /// The milestone.
    pub milestone: &'a Milestone,
    /// The state it leads to.
    pub state: State,
    /// The first day it can have happened.
    pub earliest: Day,
    /// The last.
    pub latest: Day,
}

/// What changes the state, in the order in which it has happened at the latest. A suspension of a part does not.
pub fn moves<'a>(followed: &[&'a Milestone]) -> Vec<Move<'a>> {
    let leading = followed.iter().filter(|milestone| !milestone.suspends_a_part());
    let moving: Vec<(&Milestone, State)> =
        leading.filter_map(|milestone| Some((*milestone, leads_to(milestone.kind)?))).collect();
    let breaks = breaks(&moving);
    let mut moves: Vec<Move<'_>> = Vec::with_capacity(moving.len());
    for (milestone, state) in &moving {
        let (earliest, latest) = narrowed(milestone, &moving);
        let mut ended = breaks.iter().filter(|(begun, _)| ptr::eq(*begun, *milestone));
        let end =
            ended.next().and_then(|(_, ended)| *ended).map_or(Day::LAST, |it| it.date.latest());
        let latest = latest.min(end);
        moves.push(Move { milestone, state: *state, earliest: earliest.min(latest), latest });
    }
    let turn = |one: &Milestone| {
        let mut turns = breaks.iter().flat_map(|(begun, ended)| [Some(*begun), *ended]);
        turns.position(|other| other.is_some_and(|other| ptr::eq(other, one)))
    };
    moves.sort_by_key(|one| (one.latest, rank(one), turn(one.milestone)));
    moves
}

/// The place of a move among those of one day: the end of a break stands beside its begin.
const fn rank(one: &Move<'_>) -> u8 {
    match one.milestone.kind {
        MilestoneKind::NegotiationsResumed => State::Paused.rank(),
        MilestoneKind::SuspensionLifted => State::Suspended.rank(),
        _ => one.state.rank(),
    }
}

/// The pauses and suspensions in their order, each with what ended it: the first that can have come after it and ended none before.
fn breaks<'a>(moving: &[(&'a Milestone, State)]) -> Vec<(&'a Milestone, Option<&'a Milestone>)> {
    use MilestoneKind::{NegotiationsPaused, NegotiationsResumed, Suspended, SuspensionLifted};
    let of = |kind| moving.iter().map(|(one, _)| *one).filter(move |one| one.kind == kind);
    let mut breaks = Vec::new();
    for (begin, end) in [(NegotiationsPaused, NegotiationsResumed), (Suspended, SuspensionLifted)] {
        let (mut begun, mut ends): (Vec<_>, Vec<_>) = (of(begin).collect(), of(end).collect());
        begun.sort_by_key(|one| (one.date.earliest(), one.date.latest()));
        ends.sort_by_key(|one| (one.date.latest(), one.date.earliest()));
        let mut ends = ends.into_iter();
        for one in begun {
            breaks.push((one, ends.find(|end| end.date.latest() >= one.date.earliest())));
        }
    }
    breaks
}

/// Between which days it happened: not before what comes before it in the life of an agreement, and not after what comes after. What
/// is known to have happened by a day has happened after the milestone before it. What is suspended as a whole has entered into
/// force, unless it was applied provisionally.
fn narrowed(milestone: &Milestone, among: &[(&Milestone, State)]) -> (Day, Day) {
    let (mut earliest, mut latest) = (milestone.date.earliest(), milestone.date.latest());
    if earliest == latest {
        return (earliest, latest);
    }
    let open = earliest == Day::FIRST;
    let enters = milestone.kind == MilestoneKind::InForce;
    let applied = among.iter().any(|(_, state)| *state == State::ProvisionallyApplied);
    for (other, _) in among.iter().filter(|(other, _)| !ptr::eq(*other, milestone)) {
        let (first, last) = (other.date.earliest(), other.date.latest());
        let before = other.precedes(milestone);
        let suspends = enters && other.kind == MilestoneKind::Suspended;
        let lifts = enters && other.kind == MilestoneKind::SuspensionLifted;
        let after = milestone.precedes(other) || (suspends && !applied && earliest <= last);
        let may_follow = open && !after && !suspends && !lifts;
        let earlier = before || (may_follow && last < milestone.date.latest());
        if earlier && first != Day::FIRST {
            earliest = earliest.max(if open { first.next() } else { first });
        }
        if after {
            latest = latest.min(last);
        }
    }
    (earliest.min(latest), latest)
}

/// Between which days the suspension of a part was lifted: by the first lifting that can have come after it. One that can have come
/// before it counts only where it ends no earlier suspension of a part.
pub fn lifting(part: &Milestone, followed: &[&Milestone]) -> (Day, Day) {
    let from = part.date.earliest();
    let lifted = || followed.iter().filter(|one| one.kind == MilestoneKind::SuspensionLifted);
    let first = |day: Day| lifted().map(|one| one.date.latest()).filter(|last| *last >= day).min();
    let before = |one: &&&Milestone| one.suspends_a_part() && one.date.earliest() < from;
    let ends_another = |last: Day| {
        followed.iter().filter(before).any(|one| first(one.date.earliest()) == Some(last))
    };
    let ends = |last: Day| last > part.date.latest() || (last >= from && !ends_another(last));
    let found = lifted().filter(|one| ends(one.date.latest())).min_by_key(|one| one.date.latest());
    found.map_or((Day::LAST, Day::LAST), |one| (one.date.earliest(), one.date.latest()))
}

/// Between which days something happened, in words.
pub fn span(kind: MilestoneKind, earliest: Day, latest: Day) -> String {
    let word = kind.word();
    if earliest == Day::FIRST {
        format!("{word} by {latest}, and nothing is recorded before it")
    } else if latest == Day::LAST {
        format!("{word} on {earliest} or later")
    } else {
        format!("{word} between {earliest} and {latest}")
    }
}
