//! The event from which the rule of an agreement counts: the last act of all who must act, or the
//! deposit with a number.

use api::registan::agreements::v1::EntryIntoForceRule;
use api::registan::agreements::v1::entry_into_force_rule::Event;
use facts::Day;

use super::Participant;
use super::span::Span;
use super::standing::Standing;

/// Returns when the event happened, if for certain by the day; else why it is not known, in words.
/// `closed` is false where others than these may have acted.
pub fn of(
    rule: &EntryIntoForceRule,
    all: &[Participant],
    closed: bool,
    day: Day,
) -> Result<Span, String> {
    if rule.event() == Event::NthDeposit {
        return nth(rule.count, all, closed, day);
    }
    let stands = |standing: &[Standing]| {
        let needed = all.iter().filter(|one| !one.is_gone);
        needed.filter(|one| standing.contains(&one.stand.standing)).count()
    };
    let missing = stands(&[Standing::Missing]);
    if missing > 0 {
        return Err(format!("no day follows yet: {missing} had not acted"));
    }
    let open = stands(&[Standing::NotKnown, Standing::Ratified]);
    if open > 0 {
        return Err(format!("no day follows: of {open} it is not known whether they had acted"));
    }
    let last = all.iter().map(Participant::settled).reduce(Span::max);
    match last.filter(|last| last.latest <= day) {
        Some(last) => Ok(last),
        None => Err("no day follows: it is not known when the last of them acted".to_owned()),
    }
}

/// Returns when the deposit with a number was made. Where others may have deposited, it may have
/// been any day before.
fn nth(count: i32, all: &[Participant], closed: bool, day: Day) -> Result<Span, String> {
    let place = usize::try_from(count - 1).unwrap_or(0);
    let nth = |mut days: Vec<Day>| {
        days.sort_unstable();
        days.get(place).copied().unwrap_or(Day::LAST)
    };
    let latest = nth(all.iter().map(|one| one.stand.acted.latest).collect());
    if latest > day {
        let done = all.iter().filter(|one| one.stand.standing == Standing::Done).count();
        return Err(format!("no day follows: {done} of the {count} deposits are recorded by then"));
    }
    let earliest = nth(all.iter().map(|one| one.stand.acted.earliest).collect());
    Ok(Span { earliest: if closed { earliest } else { Day::FIRST }, latest })
}

/// Returns a note where nobody was missing any more only because a party had left.
pub fn by_exit(rule: &EntryIntoForceRule, all: &[Participant], event: Span) -> Option<String> {
    let ended = |one: &&Participant| {
        let left = one.left.map(Span::next);
        one.is_gone
            && left.is_some_and(|left| left == event && left.latest < one.stand.acted.latest)
    };
    let one = all.iter().find(ended).filter(|_| rule.event() != Event::NthDeposit)?;
    let party = &one.stand.entry.party;
    Some(format!(
        "all had acted only once {party} had left: \
         whether the rule counts from then is a question of law"
    ))
}
