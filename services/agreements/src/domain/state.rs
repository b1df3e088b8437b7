//! The states of an agreement, and which milestone leads to which.

use facts::vocabulary;

use super::milestone::MilestoneKind;

vocabulary! {
    /// Where an agreement stands.
    State {
        /// The day lies before the first milestone that is recorded.
        NotStarted = 1 "NOT_STARTED",
        /// Negotiations are authorised.
        Mandated = 2 "MANDATED",
        /// Negotiations have begun.
        Negotiating = 3 "NEGOTIATING",
        /// Negotiations are paused.
        Paused = 4 "PAUSED",
        /// Negotiations have ended in agreement.
        Concluded = 5 "CONCLUDED",
        /// The text is fixed; no legal force.
        Initialled = 6 "INITIALLED",
        /// Signed, not in force.
        Signed = 7 "SIGNED",
        /// Applied in part before all have ratified (TFEU 218(5)).
        ProvisionallyApplied = 8 "PROVISIONALLY_APPLIED",
        /// In force.
        InForce = 9 "IN_FORCE",
        /// In force, and suspended as a whole.
        Suspended = 10 "SUSPENDED",
        /// Denounced.
        Terminated = 11 "TERMINATED",
        /// Ended by its own terms.
        Expired = 12 "EXPIRED",
        /// Another agreement stands in its place.
        Replaced = 13 "REPLACED",
        /// Signed, then given up.
        Withdrawn = 14 "WITHDRAWN",
        /// Adopted by a conference or an organisation; no legal force.
        Adopted = 15 "ADOPTED",
        /// Adopted, and open for signature.
        OpenForSignature = 16 "OPEN_FOR_SIGNATURE",
        /// Several are possible.
        Undetermined = 17 "UNDETERMINED",
        /// No milestone that changes it is recorded.
        Unknown = 18 "UNKNOWN",
    }
}

/// The state a milestone leads to; nothing for what does not change the state, such as consent or a
/// ratification.
pub const fn leads_to(kind: MilestoneKind) -> Option<State> {
    match kind {
        MilestoneKind::Mandated => Some(State::Mandated),
        MilestoneKind::NegotiationsOpened | MilestoneKind::NegotiationsResumed => {
            Some(State::Negotiating)
        }
        MilestoneKind::NegotiationsPaused => Some(State::Paused),
        MilestoneKind::NegotiationsConcluded => Some(State::Concluded),
        MilestoneKind::Initialled => Some(State::Initialled),
        MilestoneKind::Signed => Some(State::Signed),
        MilestoneKind::ProvisionallyApplied => Some(State::ProvisionallyApplied),
        MilestoneKind::InForce | MilestoneKind::SuspensionLifted => Some(State::InForce),
        MilestoneKind::Suspended => Some(State::Suspended),
        MilestoneKind::Terminated => Some(State::Terminated),
        MilestoneKind::Expired => Some(State::Expired),
        MilestoneKind::Replaced => Some(State::Replaced),
        MilestoneKind::Withdrawn => Some(State::Withdrawn),
        MilestoneKind::Adopted => Some(State::Adopted),
        MilestoneKind::OpenedForSignature => Some(State::OpenForSignature),
        MilestoneKind::SignatureDecided
        | MilestoneKind::ConsentRequested
        | MilestoneKind::ConsentWithheld
        | MilestoneKind::ConsentGiven
        | MilestoneKind::Ratified
        | MilestoneKind::Notified
        | MilestoneKind::ConcludedByCouncil
        | MilestoneKind::Amended
        | MilestoneKind::Renewed
        | MilestoneKind::Unread => None,
    }
}

impl State {
    /// Its place in the life of an agreement.
    pub const fn rank(self) -> u8 {
        match self {
            Self::NotStarted => 1,
            Self::Mandated => 2,
            Self::Negotiating => 3,
            Self::Paused => 4,
            Self::Concluded => 5,
            Self::Initialled => 6,
            Self::Adopted => 7,
            Self::OpenForSignature => 8,
            Self::Signed => 9,
            Self::ProvisionallyApplied => 10,
            Self::InForce => 11,
            Self::Suspended => 12,
            Self::Terminated => 13,
            Self::Expired => 14,
            Self::Replaced => 15,
            Self::Withdrawn => 16,
            Self::Undetermined | Self::Unknown | Self::Unread => 0,
        }
    }

    /// Returns whether `next` may follow: life goes forward, but for negotiations that go on, and
    /// what enters into force while it is suspended. A lifting leads back to where the agreement
    /// stood: the life of it knows.
    pub const fn allows(self, next: Self) -> bool {
        match (self, next) {
            (Self::Paused, Self::Negotiating) | (Self::Suspended, Self::InForce) => true,
            _ => next.rank() > self.rank(),
        }
    }

    /// Returns whether it has ended by then.
    pub const fn ended(self) -> bool {
        matches!(self, Self::Terminated | Self::Expired | Self::Replaced | Self::Withdrawn)
    }
}
