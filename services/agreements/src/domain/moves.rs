//! The moves that change the state of an agreement, and between which days each happened.

use std::ptr;

use facts::Day;
use facts::vocabulary::Vocabulary;

use super::milestone::{Milestone, MilestoneKind};
use super::state::{State, leads_to};

/// The milestones that count for a party: an end that names a party is an end for that party alone,
/// and takes the place of the end for all.
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

/// A pause or a suspension, and what ended it.
type Break<'a> = (&'a Milestone, Option<&'a Milestone>);

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
    let turn = |one: &Milestone| {
        let mut turns = breaks.iter().flat_map(|(begun, ended)| [Some(*begun), *ended]);
        turns.position(|other| other.is_some_and(|other| ptr::eq(other, one)))
    };
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
fn breaks<'a>(among: &[&'a Milestone], begin: MilestoneKind, end: MilestoneKind) -> Vec<Break<'a>> {
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
fn ended_by_name<'a>(followed: &[&'a Milestone]) -> Vec<&'a Milestone> {
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

/// How the suspension of a part ended by a lifting that says so. It ends all that was suspended of
/// the part until then; one of which it is not known whether it came before or after need not be
/// it, unless it can have ended nothing else.
fn lifting_by_name<'a>(part: &'a Milestone, followed: &[&'a Milestone]) -> Option<Lifting<'a>> {
    let is_it = |one: &&Milestone| {
        one.lifts_by_name()
            && (one.whole || one.is_of_the_part(part))
            && one.date.latest() >= part.date.earliest()
    };
    let ended_another = |by: &Milestone| {
        let is_rival = |one: &&Milestone| {
            one.kind == MilestoneKind::Suspended
                && !ptr::eq(*one, part)
                && (by.whole || one.is_of_the_part(part))
                && one.date.earliest() <= by.date.latest()
        };
        followed.iter().copied().any(|one| is_rival(&one))
    };
    let ends = || followed.iter().copied().filter(is_it);
    let is_sure = |by: &&Milestone| by.date.earliest() >= part.date.latest() || !ended_another(by);
    let sure = ends().filter(is_sure).min_by_key(|by| by.date.latest());
    let milestone = sure.or_else(|| ends().next())?;
    Some(Lifting {
        milestone,
        earliest: ends().map(|by| by.date.earliest()).min()?,
        latest: sure.map_or(Day::LAST, |by| by.date.latest()),
        is_shared: false,
        open: Vec::new(),
    })
}

/// Returns the milestones without the liftings that say what they ended, and without what these
/// ended.
fn without_names<'a>(followed: &[&'a Milestone]) -> Vec<&'a Milestone> {
    if !followed.iter().any(|one| one.lifts_by_name()) {
        return followed.to_vec();
    }
    let wholes = ended_by_name(followed);
    let is_ended = |one: &'a Milestone| {
        let is_whole = wholes.iter().any(|begun| ptr::eq(*begun, one));
        is_whole || (one.suspends_a_part() && lifting_by_name(one, followed).is_some())
    };
    let is_left = |one: &&'a Milestone| match one.kind {
        MilestoneKind::Suspended => !is_ended(one),
        _ => !one.lifts_by_name(),
    };
    followed.iter().copied().filter(is_left).collect()
}

/// How the suspension of a part ended.
pub struct Lifting<'a> {
    /// The move that ended it.
    pub milestone: &'a Milestone,
    /// The first day on which it can have ended: another lifting may have been the one.
    pub earliest: Day,
    /// The last.
    pub latest: Day,
    /// Returns whether there were fewer liftings by then than suspensions.
    pub is_shared: bool,
    /// The parts of which one is still suspended, for there were fewer liftings than suspensions,
    /// and a lifting does not say of which part it is. Empty where all have been lifted, or they
    /// are one part.
    pub open: Vec<&'a str>,
}

/// How the suspension of a part ended: by the lifting that says so; else by the lifting that is its
/// own among all suspensions; without one, by the last that came after it. Which of several
/// liftings ended which of several suspensions that stood side by side is not known.
pub fn lifting<'a>(part: &'a Milestone, followed: &[&'a Milestone]) -> Option<Lifting<'a>> {
    let (begin, end) = (MilestoneKind::Suspended, MilestoneKind::SuspensionLifted);
    if let Some(lifting) = lifting_by_name(part, followed) {
        return Some(lifting);
    }
    let followed = &without_names(followed)[..];
    let pairs = breaks(followed, begin, end);
    let lifted = || followed.iter().copied().filter(|one| one.kind == end);
    let after = lifted().filter(|one| one.date.latest() > part.date.latest());
    let own = pairs.iter().find(|(begun, _)| ptr::eq(*begun, part))?.1;
    let milestone = own.or_else(|| after.max_by_key(|one| one.date.latest()))?;
    let beside = |last: Day, (begun, ended): &Break<'_>| match ended {
        Some(ended) if begun.date.earliest() < last => last.max(ended.date.latest()),
        _ => last,
    };
    let latest = pairs.iter().fold(milestone.date.latest(), beside);
    let possible = lifted().filter(|one| one.date.latest() > part.date.earliest());
    let earliest =
        possible.map(|one| one.date.earliest()).fold(milestone.date.earliest(), Day::min);
    let unended = |(begun, ended): &Break<'_>| ended.is_none() && begun.date.earliest() < latest;
    let is_shared = pairs.iter().any(unended);
    let open = open_parts(pairs.iter().filter(|(begun, _)| begun.date.latest() < latest));
    Some(Lifting { milestone, earliest, latest, is_shared, open })
}

/// The parts of which one is still suspended, of these suspensions and of what ended each: those
/// since when all had been lifted, if there are several and not each has been lifted.
fn open_parts<'a, 'b>(breaks: impl Iterator<Item = &'b Break<'a>>) -> Vec<&'a str>
where
    'a: 'b,
{
    let mut beside: Vec<&Break<'a>> = Vec::new();
    for one in breaks {
        let over = |ended: &Milestone| ended.date.latest() <= one.0.date.earliest();
        if beside.iter().all(|(_, ended)| ended.is_some_and(over)) {
            beside.clear();
        }
        beside.push(one);
    }
    let is_open = beside.iter().any(|(_, ended)| ended.is_none());
    let parts = beside.into_iter().filter(|(begun, _)| begun.suspends_a_part());
    let mut parts: Vec<&str> = parts.map(|(begun, _)| begun.scope.as_str()).collect();
    parts.sort_unstable();
    parts.dedup();
    if is_open && parts.len() > 1 { parts } else { Vec::new() }
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
