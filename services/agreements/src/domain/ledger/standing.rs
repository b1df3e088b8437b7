//! The standing of one party on a day, by what is recorded of it, and by what is said of all at
//! once.

use std::collections::BTreeSet;

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Day, PartialDate};
use wire::ledger_entry::Evidence;

use super::evidence::{Fact, Stage};
use super::span::Span;
use crate::domain::milestone::{Milestone, MilestoneKind, followed, signed};

/// The list in which a party stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It had acted towards the others.
    Done,
    /// It had acted by its own law; more is not recorded.
    Ratified,
    /// It had certainly not acted.
    Missing,
    /// It is not known.
    NotKnown,
}

/// How a party stands on a day.
#[derive(Clone, Debug)]
pub struct Stand {
    /// The list.
    pub standing: Standing,
    /// When it acted towards the others, as far as is known.
    pub acted: Span,
    /// When it did what the rule for the entry into force counts, as far as is known.
    pub counted: Span,
    /// True where it took its act back.
    pub withdrew: bool,
    /// The entry of the answer.
    pub entry: wire::LedgerEntry,
}

/// A statement that all had acted by a day.
struct AllActed {
    by: Day,
    /// Of the members of a group alone.
    of_members: bool,
    /// All but these, which had not.
    but: BTreeSet<String>,
    /// True where it does not say when the last of them acted.
    is_open: bool,
    entry: wire::LedgerEntry,
}

/// Statements about all who must act at once.
#[derive(Default)]
pub struct Common {
    /// The first day on which it can have been signed; nothing where any day can be.
    signed: Option<Day>,
    acted: Vec<AllActed>,
}

impl Common {
    /// Returns what is said of all: nobody acts before the signature; a count of all, and the entry
    /// into force, say that all have acted. `closed` is false of an agreement that anybody may
    /// join; `is_silent` is true where no act of a single party is recorded.
    pub fn of(agreement: &wire::Agreement, closed: bool, is_silent: bool) -> Self {
        let milestones = Milestone::all(&agreement.milestones);
        let is_silent = closed && is_silent && agreement.tallies.is_empty();
        let signed = first_signed(&milestones, is_silent);
        let mut acted: Vec<AllActed> = agreement.tallies.iter().flat_map(of_tally).collect();
        let is_of_all = agreement
            .entry_into_force
            .as_ref()
            .is_none_or(|rule| rule.event() != wire::entry_into_force_rule::Event::NthDeposit);
        if closed && is_of_all && agreement.binding {
            let in_force =
                |one: &&Milestone| one.kind == MilestoneKind::InForce && one.party.is_empty();
            let in_force = followed(&milestones).into_iter().find(in_force);
            acted.extend(in_force.map(|one| AllActed {
                by: one.date.latest(),
                of_members: false,
                but: BTreeSet::new(),
                is_open: true,
                entry: wire::LedgerEntry {
                    evidence: Evidence::EntryIntoForce.into(),
                    reason: format!("in force {}, so all had acted", one.date),
                    ..wire::LedgerEntry::default()
                },
            }));
        }
        Self { signed, acted }
    }

    /// Adds that all members but these had acted by the date of a count.
    pub fn add_count(&mut self, tally: &wire::RatificationTally, but: BTreeSet<String>) {
        let Some(date) = checked_date(tally.date.as_ref()) else { return };
        let counted = format!("{} of {} had acted: {date}", tally.done, tally.of);
        let reason = format!("{counted}; the {} others are recorded", but.len());
        let entry = counted_by(tally, reason);
        let by = date.latest();
        self.acted.push(AllActed { by, of_members: true, but, is_open: false, entry });
    }
}

/// Returns the first day on which an agreement can have been signed: the recorded one, else not
/// before what comes before a signature. Where nothing else is recorded it is not signed on any
/// day, as far as is known.
fn first_signed(milestones: &[Milestone], is_silent: bool) -> Option<Day> {
    use MilestoneKind::{NegotiationsPaused, NegotiationsResumed, OpenedForSignature, Signed};
    if let Some(date) = signed(milestones) {
        return Some(date.earliest());
    }
    let of_day = |day: Day| PartialDate::new(day.year(), day.month(), day.day());
    let signature = Milestone::new(Signed, of_day(Day::LAST)?);
    let followed = followed(milestones);
    let before: Vec<&Milestone> =
        followed.iter().copied().filter(|one| one.precedes(&signature)).collect();
    let is_before = |one: &&Milestone| match one.kind {
        OpenedForSignature => false,
        NegotiationsPaused | NegotiationsResumed => true,
        _ => one.precedes(&signature),
    };
    if is_silent && !before.is_empty() && followed.iter().all(is_before) {
        return Some(Day::LAST);
    }
    before.into_iter().map(|one| one.date.earliest()).max()
}

/// An entry that rests on a count.
fn counted_by(tally: &wire::RatificationTally, reason: String) -> wire::LedgerEntry {
    wire::LedgerEntry {
        source: tally.source.clone(),
        confidence: tally.confidence,
        ..said(Evidence::Tally, reason)
    }
}

fn of_tally(tally: &wire::RatificationTally) -> Vec<AllActed> {
    let all = |date: Option<facts::PartialDate>, of_members, reason: String| {
        let (entry, but) = (counted_by(tally, reason), BTreeSet::new());
        date.map(|date| AllActed { by: date.latest(), of_members, but, is_open: false, entry })
    };
    let counted = checked_date(tally.date.as_ref()).filter(|_| tally.done == tally.of);
    let date = counted.as_ref().map(ToString::to_string).unwrap_or_default();
    let reason = format!("{} of {} had acted: {date}", tally.done, tally.of);
    let completed = checked_date(tally.completed.as_ref());
    let date = completed.as_ref().map(ToString::to_string).unwrap_or_default();
    let last = format!("the last of all acted: {date}");
    all(completed, false, last).into_iter().chain(all(counted, true, reason)).collect()
}

/// Returns how a party stands on a day, by its name and all that is recorded of it alone.
pub fn stand(
    (party, of_it): (&str, &[&Fact]),
    common: &Common,
    is_member: bool,
    day: Day,
) -> Stand {
    let own = own(of_it, day);
    if matches!(own.standing, Standing::Done | Standing::Missing) {
        return own;
    }
    if let Some(signed) = common.signed.filter(|signed| day < *signed) {
        let reason = match signed {
            Day::LAST => "no signature is recorded".to_owned(),
            signed => format!("not signed before {signed}"),
        };
        let mut entry = said(Evidence::Signature, reason);
        entry.party = own.entry.party;
        let acted = own.acted.max(Span { earliest: signed, latest: Day::LAST });
        return Stand { entry, ..Stand::new(Standing::Missing, acted) };
    }
    let is_but = |all: &AllActed| is_member && all.but.contains(party);
    let by_count = common.acted.iter().find(|all| day <= all.by && is_but(all));
    if let Some(all) = by_count.filter(|_| own.standing == Standing::NotKnown) {
        let reason = format!("{}: so it had not acted by then", all.entry.reason);
        let entry = wire::LedgerEntry { reason, ..own.entry };
        return Stand { entry, ..Stand::new(Standing::Missing, own.acted) };
    }
    let is_of = |all: &&AllActed| (is_member || !all.of_members) && !is_but(all);
    let all = common.acted.iter().filter(|all| all.by <= day).filter(is_of);
    let Some(all) = all.min_by_key(|all| (all.is_open, all.by)) else { return own };
    let mut entry = all.entry.clone();
    if own.standing == Standing::Ratified {
        let reason = format!("{}; by its own law", all.entry.reason);
        entry = wire::LedgerEntry { reason, evidence: entry.evidence, ..own.entry };
    }
    let by = |own: Span| {
        let latest = if all.is_open { own.latest } else { own.latest.min(all.by) };
        Span { latest: latest.max(own.earliest), ..own }
    };
    let (acted, counted) = (by(own.acted), by(own.counted));
    Stand { counted, entry, ..Stand::new(Standing::Done, acted) }
}

impl Stand {
    /// A party that acted on one of these days, in the way that the rule counts.
    pub fn new(standing: Standing, acted: Span) -> Self {
        let entry = wire::LedgerEntry::default();
        Self { standing, acted, counted: acted, withdrew: false, entry }
    }
}

/// An entry that rests on nothing of the party alone.
pub fn said(evidence: Evidence, reason: String) -> wire::LedgerEntry {
    wire::LedgerEntry { evidence: evidence.into(), reason, ..wire::LedgerEntry::default() }
}

/// Returns whether an act may lie before a withdrawal, and after it.
fn on_either_side(gone: &Fact, fact: &Fact) -> bool {
    fact.stage == Stage::Act
        && gone.span.earliest < fact.span.latest
        && fact.span.earliest <= gone.span.latest
}

/// Returns how a party stands by what is recorded of it alone. An act is undone by a later
/// withdrawal.
pub fn own(of_it: &[&Fact], day: Day) -> Stand {
    let withdrawals = || of_it.iter().copied().filter(|fact| fact.stage == Stage::Withdrawal);
    let begun = withdrawals().filter(|fact| fact.span.earliest <= day);
    let last = begun.max_by_key(|fact| fact.span.latest);
    let to_come = withdrawals().filter(|fact| day < fact.span.earliest);
    let next = to_come.min_by_key(|fact| fact.span.earliest);
    let counts = |fact: &&&Fact| {
        last.is_none_or(|gone| gone.span.latest < fact.span.earliest)
            && next.is_none_or(|gone| fact.span.earliest <= gone.span.earliest)
    };
    let counted: Vec<&Fact> = of_it.iter().filter(counts).copied().collect();
    let standing = |standing, acted, fact: &Fact, reason: String| Stand {
        entry: because(fact, &reason),
        ..Stand::new(standing, acted)
    };
    if let Some(gone) = last.filter(|gone| day < gone.span.latest) {
        let reason = "whether it had withdrawn by then is not known".to_owned();
        return standing(Standing::NotKnown, Span::ANY, gone, reason);
    }
    if let Some(gone) = last.filter(|gone| of_it.iter().any(|fact| on_either_side(gone, fact))) {
        let reason = "whether it acted again after it withdrew is not known".to_owned();
        return standing(Standing::NotKnown, Span::ANY, gone, reason);
    }
    let earliest = earliest(&counted);
    if let Some(act) = Fact::followed(&counted, Stage::Act) {
        return by_act(act, &counted, earliest, day);
    }
    let open = Span { earliest, latest: Day::LAST };
    if let Some(gone) = last {
        let gone = standing(Standing::Missing, open, gone, "it withdrew".to_owned());
        return Stand { withdrew: true, ..gone };
    }
    let law = Fact::followed(&counted, Stage::Law);
    let not_yet = counted.iter().filter(|fact| fact.stage == Stage::NotYet);
    let not_yet = not_yet.max_by_key(|fact| fact.span.earliest);
    match (law, not_yet) {
        (_, Some(fact)) if day <= fact.span.earliest => {
            standing(Standing::Missing, open, fact, "it had not acted by this date".to_owned())
        }
        (Some(law), _) if day < law.span.earliest => {
            standing(Standing::Missing, open, law, "its own law came later".to_owned())
        }
        (Some(law), _) if law.span.latest <= day => {
            let reason = "by its own law; a notification or deposit is not recorded by then";
            standing(Standing::Ratified, open, law, reason.to_owned())
        }
        (Some(fact), _) => {
            standing(Standing::NotKnown, open, fact, "its date is not exact".to_owned())
        }
        (None, Some(fact)) => {
            let reason = "it had not acted by this date; nothing later is recorded";
            standing(Standing::NotKnown, open, fact, reason.to_owned())
        }
        (None, None) => {
            let entry = said(Evidence::Unspecified, "nothing is recorded of its act".to_owned());
            Stand { entry, ..Stand::new(Standing::NotKnown, open) }
        }
    }
}

/// The entry that rests on a fact, with why it is where it is.
fn because(fact: &Fact, reason: &str) -> wire::LedgerEntry {
    let said = [fact.entry.reason.as_str(), reason];
    let said: Vec<&str> = said.into_iter().filter(|said| !said.is_empty()).collect();
    wire::LedgerEntry { reason: said.join("; "), ..fact.entry.clone() }
}

/// Returns the first day on which the party can have acted: not before its own law, and after a day
/// on which it had not.
fn earliest(counted: &[&Fact]) -> Day {
    let law = Fact::followed(counted, Stage::Law).map(|law| law.span.earliest);
    let not_yet = counted.iter().filter(|fact| fact.stage == Stage::NotYet);
    let not_yet = not_yet.map(|fact| Span::after(fact.span.earliest).earliest);
    law.into_iter().chain(not_yet).max().unwrap_or(Day::FIRST)
}

/// Returns how a party stands of whose act it is said when it was.
fn by_act(act: &Fact, counted: &[&Fact], earliest: Day, day: Day) -> Stand {
    let acted = act.span.both(Span { earliest, latest: Day::LAST }).unwrap_or(act.span);
    let (standing, mut reason) = if acted.latest <= day {
        (Standing::Done, String::new())
    } else if day < acted.earliest {
        (Standing::Missing, "it acted later".to_owned())
    } else {
        (Standing::NotKnown, "the date of its act is not exact".to_owned())
    };
    let is_same = |other: &&&Fact| other.stage == Stage::Act && other.counts == act.counts;
    let others = counted.iter().filter(is_same);
    let apart = others.filter(|other| other.span.both(act.span).is_none());
    let dates = apart.filter_map(|other| checked_date(other.entry.date.as_ref()));
    let dates: Vec<String> = dates.map(|date| date.to_string()).collect();
    if !dates.is_empty() {
        let separator = if reason.is_empty() { "" } else { "; " };
        reason = format!("{reason}{separator}another account says {}", dates.join(", "));
    }
    if act.span.latest < earliest {
        let separator = if reason.is_empty() { "" } else { "; " };
        reason = format!(
            "{reason}{separator}another account says that it had not acted before {earliest}"
        );
    }
    let entry = wire::LedgerEntry { reason, ..act.entry.clone() };
    // Another act than the one that the rule counts does not say when that was.
    let counted = if act.counts { acted } else { Span { earliest, latest: Day::LAST } };
    Stand { counted, entry, ..Stand::new(standing, acted) }
}
