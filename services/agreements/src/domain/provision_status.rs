//! Where a provision stands on a day: where its agreement stands, but for what was suspended,
//! lifted or applied provisionally in part. Where it is not known whether such a part has the
//! provision, its state is not known, and the reason says why.

use std::cell::OnceCell;

use api::registan::agreements::v1 as wire;
pub use api::registan::agreements::v1::legal_basis_provision::State as Standing;
use chronicle::fold;
use facts::PartialDate;

use super::milestone::{Measure, Milestone, MilestoneKind, followed};
use super::parts::Part;
use super::provision::cited;
use super::status::{self, State, Status};

/// Where a provision stands on a day; the contract says what each field means.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement_service.proto"
)]
pub struct ProvisionStatus {
    pub state: Standing,
    pub since: Option<PartialDate>,
    pub until: Option<PartialDate>,
    pub measure: Measure,
    pub reason: String,
}

/// An agreement of which the provisions are asked, with what is the same for all of them.
pub struct Asked<'a> {
    milestones: &'a [Milestone],
    party: &'a str,
    binding: bool,
    status: &'a Status,
    /// The parts that were suspended by then.
    parts: Vec<Part<'a>>,
    /// The provisional application that is followed.
    applied: Option<&'a Milestone>,
    /// The status of what is not applied provisionally, once it is asked.
    without: OnceCell<Status>,
}

impl<'a> Asked<'a> {
    /// An agreement with these milestones, by parts ([`Milestone::all`]), and its status on the day
    /// for the same party.
    pub fn new(
        milestones: &'a [Milestone],
        party: &'a str,
        binding: bool,
        status: &'a Status,
    ) -> Self {
        let suspended = if milestones.iter().any(Milestone::suspends_a_part) {
            status::parts_on(milestones, party, status.as_of)
        } else {
            Vec::new()
        };
        let is_applied = |one: &&Milestone| one.kind == MilestoneKind::ProvisionallyApplied;
        let applied = followed(milestones).into_iter().find(is_applied);
        let without = OnceCell::new();
        Self { milestones, party, binding, status, parts: suspended, applied, without }
    }

    /// Returns where a provision of it stands on the day.
    pub fn of(&self, provision: &wire::Provision) -> ProvisionStatus {
        let keys = Keys::of(provision);
        let mut binding = self.applied(&keys);
        if self.status.state == State::Suspended {
            binding = self.freed(&keys).unwrap_or(binding);
        }
        if !matches!(binding.state, Standing::Binding | Standing::AppliedProvisionally) {
            return binding;
        }
        let touched = self.parts.iter().filter(|part| part.is_open || !part.doubt.is_empty());
        for part in touched {
            match keys.covered_by(part.suspended) {
                Covers::No => {}
                Covers::Yes if part.doubt.is_empty() => return ProvisionStatus::suspended(part),
                Covers::Yes => binding = ProvisionStatus::not_known(part.doubt.clone()),
                Covers::Perhaps => binding = ProvisionStatus::not_known(perhaps(part)),
            }
        }
        binding
    }

    /// The state of a provision by what is in force or applied, without the parts that are
    /// suspended.
    fn applied(&self, keys: &Keys) -> ProvisionStatus {
        let whole = || self.read(self.status);
        let Some(applied) = self.applied else { return whole() };
        let rest = || self.read(self.without());
        match keys.covered_by(applied) {
            Covers::Yes => whole(),
            Covers::No => rest(),
            Covers::Perhaps => whole().or(rest(), || match &applied.articles[..] {
                [] => "the record does not say which provisions are applied".to_owned(),
                articles => format!("of it is applied: {}", articles.join("; ")),
            }),
        }
    }

    fn without(&self) -> &Status {
        self.without.get_or_init(|| {
            let is_other = |one: &&Milestone| one.kind != MilestoneKind::ProvisionallyApplied;
            let others: Vec<Milestone> = self.milestones.iter().filter(is_other).cloned().collect();
            status::on(&others, self.party, self.status.as_of)
        })
    }

    /// The state of a provision for which alone the suspension of the whole was lifted.
    fn freed(&self, keys: &Keys) -> Option<ProvisionStatus> {
        let ends_a_part = |lifting: &Milestone| {
            let is_before = |by: &Milestone| by.date.latest() < lifting.date.earliest();
            let is_it = |part: &Part<'_>| {
                part.suspended.is_of_the_part(lifting)
                    && part.suspended.date.earliest() <= lifting.date.latest()
                    && !part.lifted.is_some_and(is_before)
            };
            self.parts.iter().any(is_it)
        };
        let frees = |one: &Milestone| {
            one.lifts_a_part() && !ends_a_part(one) && keys.covered_by(one) == Covers::Yes
        };
        if !self.milestones.iter().any(frees) {
            return None;
        }
        let as_whole = |one: &Milestone| match one {
            one if frees(one) => Milestone { scope: String::new(), whole: true, ..one.clone() },
            one => one.clone(),
        };
        let milestones: Vec<Milestone> = self.milestones.iter().map(as_whole).collect();
        Some(self.read(&status::on(&milestones, self.party, self.status.as_of)))
    }

    /// The state of a provision of what has this status.
    fn read(&self, status: &Status) -> ProvisionStatus {
        let of = |state| standing(state, self.binding);
        let (first, last) = status.range.unwrap_or((status.state, status.state));
        let state = if of(first) == of(last) { of(first) } else { Standing::NotKnown };
        let mut binding =
            ProvisionStatus { reason: status.reason.clone(), ..ProvisionStatus::new(state) };
        if !matches!(state, Standing::NotYetBinding | Standing::NotKnown) {
            binding.since.clone_from(&status.since);
        }
        if state == Standing::Suspended {
            self.add_suspension(&mut binding);
        }
        binding
    }

    /// Adds what was suspended, and when that ends.
    fn add_suspension(&self, binding: &mut ProvisionStatus) {
        let as_of = self.status.as_of;
        let whole = |one: &&Milestone| {
            one.kind == MilestoneKind::Suspended
                && !one.suspends_a_part()
                && one.date.earliest() <= as_of
        };
        let begun = self.milestones.iter().filter(whole).max_by_key(|one| one.date.earliest());
        binding.measure = begun.map_or(Measure::Unspecified, |one| one.measure);
        let ends = |one: &&Milestone| {
            one.kind == MilestoneKind::SuspensionLifted
                && !one.lifts_a_part()
                && one.date.latest() > as_of
        };
        let lifted = self.milestones.iter().filter(ends).min_by_key(|one| one.date.latest());
        binding.until = lifted.map(|one| one.date.clone());
    }
}

impl ProvisionStatus {
    const fn new(state: Standing) -> Self {
        let measure = Measure::Unspecified;
        Self { state, since: None, until: None, measure, reason: String::new() }
    }

    fn not_known(reason: String) -> Self {
        Self { reason, ..Self::new(Standing::NotKnown) }
    }

    fn suspended(part: &Part<'_>) -> Self {
        Self {
            since: Some(part.suspended.date.clone()),
            until: part.lifted.map(|one| one.date.clone()),
            measure: part.suspended.measure,
            ..Self::new(Standing::Suspended)
        }
    }

    /// Returns the status that holds where it is not known which of both does.
    fn or(self, other: Self, why: impl Fn() -> String) -> Self {
        if self.state != other.state {
            return Self::not_known(why());
        }
        let since = self.since.filter(|since| Some(since) == other.since.as_ref());
        Self { since, ..other }
    }
}

/// The citations by which a provision is covered, folded: its own, first, and those of what it lies
/// within.
struct Keys([String; 3]);

/// The answer to whether a milestone covers a provision.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Covers {
    Yes,
    No,
    Perhaps,
}

impl Keys {
    fn of(provision: &wire::Provision) -> Self {
        let all = [cited(provision), provision.article.clone(), provision.division.clone()];
        Self(all.map(|key| fold(&key)))
    }

    /// Returns whether a milestone covers the provision. Of one that covers only a paragraph of it,
    /// and of one that says in words what it covers, it is not known.
    fn covered_by(&self, one: &Milestone) -> Covers {
        if one.measure == Measure::Cooperation {
            return Covers::No;
        }
        let articles: Vec<String> = one.articles.iter().map(|article| fold(article)).collect();
        let within = format!("{}(", self.0[0]);
        if articles.iter().any(|article| self.0.contains(article)) {
            Covers::Yes
        } else if articles.is_empty() || articles.iter().any(|it| it.starts_with(&within)) {
            Covers::Perhaps
        } else {
            Covers::No
        }
    }
}

/// The reason why a part may have a provision.
fn perhaps(part: &Part<'_>) -> String {
    let scope = &part.suspended.scope;
    if part.suspended.articles.is_empty() {
        format!("a part is suspended, in words alone: {scope}")
    } else {
        format!("of it is suspended: {scope}")
    }
}

/// The state of a provision of an agreement in this state.
const fn standing(state: State, binding: bool) -> Standing {
    match state {
        State::Undetermined | State::Unknown | State::Unread => Standing::NotKnown,
        state if state.ended() => Standing::Ended,
        _ if !binding => Standing::Political,
        State::ProvisionallyApplied => Standing::AppliedProvisionally,
        State::InForce => Standing::Binding,
        State::Suspended => Standing::Suspended,
        _ => Standing::NotYetBinding,
    }
}

#[cfg(test)]
mod tests;
