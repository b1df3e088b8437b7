//! Moves that need another before them (domain.md 3.2).

use facts::vocabulary::Vocabulary;

use super::{Milestone, MilestoneKind};

use MilestoneKind::{
    Adopted, Expired, InForce, ProvisionallyApplied, Signed, Suspended, SuspensionLifted,
    Terminated, Withdrawn,
};

/// The kinds of which one must have happened before a milestone of a kind.
fn needed(kind: MilestoneKind) -> Option<&'static [MilestoneKind]> {
    match kind {
        Suspended => Some(&[InForce, ProvisionallyApplied]),
        SuspensionLifted => Some(&[Suspended]),
        Terminated | Expired => Some(&[InForce, ProvisionallyApplied, Signed, Adopted]),
        _ => None,
    }
}

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
