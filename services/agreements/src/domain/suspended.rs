//! The parts of an agreement that are suspended on a day, without what within them was lifted by
//! itself, and the words for both.

use std::collections::{BTreeMap, HashMap};

use super::citation::Cited;
use super::liftings::Liftings;
use super::milestone::{Measure, Milestone, Within};
use super::parts::{OnDay, Part, part, parts};

/// The most parts that are compared with one: those within it that were lifted by themselves, and
/// the suspensions of those around it.
const MAX_COMPARED: usize = 20;

/// The suspensions of parts that have not ended, by what they are of.
type Open<'a> = BTreeMap<&'a Cited, Vec<&'a Milestone>>;

/// The parts of an agreement that were suspended by a day, and how each ended.
pub struct Suspended<'a> {
    /// In the order of the record.
    pub parts: Vec<Part<'a>>,
    liftings: Liftings<'a>,
    day: OnDay<'a>,
}

impl<'a> Suspended<'a> {
    /// Sorts the suspensions and liftings of these.
    pub fn by(followed: &[&'a Milestone], day: OnDay<'a>) -> Self {
        let liftings = Liftings::new(followed);
        Self { parts: parts(followed, &liftings, &day), liftings, day }
    }

    /// Names what does not bind meanwhile: all that is suspended but cooperation.
    pub fn unbinding(mut self) -> String {
        self.parts.retain(|part| part.suspended.measure != Measure::Cooperation);
        self.in_words(&self.freed())
    }

    /// Returns where a part stands for a unit within it, where a lifting says so that is of less
    /// than the part.
    pub fn of_less(&self, suspended: &'a Milestone, unit: &Cited) -> Option<Part<'a>> {
        let mut within = vec![Within::Whole];
        within.extend(unit.around().map(Within::Part));
        let lifting = self.liftings.of_less(suspended, &within)?;
        Some(part(suspended, Some(lifting), &self.day))
    }

    /// Returns what within the parts that are suspended was lifted by itself.
    pub fn freed(&self) -> Freed<'a> {
        let open = self.open();
        let around = |unit: &Cited| -> usize {
            unit.around().filter_map(|one| open.get(&one).map(Vec::len)).sum()
        };
        let (mut freed, mut known) = (Freed::default(), HashMap::new());
        for cited in open.keys().copied() {
            let within: Vec<&'a Cited> =
                self.liftings.within(cited).take(MAX_COMPARED + 1).collect();
            if within.len() > MAX_COMPARED || within.iter().any(|it| around(it) > MAX_COMPARED) {
                freed.many.push(cited);
                continue;
            }
            let mut outermost: Vec<&Cited> = Vec::new();
            for unit in within {
                let mut is_free = || freed.add(self.ends(unit, &open));
                let is_free = *known.entry(unit).or_insert_with(&mut is_free);
                if is_free && !outermost.last().is_some_and(|last| unit.lies_within(last)) {
                    outermost.push(unit);
                }
            }
            freed.within.insert(cited, outermost);
        }
        freed
    }

    fn open(&self) -> Open<'a> {
        let mut open = Open::new();
        for part in self.parts.iter().filter(|part| part.is_open) {
            if let Some(cited) = &part.suspended.part {
                open.entry(cited).or_default().push(part.suspended);
            }
        }
        open
    }

    /// Returns how each suspension of what is around a unit ended for it, or may have; nothing
    /// where one goes on for certain.
    fn ends(&self, unit: &Cited, open: &Open<'a>) -> Option<Vec<Part<'a>>> {
        let around: Vec<Cited> = unit.around().collect();
        let begun = around.iter().filter_map(|one| open.get(one)).flatten();
        let may_be_over = |part: &Part<'a>| !part.is_open || !part.doubt.is_empty();
        begun.map(|one| self.of_less(one, unit).filter(may_be_over)).collect()
    }

    /// Names what is suspended. A citation of several parts is named as it is cited while all of
    /// them are suspended.
    pub fn in_words(&self, freed: &Freed<'_>) -> String {
        let mut words: Vec<String> = Vec::new();
        let one_citation = |one: &Part<'_>, other: &Part<'_>| {
            let (one, other) = (one.suspended, other.suspended);
            one.of_parts > 1 && (&one.scope, &one.date) == (&other.scope, &other.date)
        };
        for cited in self.parts.chunk_by(one_citation) {
            let open = cited.iter().filter(|part| part.is_open).map(|part| part.suspended);
            let open: Vec<&Milestone> = open.collect();
            let [first, ..] = cited else { continue };
            if open.len() == cited.len() && cited.len() == first.suspended.of_parts {
                words.push(freed.without(first.suspended.scope.clone(), &open));
            } else {
                words.extend(open.iter().map(|one| freed.without(one.part_in_words(), &[one])));
            }
        }
        words.join("; ")
    }
}

/// The parts within those that are suspended that were lifted by themselves.
#[derive(Default)]
pub struct Freed<'a> {
    /// By the part: what is not suspended of it, without what lies within that.
    within: HashMap<&'a Cited, Vec<&'a Cited>>,
    /// How the suspension ended for each, or may have.
    ends: Vec<Part<'a>>,
    /// The parts of which so much was lifted by itself that it is not compared.
    many: Vec<&'a Cited>,
}

impl<'a> Freed<'a> {
    /// Adds how the suspension ended for a unit, and returns whether it has.
    fn add(&mut self, ends: Option<Vec<Part<'a>>>) -> bool {
        let Some(ends) = ends else { return false };
        let is_free = ends.iter().all(|part| !part.is_open);
        self.ends.extend(ends);
        is_free
    }

    /// Returns how the suspension ended for what was lifted by itself, or may have.
    pub fn ends(&self) -> &[Part<'a>] {
        &self.ends
    }

    /// Returns why it is not known what was lifted; empty where it is.
    pub fn doubt(&self) -> String {
        let many: Vec<String> =
            self.many.iter().take(MAX_COMPARED).map(ToString::to_string).collect();
        match &many[..] {
            [] => String::new(),
            many => format!("SUSPENSION_LIFTED of many parts of {}", many.join(", ")),
        }
    }

    /// Returns the words for suspended parts, with what of them is not.
    fn without(&self, words: String, parts: &[&Milestone]) -> String {
        let cited = parts.iter().filter_map(|one| one.part.as_ref());
        let freed = cited.filter_map(|one| self.within.get(one)).flatten();
        let freed: Vec<String> = freed.map(ToString::to_string).collect();
        match &freed[..] {
            [] => words,
            freed => format!("{words}, except {}", freed.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests;
