//! The answer to whether the law that a duty rests on binds its bearers on a day.

mod lasting;

use std::sync::{Arc, OnceLock};

use api::registan::agreements::v1 as wire;
use facts::Day;
use wire::entry_into_force_rule::Event;

pub use self::lasting::{Holds, Lasting};
use super::ledger::{Acts, Standing};
use super::milestone::{Milestone, MilestoneKind};
use super::provision::cited;
use super::provision_status::{self, Asked};
use super::state::State;
use super::status::{self, Status};
use super::suspended::Suspended;

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

/// The law that a duty rests on, as far as it decides whether it binds.
#[derive(Debug)]
pub enum Law {
    /// An agreement or a convention.
    Treaty(Treaty),
    /// An act or a framework.
    Lasting(Lasting),
    /// The name of something that is not recorded, as far as the caller may read.
    Missing(String),
}

impl Law {
    /// Returns an agreement with its ratifications.
    pub fn of_agreement(agreement: &wire::Agreement, ratifications: &[wire::Ratification]) -> Self {
        let rule = agreement.entry_into_force.as_ref().map(wire::EntryIntoForceRule::event);
        let is_convention = agreement.kind() == wire::agreement::Kind::Convention;
        Self::Treaty(Treaty {
            name: agreement.name.clone(),
            is_open: is_convention || rule == Some(Event::NthDeposit),
            milestones: Milestone::all(&agreement.milestones),
            acts: Acts::of(agreement, ratifications),
        })
    }

    /// Returns a framework, which binds those that benefit from it while they do.
    pub fn of_framework(framework: &wire::Framework) -> Self {
        Self::Lasting(Lasting::of_framework(framework))
    }

    /// Returns an act.
    pub fn of_act(act: &wire::Act) -> Self {
        Self::Lasting(Lasting::of_act(act))
    }

    /// Returns whether it, or a provision of it, binds one of these parties on a day.
    fn on(&self, part: Option<&wire::Provision>, bearers: &[String], day: Day) -> Binding {
        match self {
            Self::Treaty(treaty) => treaty.on(part, bearers, day),
            Self::Lasting(lasting) => of_any(bearers, |bearer| answer(lasting.on(bearer, day))),
            Self::Missing(name) => Binding::Unknown(format!("{name} is not recorded")),
        }
    }

    /// Returns how many milestones and acts it has.
    pub fn size(&self) -> usize {
        match self {
            Self::Treaty(treaty) => treaty.milestones.len() + treaty.acts.count(),
            Self::Lasting(lasting) => lasting.size(),
            Self::Missing(_) => 1,
        }
    }

    /// Returns the days on which the answer for these parties can change.
    fn turns(&self, bearers: &[String]) -> Vec<Day> {
        let mut turns = match self {
            Self::Treaty(treaty) => treaty.turns(bearers),
            Self::Lasting(lasting) => lasting.turns(bearers),
            Self::Missing(_) => Vec::new(),
        };
        turns.push(Day::FIRST);
        turns.sort_unstable();
        turns.dedup();
        turns
    }
}

/// An agreement or a convention.
#[derive(Debug)]
pub struct Treaty {
    name: String,
    /// True where it binds those alone that joined it; else it binds all when it is in force.
    is_open: bool,
    milestones: Vec<Milestone>,
    acts: Acts,
}

impl Treaty {
    fn on(&self, part: Option<&wire::Provision>, bearers: &[String], day: Day) -> Binding {
        of_any(bearers, |bearer| self.of_bearer(part, bearer, day))
    }

    /// An end that names a party ends the agreement for that party alone.
    fn of_bearer(&self, part: Option<&wire::Provision>, bearer: &str, day: Day) -> Binding {
        let status = status::on(&self.milestones, bearer, day);
        match part {
            Some(part) => self.of_part(part, bearer, &status),
            None => self.as_a_whole(bearer, &status),
        }
    }

    /// Returns whether a provision binds: a suspension or an application of others says nothing of
    /// it.
    fn of_part(&self, part: &wire::Provision, bearer: &str, status: &Status) -> Binding {
        use provision_status::Standing;
        let found = Asked::new(&self.milestones, bearer, true, status).of(part);
        let (name, part) = (&self.name, cited(part));
        match found.state {
            Standing::Binding => self.of_party(bearer, status.as_of),
            Standing::AppliedProvisionally if self.is_open || self.acts.withdraws(bearer) => {
                let applied = format!("{part} of {name} is applied provisionally");
                Binding::Unknown(format!("{applied}, and whether by {bearer} is not recorded"))
            }
            Standing::AppliedProvisionally => Binding::Yes,
            Standing::NotKnown => Binding::Unknown(format!("{part} of {name}: {}", found.reason)),
            Standing::Suspended => {
                Binding::No(format!("{part} of {name} is suspended on that day"))
            }
            _ => match status.state {
                State::Undetermined | State::ProvisionallyApplied => {
                    Binding::No(format!("{part} of {name} does not bind on that day"))
                }
                state => Binding::No(format!("{name} is {} on that day", word(state))),
            },
        }
    }

    /// Returns whether it binds where it is not known which part of it is asked for.
    fn as_a_whole(&self, bearer: &str, status: &Status) -> Binding {
        let (name, day) = (&self.name, status.as_of);
        match status.state {
            State::InForce => {
                let suspended = match &status.suspended[..] {
                    "" => String::new(),
                    _ => Suspended::of(&self.milestones, bearer, day).unbinding(),
                };
                if suspended.is_empty() {
                    return self.of_party(bearer, day);
                }
                Binding::Unknown(format!("{name} is suspended in part: {suspended}"))
            }
            State::ProvisionallyApplied => Binding::Unknown(format!(
                "{name} is applied provisionally, and whether this part of it is not recorded"
            )),
            State::Undetermined | State::Unknown => {
                Binding::Unknown(format!("{name}: {}", status.reason))
            }
            state => Binding::No(format!("{name} is {} on that day", word(state))),
        }
    }

    /// Returns whether it binds a party while it is in force. One that all had to ratify binds all
    /// of them then, but for those of whom something else is recorded. A body joins nothing: what
    /// it has to do it owes by the agreement itself.
    fn of_party(&self, party: &str, day: Day) -> Binding {
        let name = &self.name;
        let is_party = party.starts_with("parties/");
        if !is_party || (!self.is_open && self.acts.are_open(party)) {
            return Binding::Yes;
        }
        let Some(stand) = self.acts.stand(party, day) else {
            return Binding::Unknown(format!("whether {party} is party to {name} is not recorded"));
        };
        match stand.standing {
            Standing::Done => Binding::Yes,
            // All had acted when it entered into force, whatever the date of a single act is.
            Standing::NotKnown if self.is_of_the_first(party) => Binding::Yes,
            Standing::Missing => Binding::No(format!("{party} is not party to {name} on that day")),
            Standing::Ratified | Standing::NotKnown => Binding::Unknown(format!(
                "whether {party} is party to {name} is not known: {}",
                stand.entry.reason
            )),
        }
    }

    /// Returns whether a party is one of those without which it had not entered into force, and
    /// left never.
    fn is_of_the_first(&self, party: &str) -> bool {
        let general = |one: &&Milestone| one.kind == MilestoneKind::InForce && one.party.is_empty();
        let begun = self.milestones.iter().filter(general).map(|one| one.date.latest()).max();
        let is_late = begun.is_none_or(|begun| self.acts.joins_after(party, begun));
        !self.is_open && !is_late && !self.acts.withdraws(party)
    }

    fn turns(&self, bearers: &[String]) -> Vec<Day> {
        let dates = self.milestones.iter().map(|one| [one.date.earliest(), one.date.latest()]);
        let ends = dates.flatten().chain(self.acts.turns(bearers));
        let next = |day: Day| if day == Day::FIRST { day } else { day.next() };
        ends.flat_map(|day| [day, next(day)]).collect()
    }
}

/// Returns whether one of these is bound, by the answer for each; for nobody in particular where
/// there are none.
fn of_any(bearers: &[String], of: impl Fn(&str) -> Binding) -> Binding {
    let mut least = None;
    for bearer in bearers {
        least = match (least, of(bearer)) {
            (_, Binding::Yes) => return Binding::Yes,
            (Some(Binding::Unknown(reason)), _) => Some(Binding::Unknown(reason)),
            (_, other) => Some(other),
        };
    }
    least.unwrap_or_else(|| of(""))
}

/// The answer of an act or a framework.
fn answer((holds, reason): (Holds, String)) -> Binding {
    match holds {
        Holds::Yes => Binding::Yes,
        Holds::No => Binding::No(reason),
        Holds::Perhaps => Binding::Unknown(reason),
    }
}

fn word(state: State) -> String {
    use facts::vocabulary::Vocabulary;
    state.word().to_lowercase().replace('_', " ")
}

/// The answer for some bearers on every day: each is found when it is first asked for.
#[derive(Debug)]
pub struct Bound {
    law: Arc<Law>,
    part: Option<Arc<wire::Provision>>,
    bearers: Vec<String>,
    /// The first days of the periods in which the answer is one.
    turns: Vec<Day>,
    known: Vec<OnceLock<Binding>>,
}

impl Bound {
    /// Returns the answer of a law for some bearers; of a provision of it, where one is given.
    pub fn new(law: Arc<Law>, part: Option<Arc<wire::Provision>>, bearers: &[String]) -> Self {
        let turns = law.turns(bearers);
        let known = turns.iter().map(|_| OnceLock::new()).collect();
        Self { law, part, bearers: bearers.to_vec(), turns, known }
    }

    /// Returns how many periods it has.
    pub const fn size(&self) -> usize {
        self.turns.len()
    }

    /// Returns whether it binds on a day.
    pub fn on(&self, day: Day) -> &Binding {
        let place = self.turns.partition_point(|turn| *turn <= day).saturating_sub(1);
        let (part, day) = (self.part.as_deref(), self.turns[place]);
        self.known[place].get_or_init(|| self.law.on(part, &self.bearers, day))
    }

    /// Returns whether it binds on a day of which it is known only that it lies between two.
    pub fn between(&self, first: Day, last: Day) -> Binding {
        let begun = self.on(first);
        let later = self.turns.partition_point(|turn| *turn <= first);
        let until = self.turns.partition_point(|turn| *turn <= last).max(later);
        let turns = self.turns[later..until].iter().map(|turn| self.on(*turn));
        for other in turns {
            match (begun, other) {
                (Binding::Yes, Binding::Yes) | (Binding::No(_), Binding::No(_)) => {}
                (Binding::Unknown(reason), _) | (_, Binding::Unknown(reason)) => {
                    return Binding::Unknown(reason.clone());
                }
                _ => {
                    let reason = "the law binds on some of these days, and not on all";
                    return Binding::Unknown(reason.to_owned());
                }
            }
        }
        begun.clone()
    }
}

#[cfg(test)]
mod tests;
