//! Where an agreement stands on a day: computed from its milestones, never stored (domain.md 3.2).

use facts::vocabulary::Vocabulary;
use facts::{Confidence, Day, PartialDate};

use super::milestone::{Milestone, MilestoneKind, followed};
use super::moves::{Move, moves, of_party, span};
pub use super::state::State;
use super::state::leads_to;

/// What is said of a provisional application whose provisions are not recorded.
pub const NOT_KNOWN: &str = "Not known: the record does not say which provisions.";

/// Where an agreement stands on a day; the contract says what each field means.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/agreement.proto"
)]
pub struct Status {
    pub state: State,
    pub as_of: Day,
    pub since: Option<PartialDate>,
    pub uncertain: bool,
    /// The first and the last in the life of an agreement that it may be in, of what is undetermined.
    pub range: Option<(State, State)>,
    pub reason: String,
    pub suspended: String,
    pub applied: String,
}

/// Where an agreement with these milestones stands on a day, for a party; empty: for none of them. What may have happened by
/// that day, but need not have, leaves it undetermined.
pub fn on(milestones: &[Milestone], party: &str, as_of: Day) -> Status {
    let all = followed(milestones);
    let contested = all.len() < milestones.len();
    let followed = of_party(all, party);
    let moves = moves(&followed);
    let mut life = Life { state: State::NotStarted, last: None, in_force: None };
    for one in moves.iter().filter(|one| one.latest <= as_of) {
        life.step(one);
    }
    let mut status = life.status(as_of);
    if moves.is_empty() {
        status.state = State::Unknown;
        status.doubt("no milestone that changes its state is recorded");
    }
    status.leave_open(&moves);
    if contested {
        status.compare(milestones, &followed);
    }
    status.add_parts(&followed);
    status
}

/// The life of an agreement up to a day.
struct Life<'a> {
    state: State,
    last: Option<&'a Milestone>,
    in_force: Option<&'a Milestone>,
}

impl<'a> Life<'a> {
    fn step(&mut self, next: &Move<'a>) {
        if self.state.allows(next.state) {
            self.state = next.state;
            self.last = Some(next.milestone);
            if next.milestone.kind == MilestoneKind::InForce {
                self.in_force = self.last;
            }
        }
    }

    /// The status of what has certainly happened.
    fn status(&self, as_of: Day) -> Status {
        let entered = self.in_force.filter(|_| self.state == State::InForce);
        let mut status = Status {
            state: self.state,
            as_of,
            since: entered.or(self.last).map(|milestone| milestone.date.clone()),
            uncertain: false,
            range: None,
            reason: String::new(),
            suspended: String::new(),
            applied: String::new(),
        };
        let last = self.last.filter(|last| last.confidence == Some(Confidence::Unsure));
        if let Some(last) = last {
            status.doubt(&format!("it rests on {}, which is marked UNSURE", last.kind.word()));
        }
        status
    }
}

impl Status {
    fn doubt(&mut self, reason: &str) {
        self.uncertain = true;
        if !self.reason.is_empty() {
            self.reason.push_str("; ");
        }
        self.reason.push_str(reason);
    }

    /// Takes in what may have happened by the day: where that would change the state, it is undetermined.
    fn leave_open(&mut self, moves: &[Move<'_>]) {
        let mut possible = vec![self.state];
        let is_open = |one: &&Move<'_>| one.earliest <= self.as_of && self.as_of < one.latest;
        let open: Vec<&Move<'_>> = moves.iter().filter(is_open).collect();
        for one in open {
            if possible.iter().any(|state| state.allows(one.state)) {
                possible.push(one.state);
                self.doubt(&span(one.milestone.kind, one.earliest, one.latest));
            }
        }
        if possible.len() > 1 {
            let rank = |state: &State| state.rank();
            let (first, last) = (
                possible.iter().copied().min_by_key(rank),
                possible.iter().copied().max_by_key(rank),
            );
            self.range = first.zip(last);
            (self.state, self.since) = (State::Undetermined, None);
        }
    }

    /// Marks what another account of an event would change.
    fn compare(&mut self, milestones: &[Milestone], followed: &[&Milestone]) {
        for chosen in followed {
            let Some(state) = leads_to(chosen.kind) else { continue };
            let decides = state == self.state || self.state.allows(state);
            for other in milestones.iter().filter(|other| other.is_same_event(chosen)) {
                let happened = |one: &Milestone| one.date.latest() <= self.as_of;
                if decides && happened(other) != happened(chosen) {
                    let (word, day) = (chosen.kind.word(), other.date.first());
                    self.doubt(&format!("another account dates {word} {day}"));
                }
            }
        }
    }

    /// Adds what is suspended of it, and what is applied.
    fn add_parts(&mut self, followed: &[&Milestone]) {
        let of = |kind| followed.iter().copied().filter(move |one| one.kind == kind);
        let mut suspended = Vec::new();
        for part in of(MilestoneKind::Suspended).filter(|one| one.suspends_a_part()) {
            let (from, sure) = (part.date.earliest(), part.date.latest());
            let lifted = of(MilestoneKind::SuspensionLifted)
                .map(|lift| (lift.date.earliest().max(sure), lift.date.latest()));
            let lift = lifted.filter(|(_, last)| *last > sure).min_by_key(|(_, last)| *last);
            let (lift, over) = lift.unwrap_or((Day::LAST, Day::LAST));
            if from <= self.as_of && self.as_of < over && !self.state.ended() {
                suspended.push(part.scope.as_str());
                if self.as_of < sure {
                    self.doubt(&span(MilestoneKind::Suspended, from, sure));
                } else if lift <= self.as_of {
                    self.doubt(&span(MilestoneKind::SuspensionLifted, lift, over));
                }
            }
        }
        self.suspended = suspended.join("; ");
        let states = self.range.unwrap_or((self.state, self.state));
        if states.0 == State::ProvisionallyApplied || states.1 == State::ProvisionallyApplied {
            let scoped = |one: &&Milestone| {
                one.kind == MilestoneKind::ProvisionallyApplied && !one.scope.is_empty()
            };
            let scope = followed.iter().copied().rfind(scoped);
            scope.map_or(NOT_KNOWN, |one| &one.scope).clone_into(&mut self.applied);
        }
    }
}

#[cfg(test)]
mod tests {
    use facts::Qualifier;

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
            scope: String::new(),
        }
    }

    /// The same, known by the end of a month.
    fn by(kind: MilestoneKind, year: i32, month: i32) -> Milestone {
        let mut milestone = milestone(kind, year, month, 0);
        milestone.date.qualifier = Some(Qualifier::Until);
        milestone
    }

    fn state(milestones: &[Milestone], day: i32) -> State {
        on(milestones, "", Day(day)).state
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

        for (day, expected) in [
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
            assert_eq!(state(&epca, day), expected, "{day}");
        }
    }

    #[test]
    fn a_day_inside_an_inexact_date_is_uncertain() {
        let epca = kazakh_epca();

        let inside = on(&epca, "", Day(20_120_915));

        assert_eq!((inside.state, inside.uncertain), (State::Undetermined, true));
        assert_eq!(inside.range, Some((State::Negotiating, State::Paused)));
        assert_eq!(inside.reason, "NEGOTIATIONS_PAUSED between 2012-09-01 and 2012-09-30");
        for day in [20_120_831, 20_120_930, 20_121_001] {
            assert!(!on(&epca, "", Day(day)).uncertain, "{day}");
        }
    }

    #[test]
    fn the_preferred_account_is_followed_and_the_other_stays() {
        let mut accounts = vec![
            milestone(MilestoneKind::Mandated, 2017, 9, 21),
            milestone(MilestoneKind::Mandated, 2017, 10, 9),
        ];
        assert_eq!(state(&accounts, 20_170_930), State::Mandated);

        accounts[1].preferred = true;

        let between = on(&accounts, "", Day(20_170_930));
        assert_eq!((between.state, between.uncertain), (State::NotStarted, true));
        assert_eq!(between.reason, "another account dates MANDATED 2017-09-21");
        assert_eq!(state(&accounts, 20_171_009), State::Mandated);
    }

    #[test]
    fn a_suspension_ends_when_it_is_lifted() {
        let milestones = [
            milestone(MilestoneKind::InForce, 1999, 7, 1),
            milestone(MilestoneKind::Suspended, 2005, 10, 3),
            milestone(MilestoneKind::SuspensionLifted, 2007, 11, 0),
        ];

        assert_eq!(state(&milestones, 20_060_101), State::Suspended);
        assert_eq!(state(&milestones, 20_071_130), State::InForce);
        let lifted = on(&milestones, "", Day(20_080_101));
        assert_eq!(lifted.since, PartialDate::new(1999, 7, 1), "of the entry into force");
        let inside = on(&milestones, "", Day(20_071_115));
        assert_eq!(inside.range, Some((State::InForce, State::Suspended)));
    }

    #[test]
    fn a_suspension_of_a_part_leaves_it_in_force_and_says_which() {
        let mut suspended = milestone(MilestoneKind::Suspended, 2005, 10, 3);
        "technical meetings".clone_into(&mut suspended.scope);
        let mut lifted = milestone(MilestoneKind::SuspensionLifted, 2006, 11, 0);
        lifted.date = lifted.date.until(2007, 11, 0).unwrap();
        let milestones = [milestone(MilestoneKind::InForce, 1999, 7, 1), suspended, lifted];

        for (day, part, uncertain) in [
            (20_051_002, "", false),
            (20_051_003, "technical meetings", false),
            (20_061_031, "technical meetings", false),
            (20_061_101, "technical meetings", true),
            (20_071_129, "technical meetings", true),
            (20_071_130, "", false),
        ] {
            let status = on(&milestones, "", Day(day));
            assert_eq!(
                (status.state, status.suspended.as_str(), status.uncertain),
                (State::InForce, part, uncertain),
                "{day}"
            );
            assert_eq!(status.since, PartialDate::new(1999, 7, 1), "{day}");
        }
    }

    #[test]
    fn what_is_known_by_a_day_is_undetermined_after_the_milestone_before_it() {
        let milestones =
            [milestone(MilestoneKind::Signed, 2007, 6, 1), by(MilestoneKind::InForce, 2026, 3)];

        for (day, expected) in [
            (20_070_531, State::NotStarted),
            (20_070_601, State::Signed),
            (20_070_602, State::Undetermined),
            (20_260_330, State::Undetermined),
            (20_260_331, State::InForce),
        ] {
            assert_eq!(state(&milestones, day), expected, "{day}");
        }
        let alone = on(&milestones[1..], "", Day(19_500_101));
        assert_eq!(alone.state, State::Undetermined);
        assert_eq!(alone.reason, "IN_FORCE by 2026-03-31, and nothing is recorded before it");
    }

    #[test]
    fn an_interval_ends_where_the_next_milestone_certainly_came() {
        let mut concluded = milestone(MilestoneKind::NegotiationsConcluded, 2022, 6, 0);
        concluded.date = concluded.date.until(2022, 7, 0).unwrap();
        let milestones = [
            milestone(MilestoneKind::NegotiationsOpened, 2018, 11, 23),
            milestone(MilestoneKind::Initialled, 2022, 7, 6),
            concluded,
        ];

        for (day, expected) in [
            (20_220_531, State::Negotiating),
            (20_220_601, State::Undetermined),
            (20_220_705, State::Undetermined),
            (20_220_706, State::Initialled),
        ] {
            assert_eq!(state(&milestones, day), expected, "{day}");
        }
    }

    #[test]
    fn an_agreement_without_milestones_is_unknown() {
        assert_eq!(state(&[], 20_240_117), State::Unknown);
        let ratified = [milestone(MilestoneKind::Ratified, 2005, 6, 28)];
        assert_eq!(state(&ratified, 20_240_117), State::Unknown);
    }

    #[test]
    fn an_end_that_names_a_party_is_its_own() {
        let mut ended = milestone(MilestoneKind::Replaced, 1999, 7, 1);
        "parties/kz".clone_into(&mut ended.party);
        let milestones = [
            milestone(MilestoneKind::InForce, 1990, 4, 1),
            ended,
            milestone(MilestoneKind::Replaced, 2010, 0, 0),
        ];

        let on = |party: &str, day| on(&milestones, party, Day(day)).state;
        assert_eq!((on("", 20_050_101), on("", 20_110_101)), (State::InForce, State::Replaced));
        assert_eq!(on("parties/kz", 20_050_101), State::Replaced);
        assert_eq!(on("parties/kz", 19_990_630), State::InForce);
        assert_eq!(on("parties/tm", 20_050_101), State::InForce);
    }

    #[test]
    fn a_provisional_application_says_what_is_applied_or_that_it_is_not_known() {
        let mut applied = milestone(MilestoneKind::ProvisionallyApplied, 2016, 5, 1);
        assert_eq!(on(&[applied.clone()], "", Day(20_170_101)).applied, NOT_KNOWN);

        "Titles III and V".clone_into(&mut applied.scope);

        assert_eq!(on(&[applied], "", Day(20_170_101)).applied, "Titles III and V");
    }
}
