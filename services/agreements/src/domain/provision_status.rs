//! Where a provision stands on a day: where its agreement stands, but for what was suspended,
//! lifted or applied provisionally in part. Where it is not known whether such a part has the
//! provision, its state is not known, and the reason says why.

use std::cell::OnceCell;
use std::collections::HashMap;

use api::registan::agreements::v1 as wire;
pub use api::registan::agreements::v1::legal_basis_provision::State as Standing;
use chronicle::fold;
use facts::PartialDate;

use super::citation::{self, Cited, Covers};
use super::milestone::{Measure, Milestone, MilestoneKind, Within, followed};
use super::parts::{Part, part};
use super::provision::cited;
use super::status::{self, State, Status, Suspended};

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
        let applied = followed(milestones).into_iter().find(is_applied);
        let applied =
            applied.map(|one| (one, one.articles.iter().map(|it| Scope::of(it)).collect()));
        let (without, freeing) = (OnceCell::new(), OnceCell::new());
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
        }
    }

    /// Returns where a provision of it stands on the day. One that is cited as several articles
    /// stands where all of them do.
    pub fn of(&self, provision: &wire::Provision) -> ProvisionStatus {
        let place = Place::of(provision);
        let mut units = place.units.iter();
        let Some(first) = units.next() else { return self.of_unit(&place, None) };
        units.fold(self.of_unit(&place, Some(first)), |status, unit| {
            let why = || format!("its parts stand differently: {}", place.cited);
            status.or(self.of_unit(&place, Some(unit)), why)
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
                    let less = unit.and_then(|unit| of_less(all, suspended, unit));
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
        let whole = || self.read(self.status);
        let Some((applied, scopes)) = &self.applied else { return whole() };
        let rest = || self.read(self.without());
        let all = scopes.iter().map(|scope| place.covered_by_scope(unit, scope));
        match all.max().unwrap_or(Covers::Perhaps) {
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

    /// The state of a unit for which alone the suspension of the whole was lifted.
    fn freed(&self, place: &Place, unit: Option<&Cited>) -> Option<ProvisionStatus> {
        let frees = |one: &&&Milestone| place.covered_by(unit, one) == Covers::Yes;
        let freeing = self.freeing.get_or_init(|| self.freeing());
        let freeing: Vec<&Milestone> = freeing.iter().filter(frees).copied().collect();
        if freeing.is_empty() {
            return None;
        }
        let as_whole = |one: &Milestone| Milestone {
            scope: String::new(),
            whole: true,
            part: None,
            ..one.clone()
        };
        let of_the_whole = |one: &&Milestone| !one.suspends_a_part() && !one.lifts_a_part();
        let milestones = self.milestones.iter().filter(of_the_whole).cloned();
        let milestones: Vec<Milestone> =
            milestones.chain(freeing.into_iter().map(as_whole)).collect();
        Some(self.read(&status::on(&milestones, self.party, self.status.as_of)))
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

/// A citation of what something covers, as it is written and as it is read.
struct Scope {
    folded: String,
    parts: Vec<Cited>,
}

impl Scope {
    fn of(text: &str) -> Self {
        Self { folded: fold(text), parts: citation::read(text).unwrap_or_default() }
    }
}

/// Where a provision lies in its agreement.
struct Place {
    /// As it is cited.
    cited: String,
    /// Its own citation, its article and its division, folded.
    texts: [String; 3],
    /// The articles or paragraphs that it is; none where its citation is not read.
    units: Vec<Cited>,
    /// The divisions that it lies within, each with whether another is named around it.
    divisions: Vec<(Cited, bool)>,
    /// True where it lies in an annex, a protocol and the like, with articles of its own.
    is_attached: bool,
}

impl Place {
    fn of(provision: &wire::Provision) -> Self {
        let cited = cited(provision);
        let texts = [&cited, &provision.article, &provision.division].map(|text| fold(text));
        let units = citation::read(&cited).unwrap_or_default();
        let divisions = provision.division.split([',', '/', ';']).enumerate();
        let divisions = divisions.flat_map(|(place, text)| {
            let read = citation::read(text).unwrap_or_default();
            read.into_iter().map(move |one| (one, place > 0))
        });
        let (divisions, is_attached) = (divisions.collect(), citation::names_attached(&texts[2]));
        Self { cited, texts, units, divisions, is_attached }
    }

    /// Returns whether a suspension or a lifting of a part covers a unit of it. Of one that covers
    /// only a paragraph of it, and of one that says in words what it covers, it is not known.
    fn covered_by(&self, unit: Option<&Cited>, one: &Milestone) -> Covers {
        match &one.part {
            Some(part) => self.within(unit, part),
            None if one.articles.is_empty() => Covers::Perhaps,
            None => self.covered_by_text(&fold(&one.scope)),
        }
    }

    fn covered_by_scope(&self, unit: Option<&Cited>, scope: &Scope) -> Covers {
        let all = scope.parts.iter().map(|part| self.within(unit, part));
        all.max().unwrap_or_else(|| self.covered_by_text(&scope.folded))
    }

    /// Returns whether what is not read as a citation is written as it is cited.
    fn covered_by_text(&self, folded: &String) -> Covers {
        let is_certain = !self.is_attached || self.texts[2] == *folded;
        let is_named = self.texts.contains(folded);
        if is_named && is_certain { Covers::Yes } else { Covers::Perhaps }
    }

    /// The articles of an annex are not those of the main text, and each title may count its
    /// chapters anew: there one number need not be one part.
    fn within(&self, unit: Option<&Cited>, part: &Cited) -> Covers {
        let certain = |is_certain| if is_certain { Covers::Yes } else { Covers::Perhaps };
        let of_division = self.divisions.iter().filter(|(one, _)| one.is_like(part));
        let of_division =
            of_division.map(|(one, is_inner)| part.covers(one).min(certain(!is_inner)));
        // Of another annex than the one that its division names in words nothing is known.
        let is_apart = self.is_attached && part.is_attached();
        let of_unit = || match unit {
            Some(unit) if !is_apart || unit.is_attached() => part.covers(unit),
            _ => Covers::Perhaps,
        };
        let covers = of_division.max().unwrap_or_else(of_unit);
        covers.min(certain(!self.is_attached || part.is_attached()))
    }
}

/// Where a part stands for a unit within it for which alone it may have been lifted.
fn of_less<'a>(all: &Suspended<'a>, suspended: &'a Milestone, unit: &Cited) -> Option<Part<'a>> {
    let mut within = vec![Within::Whole];
    within.extend(unit.around().map(Within::Part));
    let lifting = all.liftings.of_less(suspended, &within)?;
    Some(part(suspended, Some(lifting), &all.day))
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
