//! An act or a framework: law from one day until another, for those that benefit from it perhaps
//! for less.

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Day, PartialDate};

/// An act or a framework, as far as it decides whether it binds.
#[derive(Debug)]
pub struct Lasting {
    name: String,
    whole: Period,
    /// Why it is not known when it began to bind; empty where that is recorded.
    undated: &'static str,
    /// The periods in which parties benefit from it.
    benefits: Vec<(String, Period)>,
}

/// The days between which something began, and those between which it is no more for the first
/// time.
#[derive(Clone, Copy, Debug)]
struct Period {
    begun: (Day, Day),
    ended: Option<(Day, Day)>,
}

/// The answer to whether something is on a day: not, perhaps, certainly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// It is not.
    No,
    /// It is not known.
    Perhaps,
    /// It is.
    Yes,
}

impl Period {
    /// Of one without a first day it is not known when it began.
    fn of_benefit(one: &wire::Beneficiary) -> Self {
        let since = checked_date(one.since.as_ref());
        let begun = since.map_or((Day::FIRST, Day::LAST), |date| span(Some(&date)));
        Self { begun, ended: after(one.until.as_ref()) }
    }

    fn on(&self, day: Day) -> Holds {
        if day < self.begun.0 || self.ended.is_some_and(|(_, last)| last <= day) {
            Holds::No
        } else if day < self.begun.1 || self.ended.is_some_and(|(first, _)| first <= day) {
            Holds::Perhaps
        } else {
            Holds::Yes
        }
    }

    fn turns(&self) -> impl Iterator<Item = Day> {
        let ended = self.ended.into_iter().flat_map(|(first, last)| [first, last]);
        [self.begun.0, self.begun.1].into_iter().chain(ended)
    }
}

impl Lasting {
    /// Returns a framework. Its last day, and that of a benefit, is the day on which it ended.
    pub fn of_framework(framework: &wire::Framework) -> Self {
        let first = framework.effective.as_ref().or(framework.adopted.as_ref());
        let begun = span(checked_date(first).as_ref());
        let whole = Period { begun, ended: after(framework.ended.as_ref()) };
        let benefit = |one: &wire::Beneficiary| (one.party.clone(), Period::of_benefit(one));
        let benefits = framework.beneficiaries.iter().map(benefit).collect();
        Self { name: framework.name.clone(), whole, undated: "", benefits }
    }

    /// Returns an act. On the day on which it ended it is not in force. One that is only adopted, or
    /// of which no day is recorded, begins to bind at a day that is not known.
    pub fn of_act(act: &wire::Act) -> Self {
        let adopted = checked_date(act.adopted.as_ref());
        let in_force = checked_date(act.in_force.as_ref());
        let undated = match (&in_force, &adopted) {
            (Some(_), _) => "",
            (None, Some(_)) => " is adopted, and when it entered into force is not recorded",
            (None, None) => " has no date, and when it entered into force is not recorded",
        };
        let made = adopted.as_ref().map_or(Day::FIRST, PartialDate::earliest);
        let (first, last) = span(in_force.as_ref());
        let last = if in_force.is_none() { Day::LAST } else { last };
        let ended = checked_date(act.ended.as_ref()).map(|date| span(Some(&date)));
        let begun = (if first == Day::FIRST { made } else { first }, last);
        let (name, whole) = (act.name.clone(), Period { begun, ended });
        Self { name, whole, undated, benefits: Vec::new() }
    }

    /// Returns whether it binds a party on a day, and why not or why that is not known; empty:
    /// nobody in particular.
    pub fn on(&self, bearer: &str, day: Day) -> (Holds, String) {
        let name = &self.name;
        let whole = self.whole.on(day);
        let benefit = self.benefits_of(bearer).map(|period| period.on(day)).max();
        let reason = match (whole, benefit) {
            (Holds::No, _) => format!("{name} is not in effect on that day"),
            (Holds::Perhaps, _) if !self.undated.is_empty() => format!("{name}{}", self.undated),
            (Holds::Perhaps, _) => {
                format!("from when until when {name} is in effect is not exact")
            }
            (Holds::Yes, Some(Holds::No)) => {
                format!("{bearer} does not benefit from {name} on that day")
            }
            (Holds::Yes, Some(Holds::Perhaps)) => {
                format!("from when until when {bearer} benefits from {name} is not known exactly")
            }
            (Holds::Yes, Some(Holds::Yes) | None) => String::new(),
        };
        let holds = if whole == Holds::Yes { benefit.unwrap_or(whole) } else { whole };
        (holds, reason)
    }

    /// Returns whether each of its beneficiaries benefits from it on a day, in their order: while
    /// both are in effect.
    pub fn benefits_on(&self, day: Day) -> impl Iterator<Item = Holds> {
        let whole = self.whole.on(day);
        self.benefits.iter().map(move |(_, period)| whole.min(period.on(day)))
    }

    fn benefits_of(&self, bearer: &str) -> impl Iterator<Item = &Period> {
        self.benefits.iter().filter(move |(party, _)| party == bearer).map(|(_, period)| period)
    }

    /// Returns how many periods it has.
    pub const fn size(&self) -> usize {
        1 + self.benefits.len()
    }

    /// Returns the days on which the answer for these parties can change.
    pub fn turns(&self, bearers: &[String]) -> Vec<Day> {
        let benefits = bearers.iter().flat_map(|bearer| self.benefits_of(bearer));
        benefits.chain([&self.whole]).flat_map(Period::turns).collect()
    }
}

/// The days that a date can be; without one, from the first day on.
fn span(date: Option<&PartialDate>) -> (Day, Day) {
    date.map_or((Day::FIRST, Day::FIRST), |date| (date.earliest(), date.latest()))
}

/// The days after those that the last day can be.
fn after(last: Option<&api::registan::r#type::v1::PartialDate>) -> Option<(Day, Day)> {
    let date = checked_date(last)?;
    Some((date.earliest().next(), date.latest().next()))
}
