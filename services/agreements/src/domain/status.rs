//! Where an agreement stands on a day: computed from its milestones, never stored (domain.md 3.2);
//! but for the state alone, which filters ask (`periods`).

use std::collections::HashSet;

use facts::vocabulary::Vocabulary;
use facts::{Confidence, Day, PartialDate};

use super::milestone::{Milestone, MilestoneKind, followed};
use super::moves::{Move, moves, of_party};
use super::parts::OnDay;
pub use super::state::State;
use super::state::leads_to;
use super::suspended::Suspended;

/// The most doubts of parts that are compared with what was said before: one may hold another.
const MAX_COMPARED: usize = 20;

/// The note on a provisional application whose provisions are not recorded.
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
    pub since_confidence: Option<Confidence>,
    pub uncertain: bool,
    /// The first and the last in the life of an agreement that it may be in, of what is
    /// undetermined.
    pub range: Option<(State, State)>,
    pub reason: String,
    pub suspended: String,
    pub applied: String,
}

/// Where an agreement with these milestones stands on a day, for a party; empty: for none of them.
/// What may have happened by that day, but need not have, leaves it undetermined.
pub fn on(milestones: &[Milestone], party: &str, as_of: Day) -> Status {
    let all = followed(milestones);
    let contested = all.len() < milestones.len();
    let followed = of_party(all, party);
    let moves = moves(&followed);
    let led = Led::by(&moves, as_of);
    let mut status = led.life.status(as_of);
    if led.possible.contains(&State::Unknown) {
        status.doubt("no milestone that changes its state is recorded");
    }
    status.leave_open(&led);
    if contested {
        status.compare(milestones, &followed);
    }
    if !status.state.ended() {
        status.add_suspended(&followed, led.life.lifted);
    }
    status.add_applied(&followed);
    status
}

impl<'a> Suspended<'a> {
    /// Returns those of an agreement with these milestones, for a party.
    pub fn of(milestones: &'a [Milestone], party: &str, as_of: Day) -> Self {
        let followed = of_party(followed(milestones), party);
        let returned = Led::by(&moves(&followed), as_of).life.lifted;
        Self::by(&followed, OnDay { as_of, returned })
    }
}

/// The state on a day to which these moves have led.
pub(super) fn state(moves: &[Move<'_>], as_of: Day) -> State {
    Led::by(moves, as_of).state()
}

/// Where moves have led by a day.
struct Led<'m, 'a> {
    /// By those that have certainly happened.
    life: Life<'m, 'a>,
    /// The moves that may have happened, and would change the state.
    open: Vec<&'m Move<'a>>,
    /// The states that are possible.
    possible: Vec<State>,
}

impl<'m, 'a> Led<'m, 'a> {
    fn by(moves: &'m [Move<'a>], as_of: Day) -> Self {
        let mut life = Life { applied: moves.iter().any(Move::applies), ..Life::default() };
        for one in moves.iter().filter(|one| one.latest <= as_of) {
            life.step(one);
        }
        let lifts = |one: &Move<'_>| one.milestone.kind == MilestoneKind::SuspensionLifted;
        let certain = if moves.iter().all(lifts) { State::Unknown } else { life.state };
        let mut open: Vec<&Move<'_>> = life.astride.into_iter().map(|(one, _)| one).collect();
        let mut possible = vec![certain];
        possible.extend(life.astride.map(|(_, other)| other));
        for one in moves.iter().filter(|one| one.earliest <= as_of && as_of < one.latest) {
            let next = possible.iter().find_map(|state| life.after(*state, one));
            open.extend(next.map(|_| one));
            possible.extend(next.filter(|next| !possible.contains(next)));
        }
        Self { life, open, possible }
    }

    fn state(&self) -> State {
        match self.possible[..] {
            [state] => state,
            _ => State::Undetermined,
        }
    }
}

/// The life of an agreement up to a day.
struct Life<'m, 'a> {
    state: State,
    /// The moves that led to it.
    entered: Option<&'a Milestone>,
    /// The lifting by which it returned there.
    lifted: Option<&'a Milestone>,
    /// Where it last stood without being suspended, and what led there.
    free: (State, Option<&'a Milestone>),
    /// True if it may have been suspended before it was in force, for it was applied provisionally.
    applied: bool,
    /// The later of an entry into force and a suspension of which it is not known which came first,
    /// and the state if it came first: a suspension lasts beyond an entry into force before it, and
    /// not beyond one after it.
    astride: Option<(&'m Move<'a>, State)>,
}

impl Default for Life<'_, '_> {
    fn default() -> Self {
        let state = State::NotStarted;
        Self {
            state,
            entered: None,
            lifted: None,
            free: (state, None),
            applied: false,
            astride: None,
        }
    }
}

impl<'m, 'a> Life<'m, 'a> {
    /// The state that a move leads to from another, if it may follow. A lifting leads back to where
    /// the agreement stood.
    fn after(&self, state: State, next: &Move<'_>) -> Option<State> {
        if next.milestone.kind == MilestoneKind::SuspensionLifted {
            return (state == State::Suspended).then_some(self.free.0);
        }
        state.allows(next.state).then_some(next.state)
    }

    /// The state if a move came before the one that led here, where that may be and would make a
    /// difference.
    fn state_if_earlier(&self, next: &Move<'_>) -> Option<State> {
        use MilestoneKind::{InForce, Suspended};
        let entered = self.entered?;
        let last = entered.date.latest();
        match (self.state, next.milestone.kind) {
            (State::Suspended, InForce) => (next.earliest <= last).then_some(State::Suspended),
            (State::InForce, Suspended) if self.applied && entered.kind == InForce => {
                (next.earliest < last).then_some(State::InForce)
            }
            _ => None,
        }
    }

    fn step(&mut self, next: &'m Move<'a>) {
        let lifts = next.milestone.kind == MilestoneKind::SuspensionLifted;
        if lifts {
            self.astride = None;
        }
        let Some(state) = self.after(self.state, next) else { return };
        self.astride = self.state_if_earlier(next).map(|state| (next, state));
        self.lifted = lifts.then_some(next.milestone);
        self.entered = if lifts { self.free.1 } else { Some(next.milestone) };
        self.state = state;
        if state != State::Suspended {
            self.free = (state, self.entered);
        }
    }

    /// The status of what has certainly happened.
    fn status(&self, as_of: Day) -> Status {
        let mut status = Status {
            state: self.state,
            as_of,
            since: self.entered.map(|milestone| milestone.date.clone()),
            since_confidence: self.entered.and_then(|milestone| milestone.confidence),
            uncertain: false,
            range: None,
            reason: String::new(),
            suspended: String::new(),
            applied: String::new(),
        };
        for one in self.entered.into_iter().chain(self.lifted) {
            status.rest_on(one);
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

    /// Doubts what rests on a milestone that is marked so.
    fn rest_on(&mut self, milestone: &Milestone) {
        if milestone.confidence == Some(Confidence::Unsure) {
            let reason = format!("it rests on {}, which is marked UNSURE", milestone.kind.word());
            if !self.reason.contains(&reason) {
                self.doubt(&reason);
            }
        }
    }

    /// Takes in what may have happened by the day: where that would change the state, it is
    /// undetermined.
    fn leave_open(&mut self, led: &Led<'_, '_>) {
        for one in &led.open {
            self.doubt(&one.doubt());
        }
        self.state = led.state();
        if self.state == State::Undetermined {
            let rank = |state: &State| state.rank();
            let possible = || led.possible.iter().copied();
            self.range = possible().min_by_key(rank).zip(possible().max_by_key(rank));
            (self.since, self.since_confidence) = (None, None);
        }
    }

    /// Marks what another account of an event would change.
    fn compare(&mut self, milestones: &[Milestone], followed: &[&Milestone]) {
        let accounts = || milestones.iter().filter(|one| !one.kind.repeats());
        for chosen in followed.iter().filter(|one| !one.kind.repeats()) {
            let Some(state) = leads_to(chosen.kind) else { continue };
            let decides = state == self.state || self.state.allows(state);
            for other in accounts().filter(|other| other.is_same_event(chosen)) {
                let happened = |one: &Milestone| one.date.latest() <= self.as_of;
                let differ = !other.date.overlaps(&chosen.date);
                if decides && differ && happened(other) != happened(chosen) {
                    let (word, date) = (chosen.kind.word(), &other.date);
                    self.doubt(&format!("another account dates {word} {date}"));
                }
            }
        }
    }

    /// Adds what is suspended of it.
    fn add_suspended(&mut self, followed: &[&Milestone], returned: Option<&Milestone>) {
        let day = OnDay { as_of: self.as_of, returned };
        if !followed.iter().any(|one| one.suspends_a_part()) {
            return;
        }
        let suspended = Suspended::by(followed, day);
        let freed = suspended.freed();
        let (mut doubts, mut resting) = (HashSet::new(), Vec::new());
        for part in suspended.parts.iter().chain(freed.ends()) {
            let rests = if part.is_open { Some(part.suspended) } else { part.lifted };
            let unsure = rests.filter(|one| one.confidence == Some(Confidence::Unsure));
            if let Some(one) = unsure.filter(|one| !resting.contains(&one.kind)) {
                resting.push(one.kind);
                self.rest_on(one);
            }
            let is_new = !part.doubt.is_empty() && doubts.insert(&part.doubt);
            if is_new && (doubts.len() > MAX_COMPARED || !self.reason.contains(&part.doubt)) {
                self.doubt(&part.doubt);
            }
        }
        if !freed.doubt().is_empty() {
            self.doubt(&freed.doubt());
        }
        self.suspended = suspended.in_words(&freed);
    }

    /// Adds what is applied of it provisionally.
    fn add_applied(&mut self, followed: &[&Milestone]) {
        let states = self.range.unwrap_or((self.state, self.state));
        if states.0 == State::ProvisionallyApplied || states.1 == State::ProvisionallyApplied {
            let applied =
                followed.iter().filter(|one| one.kind == MilestoneKind::ProvisionallyApplied);
            let scope = |one: &&Milestone| match &one.scope[..] {
                "" => one.articles.join("; "),
                scope => scope.to_owned(),
            };
            let known = applied.map(scope).rfind(|scope| !scope.is_empty());
            self.applied = known.unwrap_or_else(|| NOT_KNOWN.to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
