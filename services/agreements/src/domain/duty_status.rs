//! Where a duty stands on a day: what was done, what is due, what is overdue.
//!
//! Dates can be inexact. The status is computed twice: as if everything had been as good as the
//! record allows (due as late, done as early as can be), and as if it had been as bad. Where both
//! agree, that is the state; else it is UNKNOWN, between the two.

use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::fulfilment::Kind;
use api::registan::r#type::v1::Confidence;
use facts::wire::checked_date;
use facts::{Day, PartialDate};

use super::binding::{Binding, Bound};
use super::due::{DueDay, Meeting, due_day, due_days};

pub use api::registan::agreements::v1::obligation_status::State;

/// The most reasons that a status gives for what is not known.
const MAX_REASONS: usize = 5;

/// Where a duty stands on a day; the contract says what each field means.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/agreements/v1/obligation.proto"
)]
pub struct DutyStatus {
    pub state: State,
    pub as_of: Day,
    pub range: Option<(State, State)>,
    pub reason: String,
    pub overdue_since: Option<PartialDate>,
    pub overdue: i32,
    pub next_due: Option<PartialDate>,
}

/// Something that was done about a duty.
struct Done {
    kind: Kind,
    due: Option<PartialDate>,
    date: PartialDate,
}

impl Done {
    fn all(obligation: &wire::Obligation) -> Vec<Self> {
        let done = |one: &wire::Fulfilment| {
            let due = checked_date(one.due.as_ref());
            Some(Self { kind: one.kind(), due, date: checked_date(one.done.as_ref())? })
        };
        obligation.fulfilments.iter().filter_map(done).collect()
    }

    fn answers(&self, due: &DueDay) -> bool {
        self.due.as_ref().is_none_or(|answered| answered.overlaps(&due.date))
    }
}

/// As good as the record allows, or as bad.
#[derive(Clone, Copy)]
enum World {
    Best,
    Worst,
}

impl World {
    /// The day on which what has this date falls due in it.
    fn due(self, date: &PartialDate) -> Day {
        match self {
            Self::Best => date.latest(),
            Self::Worst => date.earliest(),
        }
    }

    /// The day on which what has this date was done in it.
    fn done(self, date: &PartialDate) -> Day {
        match self {
            Self::Best => date.earliest(),
            Self::Worst => date.latest(),
        }
    }

    /// Where a due day stands on a day.
    fn state(self, due: &DueDay, done: &[&Done], unknown: bool, as_of: Day) -> State {
        let day = self.due(&due.date);
        let by = |kind: Kind| {
            let of_kind = done.iter().filter(move |one| one.kind == kind);
            of_kind.map(|one| self.done(&one.date)).filter(|done| *done <= as_of).min()
        };
        match (by(Kind::Waived), by(Kind::Done)) {
            (Some(_), _) => State::Waived,
            (None, Some(done)) if done <= day => State::Done,
            (None, Some(_)) => State::DoneLate,
            (None, None) if as_of < day => State::NotYetDue,
            // What nobody looked up may have been done in time.
            (None, None) if unknown && matches!(self, Self::Best) => State::Done,
            (None, None) if as_of == day => State::Due,
            (None, None) => State::Overdue,
        }
    }
}

/// A due day, and where it stands on a day.
pub struct Standing {
    /// The due day.
    pub due: DueDay,
    /// In the best case, and in the worst.
    range: (State, State),
    reasons: Vec<String>,
    /// Why it need not be a due day at all; nothing where it certainly is.
    pub doubt: Option<String>,
    /// Why it is none for certain: the law does not bind then.
    void: Option<String>,
}

/// A duty with what its due days depend on.
pub struct Duty<'a> {
    /// The duty.
    pub obligation: &'a wire::Obligation,
    /// The meetings of the body before whose meetings it is due, in the order of their days.
    pub meetings: &'a [Meeting],
    /// The answer to whether what it rests on binds its bearers.
    pub bound: &'a Bound,
}

impl Duty<'_> {
    /// Returns the due day with a number from 1, with where it stands on a day. Of a due day that
    /// is not exact, those within `window` are asked whether the law binds on them.
    pub fn standing(&self, number: i32, as_of: Day, window: (Day, Day)) -> Option<Standing> {
        let due = due_day(self.obligation, self.meetings, number)?;
        Some(self.stands(due, &Done::all(self.obligation), as_of, window))
    }

    fn stands(&self, due: DueDay, all: &[Done], as_of: Day, window: (Day, Day)) -> Standing {
        let mut standing = Standing::on(due, all, self.obligation.performance_unknown, as_of);
        let date = &standing.due.date;
        // A date that is open at one end says nothing of that end.
        let (first, last) = match (date.earliest(), date.latest()) {
            (Day::FIRST, last) => (last, last),
            (first, Day::LAST) => (first, first),
            ends => ends,
        };
        match self.bound.between(first.max(window.0), last.min(window.1)) {
            Binding::Yes => {}
            Binding::No(reason) => standing.void = Some(reason),
            Binding::Unknown(reason) => standing.doubt = Some(reason),
        }
        standing
    }
}

impl Standing {
    fn on(due: DueDay, all: &[Done], unknown: bool, as_of: Day) -> Self {
        let done: Vec<&Done> = all.iter().filter(|one| one.answers(&due)).collect();
        let state = |world: World| world.state(&due, &done, unknown, as_of);
        let range = (state(World::Best), state(World::Worst));
        let mut reasons = Vec::new();
        if range.0 != range.1 {
            let inexact = |date: &PartialDate| date.earliest() != date.latest();
            reasons.extend(inexact(&due.date).then(|| format!("due {}", due.date)));
            let inexact = done.iter().filter(|one| inexact(&one.date));
            reasons.extend(inexact.map(|one| format!("done {}", one.date)));
            let not_looked_up = unknown && range.0 == State::Done && done.is_empty();
            reasons.extend(not_looked_up.then(|| "what was done is not looked up".to_owned()));
        }
        let doubt = if due.planned.is_some_and(|day| day < as_of) {
            Some(format!("whether {} was held is not recorded", due.meeting))
        } else {
            (!due.certain).then(|| "it may lie beyond the end of the duty".to_owned())
        };
        Self { due, range, reasons, doubt, void: None }
    }

    /// Where it stands; UNKNOWN between two states.
    pub fn state(&self) -> State {
        if self.range.0 == self.range.1 { self.range.0 } else { State::Unknown }
    }

    /// Why it is not certain that it is due, or where it stands; empty where both are.
    pub fn reason(&self) -> String {
        let all: Vec<&str> = self.reasons.iter().chain(&self.doubt).map(String::as_str).collect();
        all.join("; ")
    }

    /// Returns whether something may be owed: it is not certainly done or waived, and the law may
    /// bind then.
    pub fn is_open(&self) -> bool {
        self.range.1 > State::DoneLate && self.void.is_none()
    }
}

/// Where a duty stands on a day.
pub fn on(duty: &Duty<'_>, as_of: Day) -> DutyStatus {
    let obligation = duty.obligation;
    let mut status = DutyStatus {
        state: State::NotBinding,
        as_of,
        range: None,
        reason: String::new(),
        overdue_since: None,
        overdue: 0,
        next_due: None,
    };
    let doubt = match duty.bound.on(as_of).clone() {
        Binding::No(reason) => return DutyStatus { reason, ..status },
        Binding::Unknown(reason) => Some(reason),
        Binding::Yes => None,
    };
    let (mut best, mut worst, mut void) = (None, None, None);
    let mut reasons: Vec<String> = doubt.iter().cloned().collect();
    for one in followed(duty, as_of) {
        if let Some(reason) = one.void {
            void = Some(format!("due {}: {reason}", one.due.date));
            continue;
        }
        // One that need not be a due day does not count in the best case.
        let is_certain = one.doubt.is_none();
        best = best.max(Some(one.range.0).filter(|_| is_certain));
        worst = worst.max(Some(one.range.1));
        if one.range.0 == State::Overdue && is_certain {
            status.overdue += 1;
            status.overdue_since.get_or_insert_with(|| one.due.date.clone());
        }
        if matches!(one.range.0, State::NotYetDue | State::Due) && status.next_due.is_none() {
            status.next_due = Some(one.due.date.clone());
        }
        reasons.extend(one.reasons);
        reasons.extend(one.doubt.map(|doubt| format!("due {}: {doubt}", one.due.date)));
    }
    status.next_due = status.next_due.filter(|_| is_dated(obligation));
    if let Some(reason) = void.filter(|_| worst.is_none()) {
        return DutyStatus { reason, ..status };
    }
    // Conduct is due on every day; before a meeting that nobody recorded nothing is.
    let nothing = if is_dated(obligation) { State::NotYetDue } else { State::Due };
    if worst.is_none() && is_dated(obligation) {
        status.reason = format!("no meeting of {} is recorded", obligation.before_meetings_of);
    }
    let range = (best.unwrap_or(nothing), worst.unwrap_or(nothing));
    status.settle(range, doubt.is_some(), reasons);
    status.rest_on(obligation);
    status
}

/// True for a duty whose due days follow from a date or from meetings.
fn is_dated(obligation: &wire::Obligation) -> bool {
    obligation.due.is_some() || !obligation.before_meetings_of.is_empty()
}

/// The due days that decide: up to the first that is certainly to come. A duty without any has one
/// that can be on any day.
fn followed(duty: &Duty<'_>, as_of: Day) -> Vec<Standing> {
    let obligation = duty.obligation;
    let done = Done::all(obligation);
    if !is_dated(obligation) {
        if obligation.kind() == wire::obligation::Kind::Conduct {
            return Vec::new();
        }
        let any = PartialDate::new(1, 1, 1).and_then(|first| first.until(9999, 12, 31));
        let one = any.map(|date| Standing::on(DueDay::new(1, date), &done, false, as_of));
        let unsaid = |one| Standing { reasons: vec!["its due day is not recorded".into()], ..one };
        return one.map(unsaid).into_iter().collect();
    }
    let mut all = Vec::new();
    for due in due_days(obligation, duty.meetings) {
        let one = duty.stands(due, &done, as_of, (Day::FIRST, Day::LAST));
        let is_to_come = one.due.certain && one.range == (State::NotYetDue, State::NotYetDue);
        all.push(one);
        if is_to_come {
            break;
        }
    }
    all
}

impl DutyStatus {
    /// Says what it rests on that is marked UNSURE.
    fn rest_on(&mut self, obligation: &wire::Obligation) {
        if self.state == State::Unknown {
            return;
        }
        let is_unsure = |confidence| confidence == Confidence::Unsure;
        let done = |one: &&wire::Fulfilment| {
            let date = checked_date(one.done.as_ref());
            is_unsure(one.confidence()) && date.is_some_and(|date| date.earliest() <= self.as_of)
        };
        let mut parts = Vec::new();
        parts.extend(is_unsure(obligation.confidence()).then_some("the duty itself"));
        parts.extend(obligation.fulfilments.iter().find(done).map(|_| "what was done"));
        if !parts.is_empty() {
            let unsure = format!("it rests on what is marked UNSURE: {}", parts.join(", "));
            let reasons = [std::mem::take(&mut self.reason), unsure];
            let given: Vec<String> = reasons.into_iter().filter(|one| !one.is_empty()).collect();
            self.reason = given.join("; ");
        }
    }

    /// Sets the state from the best and the worst case.
    fn settle(&mut self, range: (State, State), in_doubt: bool, mut reasons: Vec<String>) {
        if range.0 == range.1 && !in_doubt {
            self.state = range.0;
            return;
        }
        self.state = State::Unknown;
        self.range = Some(range);
        reasons.dedup();
        reasons.truncate(MAX_REASONS);
        self.reason = reasons.join("; ");
    }
}

#[cfg(test)]
mod tests;
