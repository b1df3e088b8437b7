//! The liftings of an agreement, and which of them ended which suspension of a part. Everything is
//! sorted once, so that each suspension is answered without looking at all others.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ptr;
use std::rc::Rc;

use facts::Day;

use super::citation::Cited;
use super::milestone::{Milestone, MilestoneKind, Within};
use super::moves::{Break, breaks, ended_by_name};

mod named;

pub use named::Lifting;
use named::Named;

/// The most parts that are named of those of which one is still suspended.
const MAX_NAMED: usize = 20;

/// The liftings among the milestones that are followed.
pub struct Liftings<'a> {
    named: Named<'a>,
    silent: Silent<'a>,
}

impl<'a> Liftings<'a> {
    /// Sorts the suspensions and liftings of these.
    pub fn new(followed: &[&'a Milestone]) -> Self {
        let named = Named::new(followed);
        let silent = Silent::new(&without_names(followed, &named));
        Self { named, silent }
    }

    /// Returns how the suspension of a part ended: by the lifting that says so; else by the lifting
    /// that is its own among all suspensions; without one, by the last that came after it. Which of
    /// several liftings ended which of several suspensions that stood side by side is not known.
    pub fn of(&self, part: &'a Milestone) -> Option<Lifting<'a>> {
        self.named.of(part, &part.within()).or_else(|| self.silent.of(part))
    }

    /// Returns how the suspension of a part ended for what lies within it, where a lifting says so
    /// that is of less than the part; `within` ends with that.
    pub fn of_less(&self, part: &'a Milestone, within: &[Within]) -> Option<Lifting<'a>> {
        let own = part.within().len();
        let has_less = within.iter().skip(own).any(|one| self.named.has(one));
        self.named.of(part, within).filter(|_| has_less)
    }

    /// Returns what lies within a part, and was lifted by itself: each once, before what lies
    /// within it.
    pub fn within(&self, part: &Cited) -> impl Iterator<Item = &'a Cited> {
        self.named.within(part)
    }
}

/// Returns the milestones without the liftings that say what they ended, and without what these
/// ended.
fn without_names<'a>(followed: &[&'a Milestone], named: &Named<'a>) -> Vec<&'a Milestone> {
    if !followed.iter().any(|one| one.lifts_by_name()) {
        return followed.to_vec();
    }
    let wholes = ended_by_name(followed);
    let is_ended = |one: &'a Milestone| {
        if one.suspends_a_part() {
            return named.of(one, &one.within()).is_some();
        }
        wholes.iter().any(|begun| ptr::eq(*begun, one))
    };
    let is_left = |one: &&'a Milestone| match one.kind {
        MilestoneKind::Suspended => !is_ended(one),
        _ => !one.lifts_by_name(),
    };
    followed.iter().copied().filter(is_left).collect()
}

/// The suspensions, and the liftings that do not say what they ended.
struct Silent<'a> {
    /// By the first days of the suspensions.
    pairs: Vec<Break<'a>>,
    places: HashMap<*const Milestone, usize>,
    /// Of the liftings, by their last days: that, and the first day of it and of all after it.
    lifted: Vec<(Day, Day)>,
    last: Option<&'a Milestone>,
    /// For each number of pairs: when all had been lifted that stood beside them, at the latest.
    over: Vec<Day>,
    /// The first day of a suspension without a lifting.
    unended: Day,
    open: RefCell<BTreeMap<Day, Rc<str>>>,
}

impl<'a> Silent<'a> {
    fn new(followed: &[&'a Milestone]) -> Self {
        let (begin, end) = (MilestoneKind::Suspended, MilestoneKind::SuspensionLifted);
        let pairs = breaks(followed, begin, end);
        let place = |(place, (begun, _)): (usize, &Break<'a>)| (ptr::from_ref(*begun), place);
        let places = pairs.iter().enumerate().map(place).collect();
        let ends: Vec<&Milestone> =
            followed.iter().copied().filter(|one| one.kind == end).collect();
        let dates = ends.iter().map(|one| (one.date.latest(), one.date.earliest()));
        let mut lifted: Vec<(Day, Day)> = dates.collect();
        lifted.sort_unstable();
        for place in (1..lifted.len()).rev() {
            lifted[place - 1].1 = lifted[place - 1].1.min(lifted[place].1);
        }
        let unended = pairs.iter().filter(|(_, ended)| ended.is_none());
        let unended = unended.map(|(begun, _)| begun.date.earliest()).min().unwrap_or(Day::LAST);
        Self {
            places,
            lifted,
            last: ends.into_iter().max_by_key(|one| one.date.latest()),
            over: over(&pairs),
            unended,
            open: RefCell::default(),
            pairs,
        }
    }

    fn of(&self, part: &'a Milestone) -> Option<Lifting<'a>> {
        let place = self.places.get(&ptr::from_ref(part))?;
        let is_after = |one: &&Milestone| one.date.latest() > part.date.latest();
        let milestone = self.pairs[*place].1.or_else(|| self.last.filter(is_after))?;
        // All that began before it is over stand beside it.
        let begun = |last: Day| self.pairs.partition_point(|(one, _)| one.date.earliest() < last);
        let own = milestone.date.latest();
        let beside = self.over[begun(own)];
        let latest = own.max(beside);
        let after = self.lifted.partition_point(|(last, _)| *last <= part.date.earliest());
        let first = self.lifted.get(after).map_or(Day::LAST, |(_, first)| *first);
        Some(Lifting {
            milestone,
            earliest: milestone.date.earliest().min(first),
            latest,
            is_shared: self.unended < latest,
            open: self.open(latest),
        })
    }

    /// The parts of which one is still suspended of those that certainly began before a day.
    fn open(&self, latest: Day) -> Rc<str> {
        let mut known = self.open.borrow_mut();
        let open = known.entry(latest).or_insert_with(|| {
            let begun = self.pairs.iter().filter(|(begun, _)| begun.date.latest() < latest);
            open_parts(begun).into()
        });
        Rc::clone(open)
    }
}

/// For each number of pairs from the first: the last day of what ended them, and of what ended
/// those that began before that day, and so on.
fn over(pairs: &[Break<'_>]) -> Vec<Day> {
    let ended = |(_, ended): &Break<'_>| ended.map_or(Day::FIRST, |ended| ended.date.latest());
    let mut over = vec![Day::FIRST];
    over.extend(pairs.iter().scan(Day::FIRST, |last, pair| {
        *last = ended(pair).max(*last);
        Some(*last)
    }));
    for place in (0..pairs.len()).rev() {
        if pairs[place].0.date.earliest() < over[place] {
            over[place] = over[place + 1];
        }
    }
    over
}

/// The parts of which one is still suspended, in words, of these suspensions and of what ended
/// each: those since when all had been lifted, if there are several and not each has been lifted.
fn open_parts<'a, 'b>(breaks: impl Iterator<Item = &'b Break<'a>>) -> String
where
    'a: 'b,
{
    let mut beside: Vec<&Break<'a>> = Vec::new();
    let mut over = Some(Day::FIRST);
    for one in breaks {
        if over.is_some_and(|over| over <= one.0.date.earliest()) {
            beside.clear();
            over = Some(Day::FIRST);
        }
        over = over.zip(one.1).map(|(over, ended)| over.max(ended.date.latest()));
        beside.push(one);
    }
    let is_open = beside.iter().any(|(_, ended)| ended.is_none());
    let parts = beside.into_iter().filter(|(begun, _)| is_open && begun.suspends_a_part());
    let mut parts: Vec<String> = parts.map(|(begun, _)| begun.part_in_words()).collect();
    parts.sort_unstable();
    parts.dedup();
    if parts.len() < 2 {
        return String::new();
    }
    let more = parts.len().saturating_sub(MAX_NAMED);
    parts.truncate(MAX_NAMED);
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests;
