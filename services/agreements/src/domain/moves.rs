//! What changes the state of an agreement, and between which days it happened.

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
    let mut moves: Vec<Move<'_>> = Vec::with_capacity(moving.len());
    for (milestone, state) in &moving {
        let (earliest, latest) = narrowed(milestone, &moving);
        moves.push(Move { milestone, state: *state, earliest, latest });
    }
    moves.sort_by_key(|one| (one.latest, one.state.rank()));
    moves
}

/// Between which days it happened: not before what comes before it in the life of an agreement, and not after what comes after. What
/// is known to have happened by a day has happened after the milestone before it.
fn narrowed(milestone: &Milestone, among: &[(&Milestone, State)]) -> (Day, Day) {
    let (mut earliest, mut latest) = (milestone.date.earliest(), milestone.date.latest());
    if earliest == latest {
        return (earliest, latest);
    }
    let open = earliest == Day::FIRST;
    for (other, _) in among.iter().filter(|(other, _)| !std::ptr::eq(*other, milestone)) {
        let (first, last) = (other.date.earliest(), other.date.latest());
        let before = other.kind.precedes(milestone.kind);
        let after = milestone.kind.precedes(other.kind);
        let earlier = before || (open && !after && last < milestone.date.latest());
        if earlier && first != Day::FIRST {
            earliest = earliest.max(if open { first.next() } else { first });
        }
        if after {
            latest = latest.min(last);
        }
    }
    (earliest.min(latest), latest)
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
