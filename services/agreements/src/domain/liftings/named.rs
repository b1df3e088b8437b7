//! The liftings that say what they ended, by that.

use std::collections::HashMap;
use std::rc::Rc;

use facts::Day;

use crate::domain::citation::Cited;
use crate::domain::milestone::{Milestone, MilestoneKind, Within};

/// How the suspension of a part ended.
pub struct Lifting<'a> {
    /// The move that ended it.
    pub milestone: &'a Milestone,
    /// The first day on which it can have ended: another lifting may have been the one.
    pub earliest: Day,
    /// The last.
    pub latest: Day,
    /// Returns whether there were fewer liftings by then than suspensions.
    pub is_shared: bool,
    /// The parts of which one is still suspended, in words, for there were fewer liftings than
    /// suspensions, and a lifting does not say of which part it is. Empty where all have been
    /// lifted, or they are one part.
    pub open: Rc<str>,
}

/// The first two of some days.
#[derive(Clone, Copy, Default)]
struct FirstTwo(Option<Day>, Option<Day>);

impl FirstTwo {
    fn add(&mut self, day: Day) {
        if self.0.is_none_or(|first| day < first) {
            *self = Self(Some(day), self.0);
        } else if self.1.is_none_or(|second| day < second) {
            self.1 = Some(day);
        }
    }
}

/// The liftings of one part, or of the whole.
struct OfPart<'a> {
    /// By their last days, then in the order of the record: the last day, the place in the record,
    /// the lifting.
    ends: Vec<(Day, usize, &'a Milestone)>,
    /// For each of them: the first day of it and of all after it, and the place of the first of
    /// them in `ends`, by the record.
    after: Vec<(Day, usize)>,
    /// By their first days: that, and the place in `ends` of the first to end of it and of all
    /// after it.
    begins: Vec<(Day, usize)>,
    /// The first days of the suspensions that they can have ended.
    begun: FirstTwo,
}

/// The lifting that was found for the suspension of a part, among those of one part.
struct Found<'a> {
    first: (usize, &'a Milestone),
    earliest: Day,
    sure: Option<(Day, usize, &'a Milestone)>,
}

impl<'a> OfPart<'a> {
    fn new(mut ends: Vec<(Day, usize, &'a Milestone)>) -> Self {
        ends.sort_unstable_by_key(|(latest, place, _)| (*latest, *place));
        let mut after: Vec<(Day, usize)> =
            ends.iter().enumerate().map(|(at, (.., one))| (one.date.earliest(), at)).collect();
        let mut begins = after.clone();
        for at in (1..ends.len()).rev() {
            let (next, (day, first)) = (after[at], after[at - 1]);
            let is_first = ends[first].1 < ends[next.1].1;
            after[at - 1] = (day.min(next.0), if is_first { first } else { next.1 });
        }
        begins.sort_unstable();
        for at in (1..begins.len()).rev() {
            begins[at - 1].1 = begins[at - 1].1.min(begins[at].1);
        }
        Self { ends, after, begins, begun: FirstTwo::default() }
    }

    /// Of the liftings that can have come after the suspension of a part. One of which it is not
    /// known whether it came before or after need not be it, unless it can have ended nothing else.
    fn of(&self, part: &Milestone) -> Option<Found<'a>> {
        let place = self.ends.partition_point(|(latest, ..)| *latest < part.date.earliest());
        let (earliest, first) = *self.after.get(place)?;
        let (_, order, milestone) = self.ends[first];
        let alone = self.begun.1.is_none_or(|second| self.ends[place].0 < second);
        let later = self.begins.partition_point(|(first, _)| *first < part.date.latest());
        let later = self.begins.get(later).map(|(_, place)| *place);
        let sure = later.into_iter().chain(alone.then_some(place)).min();
        let sure = sure.map(|place| self.ends[place]);
        Some(Found { first: (order, milestone), earliest, sure })
    }
}

/// The liftings that say what they ended, by that.
#[derive(Default)]
pub struct Named<'a> {
    of: HashMap<Within, OfPart<'a>>,
    /// The parts that they are of, each once, before those that lie within it.
    parts: Vec<&'a Cited>,
}

impl<'a> Named<'a> {
    /// Sorts those of these milestones.
    pub fn new(followed: &[&'a Milestone]) -> Self {
        let mut ends: HashMap<Within, Vec<_>> = HashMap::new();
        let named = followed.iter().enumerate().filter(|(_, one)| one.lifts_by_name());
        for (place, one) in named {
            let of = one.within().pop().unwrap_or(Within::Whole);
            ends.entry(of).or_default().push((one.date.latest(), place, *one));
        }
        if ends.is_empty() {
            return Self::default();
        }
        let of_part = |(of, ends): (Within, Vec<_>)| (of, OfPart::new(ends));
        let mut all: HashMap<Within, OfPart<'a>> = ends.into_iter().map(of_part).collect();
        let mut exact: HashMap<Within, FirstTwo> = HashMap::new();
        for one in followed.iter().filter(|one| one.kind == MilestoneKind::Suspended) {
            let within = one.within();
            for of in &within {
                if let Some(of_part) = all.get_mut(of) {
                    of_part.begun.add(one.date.earliest());
                }
            }
            if let Some(Within::Part(of)) = within.last() {
                let of = Within::Part(of.clone());
                exact.entry(of).or_default().add(one.date.earliest());
            }
        }
        // A lifting of a paragraph can have ended the suspension of its article, for it.
        for (of, of_part) in &mut all {
            let Within::Part(cited) = of else { continue };
            let around = cited.around().filter(|around| around != cited).map(Within::Part);
            for FirstTwo(one, two) in around.filter_map(|around| exact.get(&around)) {
                [one, two].into_iter().flatten().for_each(|day| of_part.begun.add(*day));
            }
        }
        let named = followed.iter().filter(|one| one.lifts_a_part());
        let mut parts: Vec<&Cited> = named.filter_map(|one| one.part.as_ref()).collect();
        parts.sort_unstable();
        parts.dedup();
        Self { of: all, parts }
    }

    /// Returns what of a part they are of, without all of it.
    pub fn within(&self, part: &Cited) -> impl Iterator<Item = &'a Cited> {
        let next = self.parts.partition_point(|one| *one <= part);
        self.parts[next..].iter().copied().take_while(|one| one.lies_within(part))
    }

    /// Returns whether there are liftings of exactly this.
    pub fn has(&self, of: &Within) -> bool {
        self.of.contains_key(of)
    }

    /// Returns how the suspension of a part ended by the liftings of anything in `within`. They end
    /// all that was suspended of it until then.
    pub fn of(&self, part: &'a Milestone, within: &[Within]) -> Option<Lifting<'a>> {
        let found = within.iter().filter_map(|of| self.of.get(of)?.of(part));
        let found: Vec<Found<'a>> = found.collect();
        let sure = found.iter().filter_map(|one| one.sure);
        let sure = sure.min_by_key(|(latest, place, _)| (*latest, *place));
        let first = found.iter().map(|one| one.first).min_by_key(|(place, _)| *place)?;
        Some(Lifting {
            milestone: sure.map_or(first.1, |(.., one)| one),
            earliest: found.iter().map(|one| one.earliest).min()?,
            latest: sure.map_or(Day::LAST, |(latest, ..)| latest),
            is_shared: false,
            open: "".into(),
        })
    }
}
