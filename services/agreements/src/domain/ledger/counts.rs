//! The counts of an agreement: what follows from them of single parties, and what contradicts them.

use std::collections::BTreeSet;

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Day, PartialDate};
use wire::ledger_entry::Evidence;

use super::evidence::{Fact, Stage};
use super::standing::{Standing, own};
use super::{OfParties, Participant, Recorded, by_party, contracting, members};
use crate::domain::membership::Belongs;

/// A count, and the members of a group that are recorded as not having acted by then.
type NotYet<'a> = (&'a wire::RatificationTally, BTreeSet<String>);

/// Returns the counts that leave as many as are recorded as not having acted: so the others had.
pub fn naming<'a>(
    recorded: &'a Recorded,
    of_party: &OfParties<'_>,
) -> impl Iterator<Item = NotYet<'a>> {
    let left = |tally: &wire::RatificationTally| usize::try_from(tally.of - tally.done).ok();
    let all = not_yet(recorded, of_party).into_iter();
    all.filter(move |(tally, not_yet)| tally.done < tally.of && left(tally) == Some(not_yet.len()))
}

/// Returns the counts of the members of a group, each with those that had not acted by then.
fn not_yet<'a>(recorded: &'a Recorded, of_party: &OfParties<'_>) -> Vec<NotYet<'a>> {
    let agreement = &recorded.agreement;
    let is_party = |name: &str| contracting(agreement).any(|one| one.party == name);
    let mut groups = recorded.groups.iter().filter(|group| is_party(&group.name));
    // Of several groups it is not known which is counted.
    let (Some(group), None) = (groups.next(), groups.next()) else { return Vec::new() };
    let of_tally = |tally: &'a wire::RatificationTally| {
        let by = checked_date(tally.date.as_ref())?.latest();
        let all = members(group, agreement, by);
        let is_known = |one: &Belongs| !matches!(one, Belongs::Unknown(_));
        if !all.values().all(|one| is_known(&one.then) && is_known(&one.now)) {
            return None;
        }
        let belonging: Vec<String> = all
            .into_iter()
            .filter(|(_, one)| one.now == Belongs::Yes)
            .map(|(name, _)| name)
            .collect();
        let is_of_all = usize::try_from(tally.of) == Ok(belonging.len());
        let had_not = |party: &String| {
            of_party.get(party.as_str()).is_some_and(|of_it| had_not_acted(of_it, by))
        };
        is_of_all.then(|| (tally, belonging.into_iter().filter(had_not).collect()))
    };
    agreement.tallies.iter().filter_map(of_tally).collect()
}

/// Returns whether it is recorded of a party that it had not acted by the day of a count: on it or
/// later, or by a statement of the same time.
fn had_not_acted(of_it: &[&Fact], by: Day) -> bool {
    let is_then = |fact: &&&Fact| fact.stage == Stage::NotYet && fact.span.latest == by;
    match own(of_it, by).standing {
        Standing::Missing => true,
        Standing::Done => false,
        Standing::Ratified | Standing::NotKnown => of_it.iter().any(|fact| is_then(&fact)),
    }
}

/// The counts that have a date, by the last day of that.
fn dated(
    agreement: &wire::Agreement,
) -> impl Iterator<Item = (PartialDate, &wire::RatificationTally)> {
    let all = agreement.tallies.iter();
    all.filter_map(|tally| Some((checked_date(tally.date.as_ref())?, tally)))
}

/// Adds the counts before and after the day.
pub fn add(ledger: &mut wire::RatificationLedger, agreement: &wire::Agreement, day: Day) {
    let by = |(date, _): &(PartialDate, &wire::RatificationTally)| date.latest();
    let (past, to_come): (Vec<_>, Vec<_>) = dated(agreement).partition(|one| by(one) <= day);
    ledger.tally = past.into_iter().max_by_key(by).map(|(_, tally)| tally.clone());
    ledger.next_tally = to_come.into_iter().min_by_key(by).map(|(_, tally)| tally.clone());
}

/// Says what counts say and names do not, and what contradicts a count.
pub fn note(
    ledger: &mut wire::RatificationLedger,
    recorded: &Recorded,
    facts: &[Fact],
    participants: &[Participant],
) {
    ledger.notes.extend(falling(&recorded.agreement));
    let Some(tally) = &ledger.tally else { return };
    let Some(date) = checked_date(tally.date.as_ref()) else { return };
    let alone = [Evidence::Tally, Evidence::EntryIntoForce];
    let named = |one: &&Participant| {
        let entry = &one.stand.entry;
        !entry.group.is_empty() && !alone.contains(&entry.evidence())
    };
    let done = |one: &&Participant| one.stand.standing == Standing::Done;
    let of = participants.iter().filter(named).filter(done);
    let parties: BTreeSet<&str> = of.clone().map(|one| one.stand.entry.party.as_str()).collect();
    let by_then = of.filter(|one| one.stand.acted.latest <= date.earliest()).count();
    let of_party = by_party(facts);
    let not_yet = not_yet(recorded, &of_party).into_iter().find(|(one, _)| *one == tally);
    let not_yet = not_yet.map_or(0, |(_, parties)| parties.len());
    let is_more = |many: usize, than: i32| i32::try_from(many).is_ok_and(|many| many > than);
    let (done, all) = (tally.done, tally.of);
    let count = format!("the count of {done} of {all} ({date})");
    if is_more(by_then, done) {
        ledger.notes.push(format!("{by_then} are recorded as done: {count} contradicts that"));
    } else if is_more(not_yet, all - done) {
        let note = format!("{not_yet} are recorded as not having acted: {count} contradicts that");
        ledger.notes.push(note);
    } else if done < all
        && usize::try_from(done).is_ok_and(|done| parties.len() < done)
        && usize::try_from(all - done) != Ok(not_yet)
    {
        let note = format!(
            "{done} of {all} had acted ({date}): only the count is known, \
             the record names {} of them",
            parties.len()
        );
        ledger.notes.push(note);
    }
}

/// Returns a note on each count that is less than one of as many before it.
fn falling(agreement: &wire::Agreement) -> Vec<String> {
    let mut all: Vec<_> = dated(agreement).collect();
    all.sort_by_key(|(date, _)| date.latest());
    let falls = |pair: &[(PartialDate, &wire::RatificationTally)]| {
        let [(before, one), (date, other)] = pair else { return None };
        (one.of == other.of && other.done < one.done).then(|| {
            let (one, other) = (one.done, other.done);
            format!("the count falls from {one} ({before}) to {other} ({date}): one is wrong")
        })
    };
    all.windows(2).filter_map(falls).collect()
}
