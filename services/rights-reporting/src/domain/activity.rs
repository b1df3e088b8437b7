//! Something a delegation did, or tried to do, about human rights.

use std::borrow::Cow;

use chronicle::{Field, Resource};
use facts::vocabulary::Vocabulary;
use facts::{Confidence, PartialDate, SourceRef, date::sort_day, vocabulary};
use policy::{Desks, Tier};
use serde::{Deserialize, Serialize};

vocabulary! {
    /// The kind of an activity.
    Kind {
        /// The local situation was monitored.
        Monitoring = 1 "MONITORING",
        /// A court hearing was attended.
        CourtHearing = 2 "COURT_HEARING",
        /// Human-rights defenders were met.
        DefendersMeeting = 3 "DEFENDERS_MEETING",
        /// A statement was made.
        Statement = 4 "STATEMENT",
        /// A démarche was made.
        Demarche = 5 "DEMARCHE",
        /// A prison was visited.
        PrisonVisit = 6 "PRISON_VISIT",
    }
}

vocabulary! {
    /// How it went. A refusal is an outcome, not an absence.
    Outcome {
        /// It took place.
        CarriedOut = 1 "CARRIED_OUT",
        /// It took place in part.
        PartlyCarriedOut = 2 "PARTLY_CARRIED_OUT",
        /// The host refused, or did not admit the delegation.
        Refused = 3 "REFUSED",
        /// The host did not answer.
        NoReply = 4 "NO_REPLY",
        /// It was put off.
        Postponed = 5 "POSTPONED",
        /// It was given up.
        Dropped = 6 "DROPPED",
        /// It has not taken place yet.
        Planned = 7 "PLANNED",
    }
}

impl Outcome {
    /// Returns whether it says that something took place.
    pub const fn took_place(self) -> bool {
        matches!(self, Self::CarriedOut | Self::PartlyCarriedOut)
    }
}

/// An activity; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/rights/v1/activity.proto"
)]
pub struct Activity {
    pub name: String,
    #[serde(default = "policy::tier::restricted")]
    pub tier: Tier,
    pub kind: Kind,
    pub party: String,
    pub delegation: String,
    pub place: String,
    pub date: PartialDate,
    pub outcome: Outcome,
    pub summary: String,
    pub recommendations: Vec<String>,
    pub projects: Vec<String>,
    pub source: SourceRef,
    pub confidence: Option<Confidence>,
    #[serde(default)]
    pub internal_note: String,
    #[serde(default)]
    pub route: String,
}

impl Resource for Activity {
    const KIND: &'static str = "activity";
    const PATTERN: &'static str = "activities/{activity}";
    const WATCHED: bool = true;
    const LAYERED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn desks(&self) -> Desks {
        Desks::of_parties([self.party.as_str()])
    }

    fn shown_at(&self, tier: Tier) -> Cow<'_, Self> {
        let mut shown = Cow::Borrowed(self);
        if tier < Tier::Secret {
            shown.to_mut().route.clear();
        }
        if tier < Tier::Confidential {
            shown.to_mut().internal_note.clear();
        }
        shown
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::choice("kind", Kind::WORDS, |activity| activity.kind.word()),
            Field::text("party", |activity: &Self| activity.party.clone())
                .naming(&["parties/{party}"]),
            Field::words("delegation", |activity| activity.delegation.clone()),
            Field::sorted_day("date", |activity| sort_day(Some(&activity.date))),
            Field::choice("outcome", Outcome::WORDS, |activity| activity.outcome.word()),
            Field::texts("recommendations", |activity: &Self| activity.recommendations.clone())
                .naming(&["recommendations/{recommendation}"]),
            Field::texts("projects", |activity: &Self| activity.projects.clone())
                .naming(&["projects/{project}"]),
        ]
    }
}
