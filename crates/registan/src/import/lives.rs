//! Lives of agreements that cannot be, between records: two framework agreements with one partner
//! in force on a day, and a protocol that outlives the agreement it is to.

use std::collections::{BTreeMap, BTreeSet};

use agreements::domain::milestone::Milestone;
use agreements::domain::status::{self, State};
use api::registan::agreements::v1::agreement::Kind;
use api::registan::agreements::v1::relation::Kind as Relation;
use api::registan::agreements::v1::{Agreement, Party, party};
use facts::Day;
use reference::{Loaded, Problem, Record};

/// An agreement, with its events and where it is written.
struct Life<'a> {
    agreement: Agreement,
    milestones: Vec<Milestone>,
    /// The record; none where it is one of those beside what is checked.
    record: Option<&'a Record>,
}

impl Life<'_> {
    fn state(&self, party: &str, day: Day) -> State {
        status::on(&self.milestones, party, day).state
    }

    fn is_framework(&self) -> bool {
        let kind = self.agreement.kind();
        let kinds = [
            Kind::PartnershipAndCooperation,
            Kind::EnhancedPartnershipAndCooperation,
            Kind::TradeAndCooperation,
        ];
        self.agreement.binding && kinds.contains(&kind)
    }

    fn has(&self, party: &str) -> bool {
        self.agreement.parties.iter().any(|one| one.party == party)
    }

    fn problem(&self, field: &str, message: String) -> Option<Problem> {
        let record = self.record?;
        Some(record.problem(&format!("agreements/{}", record.id), field, message))
    }
}

/// Returns the lives that certainly cannot be. The others of a pair may also be among the records
/// `beside` them.
pub fn impossible(loaded: &Loaded, beside: Option<&Loaded>) -> Vec<Problem> {
    let (mut lives, mut states) = (BTreeMap::new(), BTreeSet::new());
    let others = beside.into_iter().flat_map(Loaded::all).map(|one| (one, false));
    for ((collection, record), is_own) in others.chain(loaded.all().map(|one| (one, true))) {
        let name = collection.name_of(record);
        if collection.message == "registan.agreements.v1.Party" {
            let party = record.resource.transcode_to::<Party>();
            states.extend(party.ok().filter(|it| it.kind() == party::Kind::State).map(|_| name));
        } else if collection.message == "registan.agreements.v1.Agreement" {
            let Ok(agreement) = record.resource.transcode_to::<Agreement>() else { continue };
            let milestones = Milestone::all(&agreement.milestones);
            let record = is_own.then_some(record);
            lives.insert(name, Life { agreement, milestones, record });
        }
    }
    let mut problems = Vec::new();
    for state in &states {
        two_frameworks(&lives, state, &mut problems);
    }
    for life in lives.values() {
        problems.extend(outliving(&lives, life));
    }
    problems
}

/// Adds the pairs of framework agreements with a state that were certainly in force on one day.
fn two_frameworks(lives: &BTreeMap<String, Life<'_>>, state: &str, problems: &mut Vec<Problem>) {
    let all = lives.iter().filter(|(_, life)| life.is_framework() && life.has(state));
    let all: Vec<_> = all.collect();
    for (place, (one, life)) in all.iter().enumerate() {
        for (other, second) in &all[place + 1..] {
            let is_in_force =
                |day: &Day| [life, second].iter().all(|it| it.state(state, *day) == State::InForce);
            let Some(day) = days(life, second).find(is_in_force) else { continue };
            for (it, other) in [(life, other), (second, one)] {
                let message = format!("in force on {day}, and so is {other}, for {state}");
                problems.extend(it.problem("milestones", message));
            }
        }
    }
}

/// Returns the agreement to which a protocol is that had certainly ended while the protocol was
/// certainly in force.
fn outliving(lives: &BTreeMap<String, Life<'_>>, life: &Life<'_>) -> Vec<Problem> {
    let relations = life.agreement.relations.iter().enumerate();
    let protocols = relations.filter(|(_, one)| one.kind() == Relation::ProtocolTo);
    let problem = |(place, relation): (usize, &api::registan::agreements::v1::Relation)| {
        let parent = lives.get(&relation.agreement)?;
        let outlives = |day: &Day| {
            let lasts = [State::InForce, State::Suspended, State::ProvisionallyApplied];
            lasts.contains(&life.state("", *day)) && parent.state("", *day).ended()
        };
        let day = days(life, parent).find(outlives)?;
        let message = format!("in force on {day}, when {} had ended", relation.agreement);
        life.problem(&format!("relations[{place}].agreement"), message)
    };
    protocols.filter_map(problem).collect()
}

/// The days on which the state of one of two agreements can change.
fn days(one: &Life<'_>, other: &Life<'_>) -> impl Iterator<Item = Day> {
    let milestones = one.milestones.iter().chain(&other.milestones);
    let days = milestones.flat_map(|it| [it.date.earliest(), it.date.latest()]);
    days.collect::<BTreeSet<Day>>().into_iter()
}

#[cfg(test)]
mod tests {
    use reference::{Data, File, load};

    use super::*;

    fn found(id: &str, kind: &str, year: i32, relation: &str) -> Vec<String> {
        let text = format!(
            r#"{{
 "id": "{id}",
 "resource": {{
  "kind": "KIND_{kind}",
  "title": "A draft",
  "binding": true,
  "parties": [{{"party": "parties/kz", "role": "ROLE_CONTRACTING"}}],
  "milestones": [
   {{"kind": "KIND_IN_FORCE", "date": {{"date": {{"year": {year}, "month": 1, "day": 1}}}},
     "source": {{"citation": "a paper"}}}}
  ],
  "relations": [{relation}],
  "source": {{"citation": "a paper"}}
 }}
}}"#
        );
        let file = File { path: format!("agreements/{id}.json"), text: text.into() };
        let loaded = load(&Data { files: vec![file] });
        let problems = impossible(&loaded, Some(&load(&Data::embedded())));
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_framework_agreements_are_not_in_force_on_one_day() {
        let pca = |year| found("draft", "PARTNERSHIP_AND_COOPERATION", year, "");
        let at = "agreements/draft.json:8: agreements/draft.milestones: in force on";
        let first = "2021-01-01, and so is agreements/eu-kz-epca-2015, for parties/kz";
        assert_eq!(pca(2021), [format!("{at} {first}")]);
        assert_eq!(found("draft", "SECTORAL_TRADE", 2021, ""), [""; 0]);
    }

    #[test]
    fn a_protocol_does_not_outlive_what_it_is_to() {
        let to = |agreement: &str| {
            let relation =
                format!(r#"{{"kind": "KIND_PROTOCOL_TO", "agreement": "agreements/{agreement}"}}"#);
            found("draft", "PROTOCOL", 2010, &relation)
        };
        let outlives = to("eu-kz-pca-1995");
        assert_eq!(outlives.len(), 1, "{outlives:?}");
        let said = "in force on 2020-03-01, when agreements/eu-kz-pca-1995 had ended";
        assert!(outlives[0].ends_with(said), "{outlives:?}");
        assert_eq!(to("eu-kz-epca-2015"), [""; 0]);
    }

    #[test]
    fn the_lives_of_the_reference_record_can_be() {
        assert_eq!(impossible(&load(&Data::embedded()), None), []);
    }
}
