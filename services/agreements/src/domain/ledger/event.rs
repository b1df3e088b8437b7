//! The event from which the rule of an agreement counts: the last act of all who must act, or the
//! deposit with a number.

use api::registan::agreements::v1::entry_into_force_rule::Event;
use api::registan::agreements::v1::{Agreement, EntryIntoForceRule};
use facts::Day;

use super::span::Span;
use super::standing::Standing;
use super::{Participant, published};

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
    let withdrew = all.iter().filter(|one| !one.is_gone && one.stand.withdrew).count();
    if missing > withdrew {
        return Err(format!("no day follows yet: {} had not acted", missing - withdrew));
    }
    if withdrew > 0 {
        return Err(format!("no day follows: {withdrew} withdrew before all had acted"));
    }
    let open = stands(&[Standing::NotKnown, Standing::Ratified]);
    if open > 0 {
        return Err(format!("no day follows: of {open} it is not known whether they had acted"));
    }
    let last = all.iter().map(Participant::settled).reduce(Span::max);
    if let Some(last) = last.filter(|last| last.latest <= day) {
        return Ok(last);
    }
    let other = |one: &&Participant| {
        !one.is_gone && one.stand.acted.latest <= day && day < one.stand.counted.latest
    };
    Err(match all.iter().filter(other).count() {
        0 => "no day follows: it is not known when the last of them acted".to_owned(),
        others => {
            let wanted = match rule.event() {
                Event::LastDeposit => "deposits",
                _ => "notifications",
            };
            format!("no day follows: the rule counts {wanted}, and of {others} none is recorded")
        }
    })
}

/// Returns when the deposit with a number was made. Where others may have deposited, it may have
/// been any day before.
fn nth(count: i32, all: &[Participant], closed: bool, day: Day) -> Result<Span, String> {
    let place = usize::try_from(count - 1).unwrap_or(0);
    let nth = |mut days: Vec<Day>| {
        days.sort_unstable();
        days.get(place).copied().unwrap_or(Day::LAST)
    };
    let latest = nth(all.iter().map(|one| one.stand.counted.latest).collect());
    if latest > day {
        let is_done = |one: &&Participant| {
            one.stand.standing == Standing::Done && one.stand.counted.latest <= day
        };
        let done = all.iter().filter(is_done).count();
        return Err(format!("no day follows: {done} of the {count} deposits are recorded by then"));
    }
    let earliest = nth(all.iter().map(|one| one.stand.counted.earliest).collect());
    Ok(Span { earliest: if closed { earliest } else { Day::FIRST }, latest })
}

/// Returns a note where nobody was missing any more only because a party had left.
pub fn by_exit(rule: &EntryIntoForceRule, all: &[Participant], event: Span) -> Option<String> {
    let ended = |one: &&Participant| {
        let left = one.left.map(Span::next);
        one.is_gone
            && left.is_some_and(|left| left == event && left.latest < one.stand.counted.latest)
    };
    let one = all.iter().find(ended).filter(|_| rule.event() != Event::NthDeposit)?;
    let party = &one.stand.entry.party;
    Some(format!(
        "all had acted only once {party} had left: \
         whether the rule counts from then is a question of law"
    ))
}

/// The most parties that a note names.
const MAX_NAMED: usize = 5;

/// Returns a note where it is published as in force by the day, and some of those without which it
/// does not enter into force had not acted even then.
pub fn against_published(
    agreement: &Agreement,
    all: &[Participant],
    closed: bool,
    day: Day,
) -> Option<String> {
    let published = published(agreement).filter(|published| published.latest() <= day)?;
    let rule = agreement.entry_into_force.as_ref();
    let is_of_all = rule.is_none_or(|rule| rule.event() != Event::NthDeposit);
    let missing = |one: &&Participant| {
        !one.is_gone && !one.stand.withdrew && one.stand.standing == Standing::Missing
    };
    let names = all.iter().filter(missing).map(|one| one.stand.entry.party.as_str());
    let names: Vec<&str> = names.filter(|_| closed && is_of_all && agreement.binding).collect();
    if names.is_empty() {
        return None;
    }
    let more = match names.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let names = names.into_iter().take(MAX_NAMED).collect::<Vec<_>>().join(", ");
    Some(format!("in force {published} as published, though {names}{more} had not acted by then"))
}
