//! A strategy, roadmap, initiative or scheme, and what it is for.

use chronicle::{Field, Resource};
use facts::source::{key, spellings};
use facts::vocabulary::Vocabulary;
use facts::{
    Confidence, ExternalId, PartialDate, SourceRef, StatedAmount, date::sort_day, vocabulary,
};
use policy::desk::Desk;
use policy::{Desks, Tier};
use serde::{Deserialize, Serialize};

vocabulary! {
    /// What a framework is.
    Kind {
        /// A strategy.
        Strategy = 1 "STRATEGY",
        /// A roadmap agreed together.
        Roadmap = 2 "ROADMAP",
        /// The outcome of a summit.
        Summit = 3 "SUMMIT",
        /// An initiative of the Union.
        Initiative = 4 "INITIATIVE",
        /// An initiative of the Union with member states and banks.
        TeamEuropeInitiative = 5 "TEAM_EUROPE_INITIATIVE",
        /// A preference scheme, as granted to a party.
        TradePreference = 6 "TRADE_PREFERENCE",
        /// A list of conventions a scheme requires.
        ConventionList = 7 "CONVENTION_LIST",
    }
}

/// Something a framework is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/framework.proto"
)]
pub struct Priority {
    pub priority_id: String,
    pub code: String,
    pub title: String,
    pub parent_id: String,
}

/// A framework; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/framework.proto"
)]
pub struct Framework {
    pub name: String,
    #[serde(default = "policy::tier::public")]
    pub tier: Tier,
    pub kind: Kind,
    pub title: String,
    pub adopted_by: String,
    pub adopted: Option<PartialDate>,
    pub effective: Option<PartialDate>,
    pub ended: Option<PartialDate>,
    pub priorities: Vec<Priority>,
    pub parties: Vec<String>,
    pub members: Vec<String>,
    pub agreements: Vec<String>,
    pub amounts: Vec<StatedAmount>,
    pub external_ids: Vec<ExternalId>,
    pub note: String,
    pub source: SourceRef,
    pub confidence: Option<Confidence>,
}

impl Framework {
    /// The names by which others refer to its priorities.
    pub fn priority_names(&self) -> Vec<String> {
        self.priorities
            .iter()
            .map(|priority| format!("{}/priorities/{}", self.name, priority.priority_id))
            .collect()
    }
}

impl Resource for Framework {
    const KIND: &'static str = "framework";
    const PATTERN: &'static str = "frameworks/{framework}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn desks(&self) -> Desks {
        Desks::of_parties(self.parties.iter().map(String::as_str)).with(Desk::Reg)
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::choice("kind", Kind::WORDS, |framework| framework.kind.word()),
            Field::sorted_words("title", |framework| framework.title.clone()),
            Field::sorted_day("adopted", |framework| sort_day(framework.adopted.as_ref())),
            Field::texts("parties", |framework: &Self| framework.parties.clone())
                .naming(&["parties/{party}"]),
            Field::texts("agreements", |framework: &Self| framework.agreements.clone())
                .naming(&["agreements/{agreement}"]),
            Field::texts("external_ids", |framework: &Self| spellings(&framework.external_ids))
                .spelled(key),
        ]
    }
}
