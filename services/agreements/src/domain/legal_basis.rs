//! The law between the European Union and a party on a day.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::agreement::Kind;
use facts::{Day, PartialDate};

use super::milestone::{Milestone, followed, signature, signed};
use super::party::Party;
use super::provision::{number, of_part};
use super::provision_status::{Asked, ProvisionStatus};
use super::status::{self, State, Status};

/// An agreement of a legal basis.
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// The agreement.
    pub agreement: wire::Agreement,
    /// When it was signed.
    pub signed: Option<Milestone>,
    /// Where it stands.
    pub status: Status,
    /// The party it was made with, where that is one that the party follows; else empty.
    pub predecessor: String,
    /// Its provisions by article, and where each stands.
    pub provisions: Vec<(wire::Provision, ProvisionStatus)>,
    /// True where it binds, may, or is to, and none of its provisions is recorded.
    pub not_recorded: bool,
}

/// Agreements by where they stand; every agreement of the party stands in exactly one list, the
/// newest first.
#[derive(Debug, Default, PartialEq)]
pub struct LegalBasis {
    /// Binding and in force.
    pub in_force: Vec<Entry>,
    /// Binding, in force, and suspended as a whole.
    pub suspended: Vec<Entry>,
    /// Binding and applied in part before all have ratified.
    pub provisionally_applied: Vec<Entry>,
    /// Binding, signed and not in force.
    pub signed_not_in_force: Vec<Entry>,
    /// Mandated, being negotiated, concluded, initialled, adopted or open for signature.
    pub negotiated: Vec<Entry>,
    /// Not binding, and signed, applied or suspended.
    pub political: Vec<Entry>,
    /// No longer in force.
    pub ended: Vec<Entry>,
    /// Not known where it stands.
    pub undetermined: Vec<Entry>,
    /// Before the first milestone.
    pub not_started: Vec<Entry>,
    /// Without the Union, in whatever state.
    pub without_union: Vec<Entry>,
    /// Of provisions with some codes: agreements that bind, may, or are to, and none of whose
    /// provisions is recorded.
    pub not_recorded: Vec<String>,
}

/// Keeps of an agreement what a legal basis needs, without the rest, that may be large.
pub fn needed(agreement: wire::Agreement) -> wire::Agreement {
    wire::Agreement {
        name: agreement.name,
        kind: agreement.kind,
        title: agreement.title,
        binding: agreement.binding,
        parties: agreement.parties,
        milestones: agreement.milestones,
        provisions: agreement.provisions,
        source: agreement.source,
        perhaps_known: agreement.perhaps_known,
        ..wire::Agreement::default()
    }
}

/// The provisions of agreements, by the names of these.
#[derive(Debug, Default)]
pub struct Provisions {
    /// Only those with one of these codes, and agreements that have one; none: all.
    pub codes: Vec<String>,
    /// The provisions that are recorded.
    pub of: BTreeMap<String, Vec<wire::Provision>>,
}

impl Provisions {
    /// Adds one that is recorded, without its system fields.
    pub fn add(&mut self, provision: wire::Provision) {
        let provision = wire::Provision { tier: 0, ..provision };
        let agreement = provision.name.split("/provisions/").next().unwrap_or_default();
        self.of.entry(agreement.to_owned()).or_default().push(provision);
    }

    /// Returns the provisions of an agreement that are asked for, by article. Between the instants
    /// of a migration it has some as parts and as resources: each once.
    fn take(&mut self, agreement: &mut wire::Agreement) -> Vec<wire::Provision> {
        let mut all = self.of.remove(&agreement.name).unwrap_or_default();
        for part in std::mem::take(&mut agreement.provisions) {
            let part = of_part(&agreement.name, agreement.source.as_ref(), part);
            if !all.iter().any(|one| one.name == part.name) {
                all.push(part);
            }
        }
        if !self.codes.is_empty() {
            all.retain(|one| one.codes.iter().any(|code| self.codes.contains(code)));
        }
        all.sort_by_cached_key(|one| (number(&one.article), one.name.clone()));
        all
    }
}

/// The legal basis of a party on a day, from all agreements of it and of the parties it follows.
/// `union` holds the names of the Union and the Communities before it.
pub fn on(
    agreements: Vec<wire::Agreement>,
    mut provisions: Provisions,
    party: &Party,
    union: &[String],
    as_of: Day,
) -> LegalBasis {
    let mut basis = LegalBasis::default();
    let dated = |agreement: wire::Agreement| (Milestone::all(&agreement.milestones), agreement);
    let mut newest_first: Vec<_> = agreements.into_iter().map(dated).collect();
    newest_first.sort_by_cached_key(|(milestones, _)| Reverse(newest(milestones)));
    for (milestones, mut agreement) in newest_first {
        let is_silent = !provisions.of.contains_key(&agreement.name)
            && agreement.provisions.is_empty()
            && agreement.kind() != Kind::Protocol;
        let listed = provisions.take(&mut agreement);
        let is_left_out = listed.is_empty() && !provisions.codes.is_empty();
        if is_left_out && !is_silent {
            continue;
        }
        let status = status::on(&milestones, &party.name, as_of);
        let list = match list_of(&status, agreement.binding) {
            _ if !with_union(&agreement, union) => List::WithoutUnion,
            list => list,
        };
        let not_recorded = is_silent && list.may_bind(agreement.binding);
        if is_left_out {
            basis.not_recorded.extend(not_recorded.then_some(agreement.name));
            continue;
        }
        let signed = signature(&followed(&milestones)).cloned();
        let predecessor = predecessor(&agreement, party);
        let asked = Asked::new(&milestones, &party.name, agreement.binding, &status);
        let judge = |provision| (asked.of(&provision), provision);
        let provisions = listed.into_iter().map(judge).map(|(of, it)| (it, of)).collect();
        let entry = Entry { agreement, signed, status, predecessor, provisions, not_recorded };
        basis.list(list).push(entry);
    }
    basis
}

/// The lists of a legal basis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    InForce,
    Suspended,
    ProvisionallyApplied,
    SignedNotInForce,
    Negotiated,
    Political,
    Ended,
    Undetermined,
    NotStarted,
    WithoutUnion,
}

impl List {
    /// True for what binds, may bind, or is to.
    const fn may_bind(self, binding: bool) -> bool {
        let is_over = matches!(self, Self::Ended | Self::NotStarted | Self::WithoutUnion);
        binding && !is_over
    }
}

/// The list of an agreement. What may be in several states is undetermined, unless all of them
/// belong to one list.
fn list_of(status: &Status, binding: bool) -> List {
    let of = |state: State| match state {
        State::NotStarted => List::NotStarted,
        State::Undetermined | State::Unknown | State::Unread => List::Undetermined,
        state if state.ended() => List::Ended,
        State::Signed | State::ProvisionallyApplied | State::InForce | State::Suspended
            if !binding =>
        {
            List::Political
        }
        State::InForce => List::InForce,
        State::Suspended => List::Suspended,
        State::ProvisionallyApplied => List::ProvisionallyApplied,
        State::Signed => List::SignedNotInForce,
        _ => List::Negotiated,
    };
    let (first, last) = status.range.unwrap_or((status.state, status.state));
    if of(first) == of(last) { of(first) } else { List::Undetermined }
}

impl LegalBasis {
    /// Returns the entries of all lists.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        [
            &self.in_force,
            &self.suspended,
            &self.provisionally_applied,
            &self.signed_not_in_force,
            &self.negotiated,
            &self.political,
            &self.ended,
            &self.undetermined,
            &self.not_started,
            &self.without_union,
        ]
        .into_iter()
        .flatten()
    }

    const fn list(&mut self, list: List) -> &mut Vec<Entry> {
        match list {
            List::InForce => &mut self.in_force,
            List::Suspended => &mut self.suspended,
            List::ProvisionallyApplied => &mut self.provisionally_applied,
            List::SignedNotInForce => &mut self.signed_not_in_force,
            List::Negotiated => &mut self.negotiated,
            List::Political => &mut self.political,
            List::Ended => &mut self.ended,
            List::Undetermined => &mut self.undetermined,
            List::NotStarted => &mut self.not_started,
            List::WithoutUnion => &mut self.without_union,
        }
    }
}

/// The one that the party follows and that is party to the agreement, where the party itself is
/// not.
fn predecessor(agreement: &wire::Agreement, party: &Party) -> String {
    let has = |name: &String| agreement.parties.iter().any(|part| part.party == *name);
    if has(&party.name) {
        return String::new();
    }
    party.predecessors.iter().find(|name| has(name)).cloned().unwrap_or_default()
}

/// Returns whether a party of the Union's side is among its own.
fn with_union(agreement: &wire::Agreement, union: &[String]) -> bool {
    agreement.parties.iter().any(|part| union.contains(&part.party))
}

/// When it was signed, else its first milestone: for the order.
fn newest(milestones: &[Milestone]) -> Day {
    let first = milestones.iter().map(|milestone| milestone.date.first()).min();
    signed(milestones).map(PartialDate::first).or(first).unwrap_or(Day::FIRST)
}
