//! Where an agreement stands on a day: computed from its milestones, never stored (domain.md 3.2).

use facts::{Confidence, Day, PartialDate, vocabulary};

use super::milestone::{Milestone, MilestoneKind, followed};

vocabulary! {
    /// Where an agreement stands.
    State {
        /// No milestone by that day.
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
        /// In force, and suspended in whole or in part.
        Suspended = 10 "SUSPENDED",
        /// Denounced.
        Terminated = 11 "TERMINATED",
        /// Ended by its own terms.
        Expired = 12 "EXPIRED",
        /// Another agreement stands in its place.
        Replaced = 13 "REPLACED",
        /// Signed, then given up.
        Withdrawn = 14 "WITHDRAWN",
    }
}

/// Where an agreement stands on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Where it stands.
    pub state: State,
    /// The day it holds for.
    pub as_of: Day,
    /// Since when, by the milestone that led there.
    pub since: Option<PartialDate>,
    /// True where the day lies within a date that is not known exactly, or the state rests on an unsure milestone.
    pub uncertain: bool,
}

/// Where an agreement with these milestones stands on a day. A milestone counts from the last day it can have been; one that
/// may have been by that day, but need not, makes the answer uncertain.
pub fn on(milestones: &[Milestone], as_of: Day) -> Status {
    let mut moves: Vec<(&Milestone, State)> = followed(milestones)
        .into_iter()
        .filter_map(|milestone| Some((milestone, leads_to(milestone.kind)?)))
        .collect();
    moves.sort_by_key(|(milestone, state)| (milestone.date.latest(), *state));
    let mut status = Status { state: State::NotStarted, as_of, since: None, uncertain: false };
    for (milestone, state) in moves {
        if milestone.date.latest() > as_of {
            status.uncertain |= milestone.date.earliest() <= as_of && status.state < state;
            continue;
        }
        if status.state.allows(state) {
            status.state = state;
            status.since = Some(milestone.date.clone());
            status.uncertain = milestone.confidence == Some(Confidence::Unsure);
        }
    }
    status
}

/// The state a milestone leads to; nothing for what does not change the state, such as consent or a ratification.
const fn leads_to(kind: MilestoneKind) -> Option<State> {
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
    /// Whether `next` may follow: life goes forward, but for negotiations that go on and suspensions that are lifted.
    fn allows(self, next: Self) -> bool {
        match (self, next) {
            (Self::Paused, Self::Negotiating) | (Self::Suspended, Self::InForce) => true,
            _ => next > self,
        }
    }

    /// Whether it has ended by then.
    pub const fn ended(self) -> bool {
        matches!(self, Self::Terminated | Self::Expired | Self::Replaced | Self::Withdrawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milestone(kind: MilestoneKind, year: i32, month: i32, day: i32) -> Milestone {
        Milestone {
            kind,
            date: PartialDate::new(year, month, day).unwrap(),
            party: String::new(),
            place: String::new(),
            note: String::new(),
            source: None,
            confidence: Some(Confidence::Certain),
            preferred: false,
        }
    }

    /// The life of the Kazakh EPCA.
    fn kazakh_epca() -> Vec<Milestone> {
        use MilestoneKind::*;
        vec![
            milestone(Mandated, 2011, 4, 13),
            milestone(NegotiationsOpened, 2011, 6, 0),
            milestone(NegotiationsPaused, 2012, 9, 0),
            milestone(NegotiationsResumed, 2013, 10, 0),
            milestone(NegotiationsConcluded, 2014, 9, 12),
            milestone(Initialled, 2015, 1, 20),
            milestone(Signed, 2015, 12, 21),
            milestone(ProvisionallyApplied, 2016, 5, 1),
            milestone(ConsentGiven, 2017, 12, 12),
            milestone(InForce, 2020, 3, 1),
        ]
    }

    #[test]
    fn an_agreement_goes_through_its_states() {
        let epca = kazakh_epca();

        for (day, state) in [
            (20_110_412, State::NotStarted),
            (20_110_413, State::Mandated),
            (20_110_630, State::Negotiating),
            (20_130_101, State::Paused),
            (20_140_101, State::Negotiating),
            (20_141_231, State::Concluded),
            (20_150_601, State::Initialled),
            (20_160_430, State::Signed),
            (20_160_601, State::ProvisionallyApplied),
            (20_200_229, State::ProvisionallyApplied),
            (20_200_301, State::InForce),
        ] {
            assert_eq!(on(&epca, Day(day)).state, state, "{day}");
        }
    }

    #[test]
    fn a_day_inside_an_inexact_date_is_uncertain() {
        let epca = kazakh_epca();

        let inside = on(&epca, Day(20_120_915));

        assert_eq!((inside.state, inside.uncertain), (State::Negotiating, true));
        assert!(!on(&epca, Day(20_121_001)).uncertain);
    }

    #[test]
    fn the_preferred_account_is_followed_and_the_other_stays() {
        let mut accounts = vec![
            milestone(MilestoneKind::Mandated, 2017, 9, 21),
            milestone(MilestoneKind::Mandated, 2017, 10, 9),
        ];
        assert_eq!(on(&accounts, Day(20_170_930)).state, State::Mandated);

        accounts[1].preferred = true;

        assert_eq!(on(&accounts, Day(20_170_930)).state, State::NotStarted);
        assert_eq!(on(&accounts, Day(20_171_009)).state, State::Mandated);
    }

    #[test]
    fn a_suspension_ends_when_it_is_lifted() {
        let milestones = [
            milestone(MilestoneKind::InForce, 1999, 7, 1),
            milestone(MilestoneKind::Suspended, 2005, 10, 3),
            milestone(MilestoneKind::SuspensionLifted, 2007, 11, 0),
        ];

        assert_eq!(on(&milestones, Day(20_060_101)).state, State::Suspended);
        assert_eq!(on(&milestones, Day(20_071_130)).state, State::InForce);
    }
}
