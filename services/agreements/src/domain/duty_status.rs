//! Where a duty stands on a day: what was done, what is due, what is overdue.
//!
//! Dates can be inexact. The status is computed twice: as if everything had been as good as the
//! record allows (due as late, done as early as can be), and as if it had been as bad. Where both
//! agree, that is the state; else it is UNKNOWN, between the two.

use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::fulfilment::Kind;
use facts::wire::checked_date;
use facts::{Day, PartialDate};

use super::binding::Binding;
use super::due::{DueDay, Meeting, due_days};

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
        Self { due, range, reasons }
    }

    /// Where it stands; UNKNOWN between two states.
    pub fn state(&self) -> State {
        if self.range.0 == self.range.1 { self.range.0 } else { State::Unknown }
    }

    /// Why that is not certain; empty where it is.
    pub fn reason(&self) -> String {
        self.reasons.join("; ")
    }

    /// Returns whether it was certainly done or waived.
    pub fn is_closed(&self) -> bool {
        self.range.1 <= State::DoneLate
    }
}

/// Returns each due day of a duty with where it stands on a day, in their order.
pub fn standings<'a>(
    obligation: &'a wire::Obligation,
    meetings: &'a [Meeting],
    as_of: Day,
) -> impl Iterator<Item = Standing> + 'a {
    let (all, unknown) = (Done::all(obligation), obligation.performance_unknown);
    due_days(obligation, meetings).map(move |due| Standing::on(due, &all, unknown, as_of))
}

/// Where a duty stands on a day. `meetings` are those of the body before whose meetings it is due,
/// in the order of their days.
pub fn on(
    obligation: &wire::Obligation,
    meetings: &[Meeting],
    binding: Binding,
    as_of: Day,
) -> DutyStatus {
    let mut status = DutyStatus {
        state: State::NotBinding,
        as_of,
        range: None,
        reason: String::new(),
        overdue_since: None,
        overdue: 0,
        next_due: None,
    };
    let doubt = match binding {
        Binding::No(reason) => return DutyStatus { reason, ..status },
        Binding::Unknown(reason) => Some(reason),
        Binding::Yes => None,
    };
    let (mut best, mut worst) = (None, None);
    let mut reasons: Vec<String> = doubt.iter().cloned().collect();
    for one in followed(obligation, meetings, as_of) {
        // One that may lie beyond the end need not be: then it does not count.
        best = best.max(Some(one.range.0).filter(|_| one.due.certain));
        worst = worst.max(Some(one.range.1));
        if one.range.0 == State::Overdue && one.due.certain {
            status.overdue += 1;
            status.overdue_since.get_or_insert_with(|| one.due.date.clone());
        }
        if matches!(one.range.0, State::NotYetDue | State::Due) && status.next_due.is_none() {
            status.next_due = Some(one.due.date.clone());
        }
        reasons.extend(one.reasons);
        if !one.due.certain {
            reasons.push(format!("{} may lie beyond its end", one.due.date));
        }
    }
    status.next_due = status.next_due.filter(|_| is_dated(obligation));
    // Conduct is due on every day; before a meeting that nobody recorded nothing is.
    let nothing = if is_dated(obligation) { State::NotYetDue } else { State::Due };
    if worst.is_none() && is_dated(obligation) {
        status.reason = format!("no meeting of {} is recorded", obligation.before_meetings_of);
    }
    let range = (best.unwrap_or(nothing), worst.unwrap_or(nothing));
    status.settle(range, doubt.is_some(), reasons);
    status
}

/// True for a duty whose due days follow from a date or from meetings.
fn is_dated(obligation: &wire::Obligation) -> bool {
    obligation.due.is_some() || !obligation.before_meetings_of.is_empty()
}

/// The due days that decide: up to the first that is certainly to come. A duty without any has one
/// that can be on any day.
fn followed(obligation: &wire::Obligation, meetings: &[Meeting], as_of: Day) -> Vec<Standing> {
    if !is_dated(obligation) {
        if obligation.kind() == wire::obligation::Kind::Conduct {
            return Vec::new();
        }
        let any = PartialDate::new(1, 1, 1).and_then(|first| first.until(9999, 12, 31));
        let day = |date| DueDay { number: 1, date, certain: true, meeting: String::new() };
        let one = any.map(|date| Standing::on(day(date), &Done::all(obligation), false, as_of));
        let unsaid = |one| Standing { reasons: vec!["its due day is not recorded".into()], ..one };
        return one.map(unsaid).into_iter().collect();
    }
    let mut all = Vec::new();
    for one in standings(obligation, meetings, as_of) {
        let is_to_come = one.due.certain && one.range == (State::NotYetDue, State::NotYetDue);
        all.push(one);
        if is_to_come {
            break;
        }
    }
    all
}

impl DutyStatus {
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
