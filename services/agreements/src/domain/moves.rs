//! The moves that change the state of an agreement, and between which days each happened.

use std::collections::HashMap;
use std::ptr;

use facts::Day;
use facts::vocabulary::Vocabulary;

use super::milestone::{Milestone, MilestoneKind, signature};
use super::state::{State, leads_to};

/// The milestones that count for a party. An entry into force, a provisional application or an end
/// that names a party is of that party alone, and takes the place of the one for all. Of several
/// signatures one counts, for every party.
pub fn of_party<'a>(milestones: Vec<&'a Milestone>, party: &str) -> Vec<&'a Milestone> {
    let is_own = |one: &&&Milestone| !party.is_empty() && one.party == party;
    let own = milestones.iter().filter(is_own).filter_map(|one| turn(one.kind));
    let own: Vec<MilestoneKind> = own.collect();
    let counted = |turn| if own.contains(&turn) { party } else { "" };
    let signature = signature(&milestones);
    let counts = |one: &&Milestone| match one.kind {
        MilestoneKind::Signed => signature.is_some_and(|signed| ptr::eq(signed, *one)),
        kind => turn(kind).is_none_or(|turn| one.party == counted(turn)),
    };
    milestones.into_iter().filter(counts).collect()
}

/// The turn in the life of an agreement that a party can take by itself: one kind stands for all
/// ends.
fn turn(kind: MilestoneKind) -> Option<MilestoneKind> {
    match kind {
        MilestoneKind::ProvisionallyApplied | MilestoneKind::InForce => Some(kind),
        kind if kind.ends() => Some(MilestoneKind::Terminated),
        _ => None,
    }
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

impl Move<'_> {
    /// Returns why it is not certain whether it has happened, in words.
    pub fn doubt(&self) -> String {
        if self.milestone.perhaps {
            let word = self.milestone.kind.word();
            return format!("it is not certain that {word} was known by then");
        }
        span(self.milestone.kind, self.earliest, self.latest)
    }

    /// Returns whether it is the beginning of provisional application.
    pub fn applies(&self) -> bool {
        self.state == State::ProvisionallyApplied
    }
}

/// A pause or a suspension, and what ended it.
pub type Break<'a> = (&'a Milestone, Option<&'a Milestone>);

/// The moves that change the state, in the order in which they have happened at the latest. A
/// suspension or a lifting of a part does not, and neither does a lifting that does not say what it
/// ends, where others say that they ended what was suspended.
pub fn moves<'a>(followed: &[&'a Milestone]) -> Vec<Move<'a>> {
    use MilestoneKind::{NegotiationsPaused, NegotiationsResumed, Suspended, SuspensionLifted};
    let ended = ended_by_name(followed);
    let suspends = |one: &Milestone| one.kind == Suspended && !one.suspends_a_part();
    let is_ended = |one: &Milestone| ended.iter().any(|begun| ptr::eq(*begun, one));
    let all_ended = !ended.is_empty() && followed.iter().all(|one| !suspends(one) || is_ended(one));
    let of_a_part = |one: &Milestone| {
        let is_silent = one.kind == SuspensionLifted && !one.lifts_by_name();
        one.suspends_a_part() || one.lifts_a_part() || (is_silent && all_ended)
    };
    let leading = followed.iter().copied().filter(|one| !of_a_part(one));
    let moving: Vec<&Milestone> = leading.filter(|one| leads_to(one.kind).is_some()).collect();
    let mut breaks = breaks(&moving, NegotiationsPaused, NegotiationsResumed);
    breaks.extend(self::breaks(&moving, Suspended, SuspensionLifted));
    let dated = |milestone: &&'a Milestone| {
        let (earliest, latest) = narrowed(milestone, &moving, &breaks);
        Some(Move { milestone, state: leads_to(milestone.kind)?, earliest, latest })
    };
    let mut moves: Vec<Move<'_>> = moving.iter().filter_map(dated).collect();
    let turns = breaks.iter().flat_map(|(begun, ended)| [Some(*begun), *ended]);
    let turns = turns.enumerate().filter_map(|(turn, one)| Some((ptr::from_ref(one?), turn)));
    let turns: HashMap<*const Milestone, usize> = turns.collect();
    let turn = |one: &Milestone| turns.get(&ptr::from_ref(one));
    moves.sort_by_key(|one| (one.latest, rank(one.milestone.kind), turn(one.milestone)));
    moves
}

/// The place of a milestone in the life of an agreement: the end of a break stands beside its
/// begin.
fn rank(kind: MilestoneKind) -> u8 {
    match kind {
        MilestoneKind::NegotiationsResumed => State::Paused.rank(),
        MilestoneKind::SuspensionLifted => State::Suspended.rank(),
        _ => leads_to(kind).map_or(0, State::rank),
    }
}

/// The breaks of a kind in their order, each with what ended it: the first that can have come after
/// it and ended none before.
pub fn breaks<'a>(
    among: &[&'a Milestone],
    begin: MilestoneKind,
    end: MilestoneKind,
) -> Vec<Break<'a>> {
    let of = |kind| among.iter().copied().filter(move |one| one.kind == kind);
    let (mut starts, mut ends): (Vec<_>, Vec<_>) = (of(begin).collect(), of(end).collect());
    starts.sort_by_key(|one| (one.date.earliest(), one.date.latest()));
    ends.sort_by_key(|one| (one.date.latest(), one.date.earliest()));
    let mut ends = ends.into_iter();
    let mut ended = |one: &Milestone| ends.find(|end| end.date.latest() >= one.date.earliest());
    starts.into_iter().map(|one| (one, ended(one))).collect()
}

/// Between which days it happened: not after what comes after it in the life of an agreement, and
/// not before what comes before. What is known to have happened by a day has happened after the
/// milestone before it. What is paused has been opened, and what is suspended as a whole has
/// entered into force, unless it was applied provisionally.
fn narrowed(milestone: &Milestone, among: &[&Milestone], breaks: &[Break<'_>]) -> (Day, Day) {
    let (earliest, latest) = (milestone.date.earliest(), milestone.date.latest());
    if earliest == latest {
        return (earliest, latest);
    }
    let open = earliest == Day::FIRST;
    let applied = among.iter().any(|one| one.kind == MilestoneKind::ProvisionallyApplied);
    let is_broken_by = |other: &Milestone| match milestone.kind {
        MilestoneKind::NegotiationsOpened => other.kind == MilestoneKind::NegotiationsPaused,
        MilestoneKind::InForce => other.kind == MilestoneKind::Suspended && !applied,
        _ => false,
    };
    let comes_before = |other: &Milestone| {
        milestone.precedes(other) || (is_broken_by(other) && earliest <= other.date.latest())
    };
    let others = || among.iter().copied().filter(|other| !ptr::eq(*other, milestone));
    let of_it = breaks.iter().filter(|(begun, _)| ptr::eq(*begun, milestone));
    let later = others().filter(|other| comes_before(other)).chain(of_it.filter_map(|one| one.1));
    let latest = later.fold(latest, |latest, other| latest.min(other.date.latest()));

    let place = rank(milestone.kind);
    let may_follow = |other: &Milestone| {
        open && !comes_before(other) && rank(other.kind) <= place && other.date.latest() < latest
    };
    let earlier = others().filter(|other| other.precedes(milestone) || may_follow(other));
    let begun = earlier.map(|other| other.date.earliest()).filter(|first| *first != Day::FIRST);
    let after = begun.map(|first| if open { first.next() } else { first });
    (after.fold(earliest, Day::max).min(latest), latest)
}

/// The suspensions of the whole that are ended by liftings which say so.
pub fn ended_by_name<'a>(followed: &[&'a Milestone]) -> Vec<&'a Milestone> {
    if !followed.iter().any(|one| one.whole) {
        return Vec::new();
    }
    let counts = |one: &Milestone| match one.kind {
        MilestoneKind::Suspended => !one.suspends_a_part(),
        _ => one.whole,
    };
    let counted: Vec<&Milestone> = followed.iter().copied().filter(|one| counts(one)).collect();
    let breaks = breaks(&counted, MilestoneKind::Suspended, MilestoneKind::SuspensionLifted);
    breaks.into_iter().filter_map(|(begun, ended)| ended.map(|_| begun)).collect()
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
