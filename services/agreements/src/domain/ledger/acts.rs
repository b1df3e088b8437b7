//! The acts of single parties towards an agreement, to be asked for many days.

use std::collections::BTreeMap;

use api::registan::agreements::v1 as wire;
use facts::Day;

use super::evidence::{self, Fact, Stage};
use super::standing::{Stand, own};
use super::unions::Unions;

/// The acts of parties, by their names.
#[derive(Debug, Default)]
pub struct Acts(BTreeMap<String, Vec<Fact>>);

impl Acts {
    /// Returns the acts that are recorded of an agreement: its ratifications, its participations,
    /// and its milestones that name a party.
    pub fn of(agreement: &wire::Agreement, ratifications: &[wire::Ratification]) -> Self {
        let mut all: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        for fact in evidence::facts(agreement, ratifications, &Unions::default()) {
            all.entry(fact.entry.party.clone()).or_default().push(fact);
        }
        Self(all)
    }

    /// Returns how a party stands on a day by its own acts; nothing where none is recorded.
    pub fn stand(&self, party: &str, day: Day) -> Option<Stand> {
        let of_it: Vec<&Fact> = self.0.get(party)?.iter().collect();
        Some(own(&of_it, day))
    }

    /// Returns whether it is recorded of a party that it had not acted, or only by its own law, and
    /// nothing more.
    pub fn are_open(&self, party: &str) -> bool {
        let of_it = self.0.get(party).map_or(&[][..], Vec::as_slice);
        of_it.iter().all(|fact| matches!(fact.stage, Stage::Law | Stage::NotYet))
    }

    /// Returns whether a withdrawal is recorded of a party, on whatever day.
    pub fn withdraws(&self, party: &str) -> bool {
        let of_it = self.0.get(party).map_or(&[][..], Vec::as_slice);
        of_it.iter().any(|fact| fact.stage == Stage::Withdrawal)
    }

    /// Returns whether a party may have joined after a day: by an accession or a succession, or by
    /// an act that came later.
    pub fn joins_after(&self, party: &str, day: Day) -> bool {
        use wire::ratification::Kind::{Accession, Succession};
        let of_it = self.0.get(party).map_or(&[][..], Vec::as_slice);
        let joins = |fact: &Fact| [Accession, Succession].contains(&fact.entry.kind());
        of_it.iter().any(|one| one.stage == Stage::Act && (day < one.span.earliest || joins(one)))
    }

    /// Returns the days on which the standing of one of these parties can change.
    pub fn turns(&self, parties: &[String]) -> impl Iterator<Item = Day> {
        let ends = |fact: &Fact| [fact.span.earliest, fact.span.latest];
        parties.iter().filter_map(|party| self.0.get(party)).flatten().flat_map(ends)
    }

    /// Returns how many acts there are.
    pub fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}
