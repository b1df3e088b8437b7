//! An organisation with a role in projects, or that gives or receives money.

use chronicle::{Aliases, Field, Resource};
use facts::code;
use facts::source::{key, spellings};
use facts::{Confidence, ExternalId, LocalizedText, SourceRef};
use policy::Tier;
use serde::{Deserialize, Serialize};

/// An organization; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/projects/v1/organization.proto"
)]
pub struct Organization {
    pub name: String,
    #[serde(default = "policy::tier::public")]
    pub tier: Tier,
    pub display_name: String,
    pub names: Vec<LocalizedText>,
    pub iati_ref: String,
    pub type_code: String,
    pub party: String,
    pub external_ids: Vec<ExternalId>,
    pub note: String,
    pub source: SourceRef,
    pub confidence: Option<Confidence>,
}

impl Organization {
    /// By what it is known: a participant that is recorded under one of these is found by any.
    pub const ALIASES: Aliases =
        Aliases { kind: Self::KIND, single: &["iati_ref"], many: &["external_ids"] };
}

impl Resource for Organization {
    const KIND: &'static str = "organization";
    const PATTERN: &'static str = "organizations/{organization}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::sorted_words("display_name", |organization| organization.display_name.clone()),
            Field::optional_text("iati_ref", |organization: &Self| {
                super::project::present(&organization.iati_ref)
            })
            .spelled(code::iati),
            Field::texts("external_ids", |organization: &Self| {
                let own = super::project::present(&organization.iati_ref);
                spellings(&organization.external_ids).into_iter().chain(own).collect()
            })
            .spelled(key),
        ]
    }
}
