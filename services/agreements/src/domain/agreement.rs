//! A treaty, protocol, convention, memorandum or declaration.

use chronicle::{Field, Resource};
use facts::check::matches_pattern;
use facts::source::{key, spellings};
use facts::vocabulary::Vocabulary;
use facts::{
    Confidence, ExternalId, LocalizedText, PartialDate, SourceRef, date::sort_day, vocabulary,
};
use policy::{Desks, Tier};
use serde::{Deserialize, Serialize};

use super::milestone::{Milestone, MilestoneKind, followed};
use super::periods::periods;
use super::state::State;

vocabulary! {
    /// What kind of agreement it is.
    Kind {
        /// Partnership and cooperation agreement (PCA).
        PartnershipAndCooperation = 1 "PARTNERSHIP_AND_COOPERATION",
        /// Enhanced partnership and cooperation agreement (EPCA).
        EnhancedPartnershipAndCooperation = 2 "ENHANCED_PARTNERSHIP_AND_COOPERATION",
        /// Trade and cooperation agreement, older than the PCAs.
        TradeAndCooperation = 3 "TRADE_AND_COOPERATION",
        /// The trade part, applied while the whole awaits ratification.
        InterimTrade = 4 "INTERIM_TRADE",
        /// Protocol to another agreement.
        Protocol = 5 "PROTOCOL",
        /// Agreement on one sector of trade.
        SectoralTrade = 6 "SECTORAL_TRADE",
        /// Agreement on air services.
        Aviation = 7 "AVIATION",
        /// Agreement on research.
        Science = 8 "SCIENCE",
        /// Agreement on nuclear safety, supply or research.
        Nuclear = 9 "NUCLEAR",
        /// Agreement on visas or readmission.
        VisaAndReadmission = 10 "VISA_AND_READMISSION",
        /// Memorandum of understanding: not binding.
        MemorandumOfUnderstanding = 11 "MEMORANDUM_OF_UNDERSTANDING",
        /// Joint declaration: not binding.
        JointDeclaration = 12 "JOINT_DECLARATION",
        /// Agreement on a programme run together.
        JointProgramme = 13 "JOINT_PROGRAMME",
        /// Multilateral convention.
        Convention = 14 "CONVENTION",
        /// Something else.
        Other = 15 "OTHER",
    }
}

vocabulary! {
    /// Somebody's part in an agreement.
    Role {
        /// Bound by it.
        Contracting = 1 "CONTRACTING",
        /// Signed it; for what is not binding.
        Signatory = 2 "SIGNATORY",
        /// Gains from it without being bound.
        Beneficiary = 3 "BENEFICIARY",
    }
}

vocabulary! {
    /// What an article is about.
    ProvisionKind {
        /// Human rights, democracy or non-proliferation as a basis.
        EssentialElement = 1 "ESSENTIAL_ELEMENT",
        /// What a party may do if another breaks the agreement.
        NonExecution = 2 "NON_EXECUTION",
        /// How differences are settled.
        DisputeSettlement = 3 "DISPUTE_SETTLEMENT",
        /// A body set up by the agreement.
        Institutional = 4 "INSTITUTIONAL",
        /// Where it applies.
        Territorial = 5 "TERRITORIAL",
        /// How it enters into force, how long it lasts.
        EntryIntoForce = 6 "ENTRY_INTO_FORCE",
        /// Cooperation on human rights.
        HumanRightsCooperation = 7 "HUMAN_RIGHTS_COOPERATION",
        /// How it is changed.
        Amendment = 8 "AMENDMENT",
        /// Something else.
        Other = 9 "OTHER",
    }
}

vocabulary! {
    /// How an agreement relates to another, read from this one.
    RelationKind {
        /// Changes it.
        Amends = 1 "AMENDS",
        /// Is a protocol to it.
        ProtocolTo = 2 "PROTOCOL_TO",
        /// Takes its place.
        Replaces = 3 "REPLACES",
        /// Applies part of it until it is in force.
        InterimFor = 4 "INTERIM_FOR",
        /// Rests on it.
        BasedOn = 5 "BASED_ON",
        /// Carries it out.
        Implements = 6 "IMPLEMENTS",
        /// Is to take its place once it is in force.
        ToReplace = 7 "TO_REPLACE",
    }
}

vocabulary! {
    /// A party's part in a convention.
    ParticipationKind {
        /// Bound; the source does not say how it became so.
        Party = 1 "PARTY",
        /// Signed, not bound.
        Signed = 2 "SIGNED",
        /// Ratified.
        Ratified = 3 "RATIFIED",
        /// Acceded.
        Acceded = 4 "ACCEDED",
        /// Succeeded to a state that was bound.
        Succeeded = 5 "SUCCEEDED",
        /// No longer bound.
        Withdrawn = 6 "WITHDRAWN",
        /// Neither signed nor bound.
        NotParty = 7 "NOT_PARTY",
    }
}

/// Somebody's part in an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement.proto"
)]
pub struct AgreementParty {
    pub party: String,
    pub role: Option<Role>,
}

/// An article that matters here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement.proto"
)]
pub struct Provision {
    pub provision_id: String,
    pub kind: ProvisionKind,
    pub article: String,
    pub summary: String,
    pub source: Option<SourceRef>,
    pub confidence: Option<Confidence>,
}

/// How an agreement relates to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement.proto"
)]
pub struct Relation {
    pub kind: RelationKind,
    pub agreement: String,
    pub note: String,
}

/// A party's part in a convention, as one source gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement.proto"
)]
pub struct Participation {
    pub party: String,
    pub kind: ParticipationKind,
    pub date: Option<PartialDate>,
    pub stated: Option<PartialDate>,
    pub note: String,
    pub source: Option<SourceRef>,
    pub confidence: Option<Confidence>,
    #[serde(default)]
    pub preferred: bool,
}

impl Participation {
    /// As a filter may ask for it: `parties/kg`, or `parties/kg RATIFIED`.
    fn asked(&self) -> [String; 2] {
        [self.party.clone(), format!("{} {}", self.party, self.kind.word())]
    }
}

/// The one spelling of a party with its part: `parties/kg ratified` → `parties/kg RATIFIED`.
fn participation(asked: &str) -> Result<String, &'static str> {
    let wanted = "a party, or a party and its part, is wanted: \"parties/kg\" or \"parties/kg RATIFIED\"; \
                  the part of anybody is asked with participations.kind:RATIFIED";
    let mut words = asked.split_whitespace();
    let (Some(party), Some(kind), None) = (words.next(), words.next(), words.next()) else {
        return Err(wanted);
    };
    let (party, kind) = (party.to_lowercase(), kind.to_uppercase());
    let kind = kind.trim_start_matches("KIND_");
    let is_pair =
        matches_pattern(&party, "parties/{party}") && ParticipationKind::WORDS.contains(&kind);
    if is_pair { Ok(format!("{party} {kind}")) } else { Err(wanted) }
}

/// An agreement; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement.proto"
)]
pub struct Agreement {
    pub name: String,
    #[serde(default = "policy::tier::public")]
    pub tier: Tier,
    pub kind: Kind,
    pub title: String,
    pub titles: Vec<LocalizedText>,
    pub binding: bool,
    pub mixed: bool,
    pub parties: Vec<AgreementParty>,
    pub milestones: Vec<Milestone>,
    pub provisions: Vec<Provision>,
    pub relations: Vec<Relation>,
    pub participations: Vec<Participation>,
    pub legal_basis: Vec<String>,
    pub external_ids: Vec<ExternalId>,
    pub note: String,
    pub source: SourceRef,
    pub confidence: Option<Confidence>,
}

impl Agreement {
    /// When it was signed, by the account that is followed.
    pub fn signed(&self) -> Option<&PartialDate> {
        let signed = followed(&self.milestones)
            .into_iter()
            .find(|milestone| milestone.kind == MilestoneKind::Signed);
        signed.map(|milestone| &milestone.date)
    }

    /// The names by which others refer to its provisions.
    pub fn provision_names(&self) -> Vec<String> {
        self.provisions
            .iter()
            .map(|provision| format!("{}/provisions/{}", self.name, provision.provision_id))
            .collect()
    }
}

impl Resource for Agreement {
    const KIND: &'static str = "agreement";
    const PATTERN: &'static str = "agreements/{agreement}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn desks(&self) -> Desks {
        Desks::of_parties(self.parties.iter().map(|part| part.party.as_str()))
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::choice("kind", Kind::WORDS, |agreement| agreement.kind.word()),
            Field::sorted_words("title", |agreement| agreement.title.clone()),
            Field::flag("binding", |agreement| agreement.binding),
            Field::flag("mixed", |agreement| agreement.mixed),
            Field::sorted_day("signed_on", |agreement| sort_day(agreement.signed())),
            Field::texts("parties", |agreement: &Self| {
                agreement.parties.iter().map(|part| part.party.clone()).collect()
            })
            .naming(&["parties/{party}"]),
            Field::choices("provisions", ProvisionKind::WORDS, |agreement| {
                agreement.provisions.iter().map(|provision| provision.kind.word()).collect()
            }),
            Field::texts("relations", |agreement: &Self| {
                agreement.relations.iter().map(|relation| relation.agreement.clone()).collect()
            })
            .naming(&["agreements/{agreement}"]),
            Field::texts("participations", |agreement: &Self| {
                agreement.participations.iter().flat_map(Participation::asked).collect()
            })
            .naming(&["parties/{party}"])
            .spelled(participation),
            Field::choices("participations.kind", ParticipationKind::WORDS, |agreement| {
                agreement.participations.iter().map(|it| it.kind.word()).collect()
            }),
            Field::texts("external_ids", |agreement: &Self| spellings(&agreement.external_ids))
                .spelled(key),
            Field::periods("status", State::WORDS, |agreement| periods(&agreement.milestones)),
        ]
    }
}
