//! Where a provision stands on a day: where its agreement stands, but for what was suspended,
//! lifted or applied provisionally in part. Where it is not known whether such a part has the
//! provision, its state is not known, and the reason says why.

mod place;

use std::cell::OnceCell;
use std::collections::HashMap;

use api::registan::agreements::v1 as wire;
pub use api::registan::agreements::v1::legal_basis_provision::State as Standing;
use facts::{Confidence, PartialDate};

use self::place::{Place, Scope};
use super::citation::{Cited, Covers};
use super::milestone::{Measure, Milestone, MilestoneKind, Within, followed};
use super::moves::of_party;
use super::parts::Part;
use super::status::{self, State, Status};
use super::suspended::Suspended;

/// The most parts of an article, of which each was lifted by itself, that are compared with it.
const MAX_COMPARED: usize = 20;

/// Where a provision stands on a day; the contract says what each field means.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement_service.proto"
)]
pub struct ProvisionStatus {
    pub state: Standing,
    pub since: Option<PartialDate>,
    pub since_confidence: Option<Confidence>,
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
    /// The parts that were suspended by then, if any was.
    suspended: Option<Suspended<'a>>,
    /// Their places, of those that are suspended, or may be, by their word and number.
    cited: HashMap<(&'static str, u32), Vec<usize>>,
    /// The others of them: divisions, and what is said in words.
    others: Vec<usize>,
    /// The provisional application that is followed, and what it covers.
    applied: Option<(&'a Milestone, Vec<Scope>)>,
    /// The status of what is not applied provisionally, once it is asked.
    without: OnceCell<Status>,
    /// The liftings of a part that ended no suspension of a part, once they are asked.
    freeing: OnceCell<Vec<&'a Milestone>>,
    /// The parts of which the suspension was lifted by themselves, by their word and number.
    lifted: HashMap<(&'static str, u32), Vec<&'a Cited>>,
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
        let has_parts = milestones.iter().any(Milestone::suspends_a_part);
        let suspended = has_parts.then(|| Suspended::of(milestones, party, status.as_of));
        let (mut cited, mut others) = (HashMap::<_, Vec<usize>>::new(), Vec::new());
        let begun = suspended.iter().flat_map(|all| &all.parts).enumerate();
        for (place, part) in begun.filter(|(_, part)| part.is_open || !part.doubt.is_empty()) {
            match &part.suspended.part {
                Some(of) if of.is_article() => cited.entry(of.key()).or_default().push(place),
                _ => others.push(place),
            }
        }
        let is_applied = |one: &&Milestone| one.kind == MilestoneKind::ProvisionallyApplied;
        let applied = of_party(followed(milestones), party).into_iter().find(is_applied);
        let applied = applied.map(|one| (one, one.cites().map(Scope::of).collect()));
        let (without, freeing) = (OnceCell::new(), OnceCell::new());
        let mut lifted = HashMap::<_, Vec<&Cited>>::new();
        let freed = milestones.iter().filter(|one| one.lifts_a_part());
        for part in freed.filter_map(|one| one.part.as_ref()) {
            lifted.entry(part.key()).or_default().push(part);
        }
        Self {
            milestones,
            party,
            binding,
            status,
            suspended,
            cited,
            others,
            applied,
            without,
            freeing,
            lifted,
        }
    }

    /// Returns where a provision of it stands on the day. One that is cited as several articles
    /// stands where all of them do.
    pub fn of(&self, provision: &wire::Provision) -> ProvisionStatus {
        let place = Place::of(provision);
        let mut units = place.units.iter();
        let Some(first) = units.next() else { return self.of_unit(&place, None) };
        units.fold(self.of_all(&place, first), |status, unit| {
            let why = || format!("its parts stand differently: {}", place.cited);
            status.or(self.of_all(&place, unit), why)
        })
    }

    /// The state of a unit, where that is one of all its parts: what of it was lifted by itself may
    /// stand differently.
    fn of_all(&self, place: &Place, unit: &Cited) -> ProvisionStatus {
        let mut within: Vec<&Cited> = self.lifted.get(&unit.key()).cloned().unwrap_or_default();
        within.retain(|part| part.lies_within(unit));
        within.sort_unstable();
        within.dedup();
        if within.len() > MAX_COMPARED {
            return ProvisionStatus::not_known(format!("many parts of it were lifted: {unit}"));
        }
        within.into_iter().fold(self.of_unit(place, Some(unit)), |status, part| {
            let why = || format!("its parts stand differently: {part}");
            status.or(self.of_unit(place, Some(part)), why)
        })
    }

    fn of_unit(&self, place: &Place, unit: Option<&Cited>) -> ProvisionStatus {
        let mut binding = self.applied(place, unit);
        if self.status.state == State::Suspended {
            binding = self.freed(place, unit).unwrap_or(binding);
        }
        if !matches!(binding.state, Standing::Binding | Standing::AppliedProvisionally) {
            return binding;
        }
        let Some(all) = &self.suspended else { return binding };
        for part in self.touching(unit).map(|place| &all.parts[place]) {
            let suspended = part.suspended;
            if suspended.measure == Measure::Cooperation {
                continue;
            }
            match place.covered_by(unit, suspended) {
                Covers::No => {}
                Covers::Yes => {
                    let less = unit.and_then(|unit| all.of_less(suspended, unit));
                    let part = less.as_ref().unwrap_or(part);
                    if !part.doubt.is_empty() {
                        binding = ProvisionStatus::not_known(part.doubt.clone());
                    } else if part.is_open {
                        return ProvisionStatus::suspended(part);
                    }
                }
                Covers::Perhaps => binding = ProvisionStatus::not_known(perhaps(part)),
            }
        }
        binding
    }

    /// The places of the parts that can have a unit, in the order of the record.
    fn touching(&self, unit: Option<&Cited>) -> impl Iterator<Item = usize> {
        let mut places = self.others.clone();
        match unit {
            Some(unit) if unit.is_article() => {
                places.extend(self.cited.get(&unit.key()).into_iter().flatten());
            }
            _ => places.extend(self.cited.values().flatten()),
        }
        places.sort_unstable();
        places.into_iter()
    }

    /// The state of a unit by what is in force or applied, without the parts that are suspended.
    fn applied(&self, place: &Place, unit: Option<&Cited>) -> ProvisionStatus {
        let whole = || self.read(self.status, self.milestones);
        let Some((applied, scopes)) = &self.applied else { return whole() };
        let rest = || self.read(self.without(), self.milestones);
        let all = scopes.iter().map(|scope| place.covered_by_scope(unit, scope));
        match all.max().unwrap_or(Covers::Perhaps) {
            Covers::Yes => whole(),
            Covers::No => rest(),
            Covers::Perhaps => whole().or(rest(), || {
                let cited: Vec<&str> = applied.cites().collect();
                match &cited[..] {
                    [] => "the record does not say which provisions are applied".to_owned(),
                    cited => format!("of it is applied: {}", cited.join("; ")),
                }
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

    /// The state of a unit for which alone the suspension of the whole was lifted, or may be.
    fn freed(&self, place: &Place, unit: Option<&Cited>) -> Option<ProvisionStatus> {
        let freeing = self.freeing.get_or_init(|| self.freeing());
        let covering = |least: Covers| -> Vec<&Milestone> {
            // What lies within the unit is compared with it by itself.
            let is_within = |one: &Milestone| {
                unit.zip(one.part.as_ref()).is_some_and(|(unit, part)| part.lies_within(unit))
            };
            let covers = |one: &&&Milestone| {
                let covers = place.covered_by(unit, one);
                covers >= least && (covers == Covers::Yes || !is_within(one))
            };
            freeing.iter().filter(covers).copied().collect()
        };
        let (certain, possible) = (covering(Covers::Yes), covering(Covers::Perhaps));
        let [.., last] = possible[..] else { return None };
        let of_all = self.freed_by(&possible);
        if certain.len() == possible.len() {
            return Some(of_all);
        }
        let why = || format!("of it the suspension is lifted, or may be: {}", last.scope);
        Some(self.freed_by(&certain).or(of_all, why))
    }

    /// The state of what these liftings are of, while the whole is suspended.
    fn freed_by(&self, freeing: &[&Milestone]) -> ProvisionStatus {
        let as_whole = |one: &&Milestone| Milestone {
            scope: String::new(),
            whole: true,
            part: None,
            ..(*one).clone()
        };
        let of_the_whole = |one: &&Milestone| !one.suspends_a_part() && !one.lifts_a_part();
        let milestones = self.milestones.iter().filter(of_the_whole).cloned();
        let milestones: Vec<Milestone> = milestones.chain(freeing.iter().map(as_whole)).collect();
        self.read(&status::on(&milestones, self.party, self.status.as_of), &milestones)
    }

    /// The liftings of a part that ended no suspension of a part.
    fn freeing(&self) -> Vec<&'a Milestone> {
        let mut parts: HashMap<Option<Within>, Vec<&Part<'a>>> = HashMap::new();
        for part in self.suspended.iter().flat_map(|all| &all.parts) {
            parts.entry(part.suspended.within().into_iter().nth(1)).or_default().push(part);
        }
        let ends_a_part = |lifting: &Milestone| {
            let within = lifting.within();
            let is_before = |by: &Milestone| by.date.latest() < lifting.date.earliest();
            let is_it = |part: &&&Part<'_>| {
                let suspended = part.suspended.within();
                (suspended.starts_with(&within) || within.starts_with(&suspended))
                    && part.suspended.date.earliest() <= lifting.date.latest()
                    && !part.lifted.is_some_and(is_before)
            };
            let near = parts.get(&within.get(1).cloned());
            near.is_some_and(|near| near.iter().any(|part| is_it(&part)))
        };
        let frees = |one: &&Milestone| one.lifts_a_part() && !ends_a_part(one);
        self.milestones.iter().filter(frees).collect()
    }

    /// The state of a provision of what has this status by these milestones.
    fn read(&self, status: &Status, milestones: &[Milestone]) -> ProvisionStatus {
        let of = |state| standing(state, self.binding);
        let (first, last) = status.range.unwrap_or((status.state, status.state));
        let state = if of(first) == of(last) { of(first) } else { Standing::NotKnown };
        let mut binding =
            ProvisionStatus { reason: status.reason.clone(), ..ProvisionStatus::new(state) };
        if !matches!(state, Standing::NotYetBinding | Standing::NotKnown) {
            binding.since.clone_from(&status.since);
            binding.since_confidence = status.since_confidence;
        }
        if state == Standing::Suspended {
            self.add_suspension(&mut binding, milestones);
        }
        binding
    }

    /// Adds what was suspended, and when that ends.
    fn add_suspension(&self, binding: &mut ProvisionStatus, milestones: &[Milestone]) {
        let as_of = self.status.as_of;
        let whole = |one: &&Milestone| {
            one.kind == MilestoneKind::Suspended
                && !one.suspends_a_part()
                && one.date.earliest() <= as_of
        };
        let begun = milestones.iter().filter(whole).max_by_key(|one| one.date.earliest());
        binding.measure = begun.map_or(Measure::Unspecified, |one| one.measure);
        let ends = |one: &&Milestone| {
            one.kind == MilestoneKind::SuspensionLifted
                && !one.lifts_a_part()
                && one.date.latest() > as_of
        };
        let lifted = milestones.iter().filter(ends).min_by_key(|one| one.date.latest());
        binding.until = lifted.map(|one| one.date.clone());
    }
}

impl ProvisionStatus {
    const fn new(state: Standing) -> Self {
        Self {
            state,
            since: None,
            since_confidence: None,
            until: None,
            measure: Measure::Unspecified,
            reason: String::new(),
        }
    }

    fn not_known(reason: String) -> Self {
        Self { reason, ..Self::new(Standing::NotKnown) }
    }

    fn suspended(part: &Part<'_>) -> Self {
        Self {
            since: Some(part.suspended.date.clone()),
            since_confidence: part.suspended.confidence,
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
        let until = self.until.filter(|until| Some(until) == other.until.as_ref());
        // The least trusted of both.
        let doubt = self.since_confidence.max(other.since_confidence);
        Self { since_confidence: since.as_ref().and(doubt), since, until, ..other }
    }
}

/// The reason why a part may have a provision.
fn perhaps(part: &Part<'_>) -> String {
    let scope = &part.suspended.scope;
    if part.suspended.articles.is_empty() {
        format!("a part is suspended, in words alone: {scope}")
    } else {
        format!("of it is suspended, or may be: {scope}")
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
