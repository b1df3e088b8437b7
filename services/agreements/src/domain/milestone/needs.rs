//! Moves that need another before them (domain.md 3.2).

use facts::vocabulary::Vocabulary;

use super::{Milestone, MilestoneKind};

use MilestoneKind::{
    Adopted, Expired, InForce, NegotiationsOpened, NegotiationsPaused, NegotiationsResumed,
    ProvisionallyApplied, Ratified, Replaced, Signed, Suspended, SuspensionLifted, Terminated,
    Withdrawn,
};

/// The kinds of which one must have happened before a milestone of a kind.
fn needed(kind: MilestoneKind) -> Option<&'static [MilestoneKind]> {
    match kind {
        Suspended => Some(&[InForce, ProvisionallyApplied]),
        SuspensionLifted => Some(&[Suspended]),
        NegotiationsResumed => Some(&[NegotiationsPaused]),
        Terminated | Expired | Replaced => Some(&[InForce, ProvisionallyApplied, Signed, Adopted]),
        _ => None,
    }
}

/// The kinds that come after a milestone of a kind and have no place in the life of an agreement of
/// their own: it cannot certainly come before what is here, where both are recorded.
const FOLLOWS: [(MilestoneKind, MilestoneKind); 2] =
    [(NegotiationsPaused, NegotiationsOpened), (Ratified, Signed)];

/// Returns the milestones, by their places in the list, that cannot have happened without another
/// which is not recorded, or not before them; and why, in words. The day of what is needed need not
/// be known: it may be dated by the day of what follows.
pub fn unfounded(milestones: &[Milestone]) -> Vec<(usize, String)> {
    let all = milestones.iter().enumerate();
    all.filter_map(|(place, one)| Some((place, problem(one, milestones)?))).collect()
}

fn problem(one: &Milestone, all: &[Milestone]) -> Option<String> {
    let word = one.kind.word();
    if one.kind == Withdrawn && one.party.is_empty() {
        let in_force =
            |other: &Milestone| other.kind == InForce && other.date.latest() < one.date.earliest();
        let is_in_force = all.iter().any(in_force);
        return is_in_force.then(|| format!("{word} cannot follow IN_FORCE: use TERMINATED"));
    }
    if let Some(problem) = too_early(one, all).or_else(|| too_late(one, all)) {
        return Some(problem);
    }
    let needed = needed(one.kind)?;
    let is_it = |other: &Milestone| {
        needed.contains(&other.kind) && other.date.earliest() <= one.date.latest()
    };
    // An end may be all that is known.
    let is_before = |other: &Milestone| {
        other.kind.place().zip(Signed.place()).is_some_and(|(place, signed)| place < signed)
    };
    let is_unknown = one.kind.ends() && !all.iter().any(is_before);
    if is_unknown || all.iter().any(is_it) {
        return None;
    }
    let words: Vec<&str> = needed.iter().map(|kind| kind.word()).collect();
    Some(format!(
        "{word} needs {} before it: where its day is not known, record it UNTIL that day",
        words.join(" or ")
    ))
}

/// Returns why a milestone certainly comes before what it follows, by every account of that.
fn too_early(one: &Milestone, all: &[Milestone]) -> Option<String> {
    let (_, first) = FOLLOWS.into_iter().find(|(kind, _)| *kind == one.kind)?;
    let theirs = |other: &Milestone| other.party.is_empty() || other.party == one.party;
    let mut firsts = all.iter().filter(|other| other.kind == first && theirs(other)).peekable();
    firsts.peek()?;
    let is_early = firsts.all(|other| one.date.latest() < other.date.earliest());
    is_early.then(|| format!("{} cannot come before {}", one.kind.word(), first.word()))
}

/// Returns why a suspension certainly comes after the end of the agreement for all.
fn too_late(one: &Milestone, all: &[Milestone]) -> Option<String> {
    if one.kind != Suspended {
        return None;
    }
    let ended = |other: &&Milestone| {
        other.kind.ends()
            && (other.party.is_empty() || other.party == one.party)
            && other.date.latest() < one.date.earliest()
    };
    let ended = all.iter().find(ended)?;
    Some(format!("{} cannot come after {}", one.kind.word(), ended.kind.word()))
}
