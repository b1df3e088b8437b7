//! A state, a union of states, a bank or an organisation that can be party to an agreement.

use chronicle::{Field, Resource};
use facts::code::country;
use facts::source::{key, spellings};
use facts::vocabulary::Vocabulary;
use facts::{Confidence, ExternalId, LocalizedText, PartialDate, SourceRef, vocabulary};
use policy::{Desks, Tier};
use serde::{Deserialize, Serialize};

vocabulary! {
    /// What a party is.
    Kind {
        /// A state.
        State = 1 "STATE",
        /// A state that no longer exists.
        FormerState = 2 "FORMER_STATE",
        /// The European Union or one of the Communities before it.
        Union = 3 "UNION",
        /// The member states of the Union of a time, acting together.
        States = 4 "STATES",
        /// A development bank.
        Bank = 5 "BANK",
        /// An international organisation.
        Organisation = 6 "ORGANISATION",
        /// A group of states that only classifications know.
        Region = 7 "REGION",
    }
}

/// A party; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/party.proto"
)]
pub struct Party {
    pub name: String,
    #[serde(default = "policy::tier::public")]
    pub tier: Tier,
    pub kind: Kind,
    pub display_name: String,
    pub official_name: String,
    pub names: Vec<LocalizedText>,
    pub country_code: String,
    pub currency_code: String,
    pub established: Option<PartialDate>,
    pub ended: Option<PartialDate>,
    pub predecessors: Vec<String>,
    pub external_ids: Vec<ExternalId>,
    pub note: String,
    pub source: SourceRef,
    pub confidence: Option<Confidence>,
}

impl Resource for Party {
    const KIND: &'static str = "party";
    const PATTERN: &'static str = "parties/{party}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn desks(&self) -> Desks {
        Desks::of_country(&self.country_code)
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::choice("kind", Kind::WORDS, |party| party.kind.word()),
            Field::sorted_words("display_name", |party| party.display_name.clone()),
            Field::text("country_code", |party: &Self| party.country_code.clone()).spelled(country),
            Field::texts("external_ids", |party: &Self| spellings(&party.external_ids))
                .spelled(key),
        ]
    }
}
