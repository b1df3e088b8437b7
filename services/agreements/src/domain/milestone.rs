//! What happens to an agreement, and which of several accounts of it is followed.

use facts::{Confidence, PartialDate, SourceRef, vocabulary};
use serde::{Deserialize, Serialize};

vocabulary! {
    /// What happened.
    MilestoneKind {
        /// The Council authorised negotiations.
        Mandated = 1 "MANDATED",
        /// Negotiations were launched, or the first round was held.
        NegotiationsOpened = 2 "NEGOTIATIONS_OPENED",
        /// Negotiations were paused.
        NegotiationsPaused = 3 "NEGOTIATIONS_PAUSED",
        /// Negotiations went on.
        NegotiationsResumed = 4 "NEGOTIATIONS_RESUMED",
        /// Negotiations ended in agreement.
        NegotiationsConcluded = 5 "NEGOTIATIONS_CONCLUDED",
        /// The chief negotiators initialled the text.
        Initialled = 6 "INITIALLED",
        /// The Council decided to sign.
        SignatureDecided = 7 "SIGNATURE_DECIDED",
        /// It was signed.
        Signed = 8 "SIGNED",
        /// The Council asked the European Parliament for consent.
        ConsentRequested = 9 "CONSENT_REQUESTED",
        /// The Parliament did not give consent, or under conditions not yet met.
        ConsentWithheld = 10 "CONSENT_WITHHELD",
        /// The Parliament gave consent.
        ConsentGiven = 11 "CONSENT_GIVEN",
        /// A party ratified it.
        Ratified = 12 "RATIFIED",
        /// A party notified the depositary.
        Notified = 13 "NOTIFIED",
        /// The Council concluded it for the Union.
        ConcludedByCouncil = 14 "CONCLUDED_BY_COUNCIL",
        /// Provisional application began.
        ProvisionallyApplied = 15 "PROVISIONALLY_APPLIED",
        /// It entered into force.
        InForce = 16 "IN_FORCE",
        /// It was suspended in whole or in part.
        Suspended = 17 "SUSPENDED",
        /// The suspension ended.
        SuspensionLifted = 18 "SUSPENSION_LIFTED",
        /// It was amended.
        Amended = 19 "AMENDED",
        /// It was renewed or extended.
        Renewed = 20 "RENEWED",
        /// It was denounced.
        Terminated = 21 "TERMINATED",
        /// It ended by its own terms.
        Expired = 22 "EXPIRED",
        /// Another took its place.
        Replaced = 23 "REPLACED",
        /// It was given up after signature.
        Withdrawn = 24 "WITHDRAWN",
    }
}

impl MilestoneKind {
    /// Whether it can happen more than once, so that several are several events and not several accounts of one.
    pub const fn repeats(self) -> bool {
        matches!(
            self,
            Self::NegotiationsPaused
                | Self::NegotiationsResumed
                | Self::Suspended
                | Self::SuspensionLifted
                | Self::Amended
                | Self::Renewed
                | Self::ConsentWithheld
        )
    }
}

/// Something that happened to an agreement; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement.proto"
)]
pub struct Milestone {
    pub kind: MilestoneKind,
    pub date: PartialDate,
    #[serde(default)]
    pub party: String,
    #[serde(default)]
    pub place: String,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub source: Option<SourceRef>,
    #[serde(default)]
    pub confidence: Option<Confidence>,
    #[serde(default)]
    pub preferred: bool,
}

/// The milestones to follow: of several accounts of one event (one kind, one party) the preferred one, else the most trusted,
/// else the first; of what can happen again all.
pub fn followed(milestones: &[Milestone]) -> Vec<&Milestone> {
    let mut chosen: Vec<&Milestone> = Vec::new();
    for milestone in milestones {
        let same =
            |other: &&Milestone| other.kind == milestone.kind && other.party == milestone.party;
        let rival = chosen.iter().position(same).filter(|_| !milestone.kind.repeats());
        match rival {
            Some(place) if rank(milestone) < rank(chosen[place]) => chosen[place] = milestone,
            Some(_) => {}
            None => chosen.push(milestone),
        }
    }
    chosen
}

/// Lower is better.
fn rank(milestone: &Milestone) -> (bool, Confidence) {
    (!milestone.preferred, milestone.confidence.unwrap_or(Confidence::Unsure))
}
