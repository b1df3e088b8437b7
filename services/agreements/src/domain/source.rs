//! A document or publication that facts are taken from.

use chronicle::{Field, Resource};
use facts::source::{key, spellings};
use facts::vocabulary::Vocabulary;
use facts::{Basis, Confidence, Day, ExternalId, PartialDate, date::sort_day, vocabulary};
use policy::Tier;
use serde::{Deserialize, Serialize};

vocabulary! {
    /// What a source is.
    Kind {
        /// A treaty text or legal act as published.
        LegalAct = 1 "LEGAL_ACT",
        /// A document of the European Parliament.
        ParliamentDocument = 2 "PARLIAMENT_DOCUMENT",
        /// Another document of an EU institution or a government.
        OfficialDocument = 3 "OFFICIAL_DOCUMENT",
        /// A document of the United Nations.
        UnDocument = 4 "UN_DOCUMENT",
        /// A data set.
        Dataset = 5 "DATASET",
        /// A press release or news report.
        Press = 6 "PRESS",
        /// Something else.
        Other = 7 "OTHER",
    }
}

vocabulary! {
    /// How the address of a source was found.
    UriOrigin {
        /// It was given.
        Given = 1 "GIVEN",
        /// Derived from the CELEX number.
        Celex = 2 "CELEX",
        /// Derived from the European Legislation Identifier.
        Eli = 3 "ELI",
        /// Derived from the number of an Official Journal.
        Oj = 4 "OJ",
        /// Derived from the procedure of the European Parliament.
        Procedure = 5 "PROCEDURE",
        /// Derived from the document of the European Parliament.
        EpDocument = 6 "EP_DOCUMENT",
        /// Derived from the document of the Commission, the High Representative or the Council.
        EuDocument = 7 "EU_DOCUMENT",
        /// Derived from the symbol of the United Nations.
        UnSymbol = 8 "UN_SYMBOL",
    }
}

/// Something that a source says: its statement, not a fact of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/source.proto"
)]
pub struct Statement {
    pub statement_id: String,
    pub text: String,
    pub concerns: Vec<String>,
    pub basis: Option<Basis>,
    pub confidence: Option<Confidence>,
    pub hedge: String,
}

/// A source; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/source.proto"
)]
pub struct Source {
    pub name: String,
    #[serde(default = "policy::tier::public")]
    pub tier: Tier,
    pub kind: Kind,
    pub title: String,
    pub citation: String,
    pub uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri_origin: Option<UriOrigin>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uri_note: String,
    pub publisher: String,
    pub published: Option<PartialDate>,
    pub retrieved: Option<Day>,
    pub licence: String,
    pub external_ids: Vec<ExternalId>,
    pub note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
}

/// What a statement may be about.
pub const CONCERNED: &[&str] = &[
    "parties/{party}",
    "agreements/{agreement}",
    "agreements/{agreement}/provisions/{provision}",
    "frameworks/{framework}",
    "frameworks/{framework}/priorities/{priority}",
    "sources/{source}",
];

impl Resource for Source {
    const KIND: &'static str = "source";
    const PATTERN: &'static str = "sources/{source}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::choice("kind", Kind::WORDS, |source| source.kind.word()),
            Field::sorted_words("title", |source| source.title.clone()),
            Field::sorted_day("published", |source| sort_day(source.published.as_ref())),
            Field::texts("external_ids", |source: &Self| spellings(&source.external_ids))
                .spelled(key),
            Field::texts("statements", |source: &Self| {
                source.statements.iter().flat_map(|one| one.concerns.iter().cloned()).collect()
            })
            .naming(CONCERNED),
        ]
    }
}
