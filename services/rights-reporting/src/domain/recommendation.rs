//! A call by a body on somebody to do something.

use std::collections::HashSet;

use chronicle::{Field, Resource, fold};
use facts::source::{key, spellings};
use facts::vocabulary::Vocabulary;
use facts::{Confidence, ExternalId, PartialDate, SourceRef, date::sort_day, vocabulary};
use policy::{Desks, Tier};
use serde::{Deserialize, Serialize};

vocabulary! {
    /// The kind of an addressee.
    AddresseeKind {
        /// The government of a party.
        Government = 1 "GOVERNMENT",
        /// The delegations of the European Union.
        EuDelegations = 2 "EU_DELEGATIONS",
        /// The institutions of the Union, or several of them.
        EuInstitutions = 3 "EU_INSTITUTIONS",
        /// The European Commission.
        Commission = 4 "COMMISSION",
        /// The European External Action Service.
        Eeas = 5 "EEAS",
        /// The Council of the Union.
        Council = 6 "COUNCIL",
        /// The European Parliament itself.
        Parliament = 7 "PARLIAMENT",
        /// The member states of the Union.
        MemberStates = 8 "MEMBER_STATES",
        /// Another addressee, named.
        Other = 9 "OTHER",
    }
}

/// On whom a recommendation calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/rights/v1/recommendation.proto"
)]
pub struct Addressee {
    pub kind: AddresseeKind,
    pub party: String,
    pub display_name: String,
}

/// A recommendation; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/rights/v1/recommendation.proto"
)]
pub struct Recommendation {
    pub name: String,
    #[serde(default = "policy::tier::public")]
    pub tier: Tier,
    pub issuer: String,
    pub document: SourceRef,
    pub adopted: PartialDate,
    pub addressees: Vec<Addressee>,
    pub parties: Vec<String>,
    pub action: String,
    pub themes: Vec<String>,
    pub agreements: Vec<String>,
    pub external_ids: Vec<ExternalId>,
    pub note: String,
    pub confidence: Option<Confidence>,
}

/// A violation of an addressee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddresseeFault {
    /// A government of no party, where the recommendation concerns none either.
    NoGovernment,
    /// A party for what is no government.
    PartyOfOther,
    /// Another addressee whose name is missing.
    NoName,
}

impl Addressee {
    /// Returns its violation in a recommendation that concerns these parties, if it has one.
    pub fn fault(&self, parties: &[String]) -> Option<AddresseeFault> {
        match self.kind {
            AddresseeKind::Government => {
                let nobody = self.party.is_empty() && parties.is_empty();
                nobody.then_some(AddresseeFault::NoGovernment)
            }
            AddresseeKind::Unread => None,
            _ if !self.party.is_empty() => Some(AddresseeFault::PartyOfOther),
            AddresseeKind::Other if self.display_name.is_empty() => Some(AddresseeFault::NoName),
            _ => None,
        }
    }
}

/// The places of the texts that were there before.
pub fn repeated(texts: &[String]) -> Vec<usize> {
    let mut seen = HashSet::new();
    (0..texts.len()).filter(|place| !seen.insert(&texts[*place])).collect()
}

impl Resource for Recommendation {
    const KIND: &'static str = "recommendation";
    const PATTERN: &'static str = "recommendations/{recommendation}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn desks(&self) -> Desks {
        Desks::of_parties(self.parties.iter().map(String::as_str))
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::words("issuer", |call| call.issuer.clone()),
            Field::sorted_day("adopted", |call| sort_day(Some(&call.adopted))),
            Field::choices("addressees", AddresseeKind::WORDS, |call| {
                call.addressees.iter().map(|addressee| addressee.kind.word()).collect()
            }),
            Field::texts("parties", |call: &Self| call.parties.clone())
                .naming(&["parties/{party}"]),
            Field::words("action", |call| call.action.clone()),
            Field::texts("themes", |call: &Self| call.themes.clone())
                .spelled(|theme| Ok(fold(theme))),
            Field::texts("agreements", |call: &Self| call.agreements.clone()).naming(&[
                "agreements/{agreement}",
                "agreements/{agreement}/provisions/{provision}",
            ]),
            Field::texts("documents", |call: &Self| {
                let recorded = Some(&call.document.source).filter(|source| !source.is_empty());
                recorded.into_iter().cloned().collect()
            })
            .naming(&["sources/{source}"]),
            Field::texts("external_ids", |call: &Self| spellings(&call.external_ids)).spelled(key),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addressee(kind: AddresseeKind, party: &str, display_name: &str) -> Addressee {
        Addressee { kind, party: party.to_owned(), display_name: display_name.to_owned() }
    }

    #[test]
    fn an_addressee_must_be_somebody() {
        use AddresseeKind::{Commission, Government, Other};
        let concerned = ["parties/tm".to_owned()];

        for (one, parties, fault) in [
            (addressee(Government, "", ""), &concerned[..], None),
            (addressee(Government, "parties/kz", ""), &[], None),
            (addressee(Government, "", "the authorities"), &[], Some(AddresseeFault::NoGovernment)),
            (
                addressee(Commission, "parties/kz", ""),
                &concerned,
                Some(AddresseeFault::PartyOfOther),
            ),
            (addressee(Commission, "", ""), &[], None),
            (addressee(Other, "", ""), &concerned, Some(AddresseeFault::NoName)),
            (addressee(Other, "", "the Arab League"), &[], None),
        ] {
            assert_eq!(one.fault(parties), fault, "{one:?}");
        }
    }

    #[test]
    fn only_the_repeats_are_found() {
        let texts = ["torture", "media", "torture", "torture"].map(ToOwned::to_owned);

        assert_eq!(repeated(&texts), [2, 3]);
    }
}
