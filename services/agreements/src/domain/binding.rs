//! The answer to whether the law that a duty rests on binds its bearers on a day.

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Day, PartialDate};

use super::milestone::Milestone;
use super::state::State;
use super::status;

/// The answer to whether something binds on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// It does.
    Yes,
    /// It does not, for this reason.
    No(String),
    /// It is not known, for this reason.
    Unknown(String),
}

/// Returns whether an agreement binds one of these parties on a day. Of a convention it is asked
/// whether it was party to it by then.
pub fn of_agreement(agreement: &wire::Agreement, bearers: &[String], day: Day) -> Binding {
    let milestones = Milestone::all(&agreement.milestones);
    if bearers.is_empty() {
        return of_bearer(agreement, &milestones, "", day);
    }
    let mut least = None;
    for bearer in bearers {
        least = match (least, of_bearer(agreement, &milestones, bearer, day)) {
            (_, Binding::Yes) => return Binding::Yes,
            (Some(Binding::Unknown(reason)), _) => Some(Binding::Unknown(reason)),
            (_, other) => Some(other),
        };
    }
    least.unwrap_or(Binding::Yes)
}

/// An end that names a party ends the agreement for that party alone.
fn of_bearer(
    agreement: &wire::Agreement,
    milestones: &[Milestone],
    bearer: &str,
    day: Day,
) -> Binding {
    let status = status::on(milestones, bearer, day);
    let name = &agreement.name;
    match status.state {
        State::InForce if !status.suspended.is_empty() => {
            Binding::Unknown(format!("{name} is suspended in part: {}", status.suspended))
        }
        State::InForce => of_participant(agreement, bearer, day),
        State::ProvisionallyApplied => Binding::Unknown(format!(
            "{name} is applied provisionally, and whether this part of it is not recorded"
        )),
        State::Undetermined | State::Unknown => {
            Binding::Unknown(format!("{name}: {}", status.reason))
        }
        state => Binding::No(format!("{name} is {} on that day", word(state))),
    }
}

/// Returns whether a convention in force binds a party. Of an agreement of few parties nobody
/// records participations: in force it binds all.
fn of_participant(agreement: &wire::Agreement, bearer: &str, day: Day) -> Binding {
    let own = agreement.participations.iter().filter(|one| one.party == bearer);
    let own: Vec<&wire::Participation> = own.collect();
    let is_convention = agreement.kind() == wire::agreement::Kind::Convention;
    if bearer.is_empty() || own.is_empty() && !is_convention {
        return Binding::Yes;
    }
    of_party(&agreement.name, bearer, &own, day)
}

fn of_party(name: &str, party: &str, own: &[&wire::Participation], day: Day) -> Binding {
    use wire::participation::Kind::{Acceded, Party, Ratified, Succeeded, Withdrawn};
    let dates = |is: fn(wire::participation::Kind) -> bool| {
        let own = own.iter().filter(move |one| is(one.kind()));
        own.map(|one| checked_date(one.date.as_ref())).collect::<Vec<Option<PartialDate>>>()
    };
    let joined = dates(|kind| matches!(kind, Party | Ratified | Acceded | Succeeded));
    let left = dates(|kind| kind == Withdrawn);
    let last = |dates: &[Option<PartialDate>], by: fn(&PartialDate) -> Day| {
        dates.iter().flatten().map(by).filter(|date| *date <= day).max()
    };
    let not = || format!("{party} is not party to {name} on that day");
    let unclear =
        || format!("from when until when {party} is party to {name} is not known exactly");
    if own.is_empty() {
        return Binding::Unknown(format!("whether {party} is party to {name} is not recorded"));
    }
    // One that left and came again is party by the later of the two.
    let came = last(&joined, PartialDate::latest);
    let gone =
        last(&left, PartialDate::latest).filter(|gone| came.is_none_or(|came| came <= *gone));
    if gone.is_some() {
        return Binding::No(not());
    }
    let undated = |dates: &[Option<PartialDate>]| dates.iter().any(Option::is_none);
    let may_be_gone = undated(&left) || last(&left, PartialDate::earliest) > came;
    let may_have_come = last(&joined, PartialDate::earliest).is_some() || undated(&joined);
    if came.is_some() && !may_be_gone {
        Binding::Yes
    } else if came.is_some() || may_have_come {
        Binding::Unknown(unclear())
    } else {
        Binding::No(not())
    }
}

/// Returns whether a framework applies on a day. Its last day is the day on which it ended.
pub fn of_framework(framework: &wire::Framework, day: Day) -> Binding {
    let first = framework.effective.as_ref().or(framework.adopted.as_ref());
    let ended = checked_date(framework.ended.as_ref());
    let ended = ended.map(|ended| (ended.earliest().next(), ended.latest().next()));
    between(&framework.name, checked_date(first).as_ref(), ended, day)
}

/// Returns whether an act is in force on a day. On the day on which it ended it is not.
pub fn of_act(act: &wire::Act, day: Day) -> Binding {
    let first = act.in_force.as_ref().or(act.adopted.as_ref());
    let ended = checked_date(act.ended.as_ref());
    let ended = ended.map(|ended| (ended.earliest(), ended.latest()));
    between(&act.name, checked_date(first).as_ref(), ended, day)
}

/// Returns whether law that begins with a date binds on a day; it ends on a day between two.
fn between(
    name: &str,
    first: Option<&PartialDate>,
    ended: Option<(Day, Day)>,
    day: Day,
) -> Binding {
    if first.is_some_and(|first| day < first.earliest())
        || ended.is_some_and(|(_, last)| last <= day)
    {
        return Binding::No(format!("{name} is not in effect on that day"));
    }
    if first.is_some_and(|first| day < first.latest())
        || ended.is_some_and(|(first, _)| first <= day)
    {
        return Binding::Unknown(format!("from when until when {name} is in effect is not exact"));
    }
    Binding::Yes
}

fn word(state: State) -> String {
    use facts::vocabulary::Vocabulary;
    state.word().to_lowercase().replace('_', " ")
}

#[cfg(test)]
mod tests;
