//! A thing that is funded: a project, a programme, an envelope, a pledge.

use chronicle::{Field, Resource};
use facts::code;
use facts::source::{key, spellings};
use facts::vocabulary::Vocabulary;
use facts::{
    Confidence, ExternalId, LocalizedText, PartialDate, SourceRef, StatedAmount, date::sort_day,
    vocabulary,
};
use policy::{Desks, Tier};
use serde::{Deserialize, Serialize};

use super::family::Kin;
use super::organization::ALIASES;
use super::roles;
use super::shares::{self, Recipient, Sector, of_recipients};

vocabulary! {
    /// The kind of a record. Amounts of different kinds are never summed.
    Kind {
        /// A project or programme.
        Project = 1 "PROJECT",
        /// An umbrella over several.
        Umbrella = 2 "UMBRELLA",
        /// An allocation of which projects are funded.
        Envelope = 3 "ENVELOPE",
        /// An announcement.
        Pledge = 4 "PLEDGE",
        /// A memorandum with a financial intent.
        Memorandum = 5 "MEMORANDUM",
        /// A project not yet decided.
        Pipeline = 6 "PIPELINE",
        /// A funding instrument.
        Instrument = 7 "INSTRUMENT",
    }
}

vocabulary! {
    /// Where a project stands; the numbers are those of the IATI codelist ActivityStatus.
    Status {
        /// Being scoped or planned.
        Pipeline = 1 "PIPELINE",
        /// Under way.
        Implementation = 2 "IMPLEMENTATION",
        /// Done, awaiting final sign-off or evaluation.
        Finalisation = 3 "FINALISATION",
        /// Done.
        Closed = 4 "CLOSED",
        /// Given up.
        Cancelled = 5 "CANCELLED",
        /// Held.
        Suspended = 6 "SUSPENDED",
    }
}

vocabulary! {
    /// Which date of a project; the numbers below 100 are those of the IATI codelist ActivityDateType.
    DateKind {
        /// Planned start.
        PlannedStart = 1 "PLANNED_START",
        /// Actual start.
        ActualStart = 2 "ACTUAL_START",
        /// Planned end.
        PlannedEnd = 3 "PLANNED_END",
        /// Actual end.
        ActualEnd = 4 "ACTUAL_END",
        /// Announced, decided or signed; IATI has no such date.
        Announced = 101 "ANNOUNCED",
    }
}

vocabulary! {
    /// The role of a participant in a project; the numbers are those of the IATI codelist OrganisationRole.
    Role {
        /// Gives the money.
        Funding = 1 "FUNDING",
        /// Answers for it.
        Accountable = 2 "ACCOUNTABLE",
        /// Manages budget and direction.
        Extending = 3 "EXTENDING",
        /// Carries it out.
        Implementing = 4 "IMPLEMENTING",
    }
}

vocabulary! {
    /// How a project relates to another; the numbers are those of the IATI codelist RelatedActivityType.
    RelationKind {
        /// The other is the parent.
        Parent = 1 "PARENT",
        /// The other is a child.
        Child = 2 "CHILD",
        /// Both have one parent.
        Sibling = 3 "SIBLING",
        /// Both are funded together.
        CoFunded = 4 "CO_FUNDED",
        /// The other is a report on the same by somebody else.
        ThirdParty = 5 "THIRD_PARTY",
    }
}

/// A date of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/projects/v1/project.proto"
)]
pub struct ProjectDate {
    pub kind: DateKind,
    pub date: PartialDate,
}

/// A participant of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/projects/v1/project.proto"
)]
pub struct Participant {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub organization: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

/// How a project relates to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/projects/v1/project.proto"
)]
pub struct Relation {
    pub kind: RelationKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub project: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub iati_identifier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

impl Relation {
    /// The other: by its name where it is recorded, else by its identifier.
    pub fn other(&self) -> &str {
        if self.project.is_empty() { &self.iati_identifier } else { &self.project }
    }
}

/// A project; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/projects/v1/project.proto"
)]
pub struct Project {
    pub name: String,
    #[serde(default = "policy::tier::public")]
    pub tier: Tier,
    pub kind: Kind,
    pub title: String,
    pub titles: Vec<LocalizedText>,
    pub descriptions: Vec<LocalizedText>,
    pub status: Option<Status>,
    pub iati_identifier: String,
    pub dates: Vec<ProjectDate>,
    pub participants: Vec<Participant>,
    pub recipients: Vec<Recipient>,
    pub sectors: Vec<Sector>,
    pub default_currency: String,
    pub amounts: Vec<StatedAmount>,
    pub agreements: Vec<String>,
    pub frameworks: Vec<String>,
    pub relations: Vec<Relation>,
    pub external_ids: Vec<ExternalId>,
    pub note: String,
    pub source: SourceRef,
    pub confidence: Option<Confidence>,
}

impl Project {
    /// When it starts: the actual start, else the planned one.
    pub fn start(&self) -> Option<&PartialDate> {
        let of = |kind| self.dates.iter().find(|date| date.kind == kind).map(|date| &date.date);
        of(DateKind::ActualStart).or_else(|| of(DateKind::PlannedStart))
    }
}

impl Resource for Project {
    const KIND: &'static str = "project";
    const PATTERN: &'static str = "projects/{project}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn desks(&self) -> Desks {
        of_recipients(&self.recipients)
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::choice("kind", Kind::WORDS, |project| project.kind.word()),
            Field::sorted_words("title", |project| project.title.clone()),
            Field::optional_choice("status", Status::WORDS, |project| {
                project.status.map(Status::word)
            }),
            Field::optional_text("iati_identifier", |project: &Self| {
                present(&project.iati_identifier)
            })
            .spelled(code::iati),
            Field::sorted_day("start", |project| sort_day(project.start())),
            Field::texts("participants", |project: &Self| {
                let names = project.participants.iter();
                names
                    .flat_map(|one| [&one.organization, &one.reference])
                    .filter_map(|it| present(it))
                    .collect()
            })
            .naming(&["organizations/{organization}"])
            .spelled(participant)
            .known_by(ALIASES),
            Field::texts("recipients", |project: &Self| {
                project.recipients.iter().map(|recipient| recipient.code().to_owned()).collect()
            })
            .spelled(code::area),
            Field::texts("sectors", |project: &Self| {
                project.sectors.iter().map(|sector| sector.code.clone()).collect()
            })
            .spelled(code::sector),
            Field::texts("agreements", |project: &Self| project.agreements.clone()).naming(&[
                "agreements/{agreement}",
                "agreements/{agreement}/provisions/{provision}",
            ]),
            Field::texts("frameworks", |project: &Self| project.frameworks.clone()).naming(&[
                "frameworks/{framework}",
                "frameworks/{framework}/priorities/{priority}",
            ]),
            Field::texts("relations", |project: &Self| {
                let others = project.relations.iter();
                others
                    .flat_map(|one| [&one.project, &one.iati_identifier])
                    .filter_map(|it| present(it))
                    .collect()
            })
            .naming(&["projects/{project}"])
            .spelled(related),
            Field::texts("external_ids", |project: &Self| {
                let own = present(&project.iati_identifier);
                spellings(&project.external_ids).into_iter().chain(own).collect()
            })
            .spelled(key),
            Field::label("shares", |project| shares::label(&project.recipients, &project.sectors)),
            Field::label("kin", |project| Kin::of(&project.relations).label()),
            Field::label("roles", |project| roles::label(&project.participants)),
        ]
    }
}

/// The one spelling of a participant that is no name: an identifier.
fn participant(asked: &str) -> Result<String, &'static str> {
    if asked.starts_with("organizations/") {
        return Err("a name like organizations/{organization}, or an identifier, is wanted");
    }
    key(asked)
}

/// Returns the identifier of a related project, as it was published, for sums look it up among those of projects.
fn related(asked: &str) -> Result<String, &'static str> {
    if asked.starts_with("projects/") {
        return Err("a name like projects/{project}, or an identifier, is wanted");
    }
    Ok(asked.trim().to_owned())
}

/// A text, or nothing where it is empty.
pub(crate) fn present(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
