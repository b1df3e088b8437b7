//! The ledger of an agreement: which of those who must act had acted by a day, and when it enters
//! into force by its own rule.
//!
//! - `counts`: what follows from counts, and what contradicts them
//! - `evidence`: statements about single parties, wherever they are recorded
//! - `standing`: how one party stands by them
//! - `event`: when the event happened from which the rule counts
//! - `acts`: how a party stands by its own acts, asked for many days
//! - `span`: days between which something happened, and the day that a rule counts from them
//! - `unions`: the Union and the Communities before it, that took each other's places

mod acts;
mod counts;
mod event;
mod evidence;
mod span;
mod standing;
mod unions;

use std::collections::BTreeMap;

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Day, PartialDate};
use wire::ledger_entry::Evidence;

pub use self::acts::Acts;
use self::evidence::{Fact, Stage};
use self::span::{Span, derived};
pub use self::standing::Standing;
use self::standing::{Common, Stand, said, stand};
pub use self::unions::Unions;
use super::membership::{self, Belongs, Membership};
use super::milestone::{Milestone, MilestoneKind, followed, signed};

/// A group of states of which each acts for itself.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The day that it stands for.
    pub on: Option<Day>,
    /// The memberships of the union whose members they are.
    pub memberships: Vec<Membership>,
}

/// The agreement, and the acts and members that are recorded of it.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// The agreement.
    pub agreement: wire::Agreement,
    /// Its ratifications.
    pub ratifications: Vec<wire::Ratification>,
    /// The groups of states among its parties.
    pub groups: Vec<Group>,
    /// The Union and the Communities before it.
    pub unions: Unions,
}

/// A party that must act, and how it stands.
struct Participant {
    stand: Stand,
    /// The days on one of which it left the group, or ended, if it did.
    left: Option<Span>,
    /// True once it has left, or ended.
    is_gone: bool,
}

impl Participant {
    /// One that is there.
    const fn present(stand: Stand) -> Self {
        Self { stand, left: None, is_gone: false }
    }

    /// A body that had ended before it acted, and the one that took its place, if any did.
    fn ended(mut stand: Stand, ended: &PartialDate, follower: Option<&str>) -> Self {
        let then = follower.map_or_else(
            || "an act is not recorded".to_owned(),
            |follower| format!("{follower} took its place"),
        );
        stand.entry.reason = format!("it ended on {ended}; {then}");
        stand.entry.evidence = Evidence::Unspecified.into();
        let left = Some(Span { earliest: ended.earliest(), latest: ended.latest() });
        Self { stand, left, is_gone: true }
    }

    /// When nothing was missing of it any more: it had acted, or had left.
    fn settled(&self) -> Span {
        self.left.map_or(self.stand.counted, |left| self.stand.counted.min(left.next()))
    }
}

/// Returns the ledger of an agreement on a day. Name and read time are not set.
pub fn on(recorded: &Recorded, day: Day) -> wire::RatificationLedger {
    let facts = evidence::facts(&recorded.agreement, &recorded.ratifications, &recorded.unions);
    let participants = participants(recorded, &facts, day);
    let agreement = &recorded.agreement;
    let mut ledger = wire::RatificationLedger {
        as_of: Some(day.into()),
        rule: agreement.entry_into_force.clone(),
        published: published(agreement).map(Into::into),
        ..wire::RatificationLedger::default()
    };
    counts::add(&mut ledger, agreement, day);
    add_event(&mut ledger, recorded, &facts, day);
    counts::note(&mut ledger, recorded, &facts, &participants);
    let of_all = event::against_published(agreement, &participants, is_closed(agreement), day);
    ledger.notes.extend(of_all);
    for one in participants {
        let list = match one.stand.standing {
            _ if one.is_gone => &mut ledger.not_needed,
            Standing::Done => &mut ledger.done,
            Standing::Ratified => &mut ledger.ratified,
            Standing::Missing => &mut ledger.missing,
            Standing::NotKnown => &mut ledger.not_known,
        };
        list.push(one.stand.entry);
    }
    ledger
}

/// Returns whether the contracting parties alone can act. Anybody can join an agreement without
/// any.
fn is_closed(agreement: &wire::Agreement) -> bool {
    contracting(agreement).next().is_some()
}

fn contracting(agreement: &wire::Agreement) -> impl Iterator<Item = &wire::AgreementParty> {
    let role = wire::agreement_party::Role::Beneficiary;
    agreement.parties.iter().filter(move |party| party.role() != role)
}

/// The statements about single parties, by their names.
type OfParties<'a> = BTreeMap<&'a str, Vec<&'a Fact>>;

fn by_party(facts: &[Fact]) -> OfParties<'_> {
    let mut of_party = OfParties::new();
    for fact in facts {
        of_party.entry(fact.entry.party.as_str()).or_default().push(fact);
    }
    of_party
}

/// Returns all who must act, in the order of their names.
fn participants(recorded: &Recorded, facts: &[Fact], day: Day) -> Vec<Participant> {
    let agreement = &recorded.agreement;
    let closed = is_closed(agreement);
    let of_party = by_party(facts);
    let mut common = Common::of(agreement, closed, facts.is_empty());
    for (tally, not_yet) in counts::naming(recorded, &of_party) {
        common.add_count(tally, not_yet);
    }
    let stand_by = |party: &str, acts_of: &[&str], group: &str| {
        let of_it = acts_of.iter().filter_map(|one| of_party.get(one)).flatten();
        let of_it: Vec<&Fact> = of_it.copied().collect();
        let mut stand = stand((party, &of_it), &common, !group.is_empty(), day);
        party.clone_into(&mut stand.entry.party);
        group.clone_into(&mut stand.entry.group);
        stand
    };
    if !closed {
        let all = of_party.keys().map(|party| stand_by(party, &[party], ""));
        return all.map(Participant::present).collect();
    }
    let mut all = BTreeMap::new();
    for party in contracting(agreement) {
        let Some(group) = recorded.groups.iter().find(|group| group.name == party.party) else {
            let own = alone(recorded, &party.party, day, |name, acts| stand_by(name, acts, ""));
            all.extend(own.into_iter().map(|one| (one.stand.entry.party.clone(), one)));
            continue;
        };
        let members = members(group, agreement, day);
        if members.is_empty() {
            all.insert(group.name.clone(), nobody_of(&group.name));
        }
        for (name, of_it) in members {
            // A party in its own right stays one, whatever group it leaves.
            if all.get(&name).is_some_and(|one: &Participant| !one.is_gone) {
                continue;
            }
            let stand = stand_by(&name, &[&name], &group.name);
            all.insert(name, placed(stand, of_it, &group.name));
        }
    }
    all.into_values().collect()
}

/// Returns a party in its own right; of a body that had ended before it acted both it and the one
/// that took its place, which stands by the acts of both.
fn alone(
    recorded: &Recorded,
    party: &str,
    day: Day,
    stand_by: impl Fn(&str, &[&str]) -> Stand,
) -> Vec<Participant> {
    let (unions, agreement) = (&recorded.unions, &recorded.agreement);
    let stand = stand_by(party, &[party]);
    let ended = unions.ended(party, day).filter(|_| stand.standing != Standing::Done);
    let Some(ended) = ended else { return vec![Participant::present(stand)] };
    let follower = unions.follower(party, day);
    let mut all = vec![Participant::ended(stand, &ended, follower)];
    let parties = || contracting(agreement).map(|one| one.party.as_str());
    if let Some(follower) = follower.filter(|it| parties().all(|party| party != *it)) {
        let before = parties().filter(|party| unions.acting(party, day) == follower);
        let acts_of: Vec<&str> = before.chain([follower]).collect();
        all.push(Participant::present(stand_by(follower, &acts_of)));
    }
    all
}

/// Returns what stands for a group of which no members are recorded, as far as the caller may see:
/// whether all had acted is not known then.
fn nobody_of(group: &str) -> Participant {
    let entry = said(Evidence::Membership, "no members of it are recorded".to_owned());
    let entry = wire::LedgerEntry { party: group.to_owned(), group: group.to_owned(), ..entry };
    let stand = Stand { entry, ..Stand::new(Standing::NotKnown, Span::ANY) };
    Participant { stand, left: None, is_gone: false }
}

/// How a member belonged: when the group was counted, on the day asked for, and when it left.
struct Member {
    then: Belongs,
    now: Belongs,
    left: Option<(Span, PartialDate)>,
}

/// Returns who may be a member of a group on its own day, else when the agreement was signed, else
/// on the day asked for.
fn members(group: &Group, agreement: &wire::Agreement, day: Day) -> BTreeMap<String, Member> {
    let milestones = Milestone::all(&agreement.milestones);
    let begun = group.on.or_else(|| signed(&milestones).map(PartialDate::first)).unwrap_or(day);
    let now = membership::members(&group.memberships, day.max(begun));
    let mut all = BTreeMap::new();
    for (party, then) in membership::members(&group.memberships, begun) {
        if then == Belongs::No {
            continue;
        }
        let own = group.memberships.iter().filter(|one| one.party == party);
        let left = own.filter_map(|one| checked_date(one.left.as_ref()));
        let left = left.filter(|left| begun <= left.latest()).min_by_key(PartialDate::latest);
        let left = left.map(|left| {
            (Span { earliest: left.earliest().max(begun), latest: left.latest() }, left)
        });
        let now = now.get(&party).cloned().unwrap_or(Belongs::No);
        // One that left and came again acts like any other.
        let left = left.filter(|_| now != Belongs::Yes);
        all.insert(party, Member { then, now, left });
    }
    all
}

/// Returns where a member of a group stands: it may have left, and it may not be known whether it
/// belongs.
fn placed(mut stand: Stand, member: Member, group: &str) -> Participant {
    let is_done = stand.standing == Standing::Done;
    let mut doubt = |reason: String| {
        if !is_done {
            stand.standing = Standing::NotKnown;
            let party = std::mem::take(&mut stand.entry.party);
            let entry = said(Evidence::Membership, reason);
            stand.entry = wire::LedgerEntry { party, group: group.to_owned(), ..entry };
        }
    };
    if let Belongs::Unknown(reason) = &member.then {
        doubt(format!("it is not known whether it belonged to the group: {reason}"));
    }
    let has_left = member.now == Belongs::No;
    if let (Belongs::Unknown(reason), Belongs::Yes) = (&member.now, &member.then) {
        doubt(format!("it is not known whether it still belonged to the group: {reason}"));
    }
    if let Some((_, date)) = member.left.as_ref().filter(|_| has_left) {
        let acted = if is_done { "it had acted" } else { "an act is not recorded" };
        stand.entry.reason = format!("it left on {date}; {acted}");
        if !is_done {
            stand.entry.evidence = Evidence::Membership.into();
        }
    }
    let left = member.left.map(|(span, _)| span);
    Participant { stand, left, is_gone: has_left }
}

/// The day of the entry into force as published, by the account that is followed.
fn published(agreement: &wire::Agreement) -> Option<PartialDate> {
    let milestones = Milestone::all(&agreement.milestones);
    let in_force = |one: &&Milestone| one.kind == MilestoneKind::InForce && one.party.is_empty();
    followed(&milestones).into_iter().find(in_force).map(|one| one.date.clone())
}

/// Adds the event of the rule and the day that follows from it, or a note why there is none.
fn add_event(ledger: &mut wire::RatificationLedger, recorded: &Recorded, facts: &[Fact], day: Day) {
    let agreement = &recorded.agreement;
    let Some(rule) = &agreement.entry_into_force else {
        ledger
            .notes
            .push("no rule for the entry into force is recorded: no day follows".to_owned());
        return;
    };
    let completed = agreement.tallies.iter().filter_map(|tally| Span::of(tally.completed.as_ref()));
    let completed = completed.filter(|span| span.latest <= day).min_by_key(|span| span.latest);
    let days = candidates(ledger, facts, day);
    let (acts, participants) = happened(rule, recorded, facts, &days);
    let span = match (acts, completed) {
        (Ok(acts), Some(completed)) => acts.both(completed).unwrap_or_else(|| {
            let note = "the dates of the acts contradict the date by which all had acted";
            ledger.notes.push(note.to_owned());
            acts
        }),
        (Ok(acts), None) => acts,
        (Err(_), Some(completed)) => completed,
        (Err(note), None) => return ledger.notes.push(note),
    };
    ledger.notes.extend(event::by_exit(rule, &participants, span));
    ledger.last_act = span.date();
    let derived = derived(rule, span);
    ledger.derived = derived.date();
    let published = Span::of(ledger.published.as_ref());
    ledger.differs = published.is_some_and(|published| published.both(derived).is_none());
}

/// Returns the days as of which the event of the rule is looked for, the last that of the answer. A
/// party that withdrew after the event had acted when it happened: so it is looked for as of the
/// day before anybody withdrew, and as of the published entry into force.
fn candidates(ledger: &wire::RatificationLedger, facts: &[Fact], day: Day) -> Vec<Day> {
    let withdrawn = facts.iter().filter(|fact| fact.stage == Stage::Withdrawal);
    let begun = withdrawn.map(|fact| fact.span.earliest).filter(|begun| *begun <= day);
    let Some(first) = begun.min() else { return vec![day] };
    let published = Span::of(ledger.published.as_ref()).map(|span| span.latest);
    let before = first.days_before(1).filter(|_| first != Day::FIRST);
    let published = published.filter(|published| *published < day);
    before.into_iter().chain(published).chain([day]).collect()
}

/// Returns when the event of the rule happened, by the first of these days as of which that is
/// known, and the participants as of then.
fn happened(
    rule: &wire::EntryIntoForceRule,
    recorded: &Recorded,
    facts: &[Fact],
    days: &[Day],
) -> (Result<Span, String>, Vec<Participant>) {
    let (mut found, mut all) = (Err(String::new()), Vec::new());
    for day in days {
        all = participants(recorded, facts, *day);
        found = event::of(rule, &all, is_closed(&recorded.agreement), *day);
        if found.is_ok() {
            break;
        }
    }
    (found, all)
}

#[cfg(test)]
mod tests;
