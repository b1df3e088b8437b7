//! Duties with what their status depends on: the law they rest on, and the meetings before which
//! they are due. Everything is read at the record time of the duties, and only what the caller may
//! read; of a page of duties at once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use api::registan::agreements::v1 as wire;
use chassis::Failure;
use chronicle::Reader;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::binding::{Bound, Law};
use crate::domain::due::Meeting;
use crate::domain::duty_status::Duty;
use crate::domain::{Provision, provision};
use crate::store;

/// The most laws, and bodies with their meetings, that are kept in memory from page to page.
const MAX_KEPT: usize = 200;
/// The most milestones, acts, provisions, periods and meetings that one call keeps in memory.
const MAX_SIZE: usize = 1_000_000;

/// The law that duties rest on, as it stood at one record time; each is read once.
pub struct Ground {
    app: App,
    reader: Reader,
    read_time: i64,
    kept: Kept,
}

/// The law and the meetings that are kept in memory.
#[derive(Default)]
struct Kept {
    laws: HashMap<String, Arc<Law>>,
    /// By what duties are under: the provision; nothing where it is not recorded.
    places: HashMap<String, Option<Arc<wire::Provision>>>,
    /// By what duties are under, the article that they name, and their bearers.
    bound: HashMap<(String, String, Vec<String>), Arc<Bound>>,
    meetings: HashMap<String, Arc<[Meeting]>>,
}

/// The law and the meetings of one duty.
#[derive(Clone)]
pub struct OfDuty {
    bound: Arc<Bound>,
    meetings: Arc<[Meeting]>,
}

impl OfDuty {
    /// Returns a duty with its law and its meetings.
    pub fn of<'a>(&'a self, obligation: &'a wire::Obligation) -> Duty<'a> {
        Duty { obligation, meetings: &self.meetings, bound: &self.bound }
    }
}

impl Ground {
    /// Nothing read yet.
    pub fn at(app: &App, reader: Reader, read_time: i64) -> Self {
        Self { app: app.clone(), reader, read_time, kept: Kept::default() }
    }

    /// Reads what these duties depend on, and was not read before.
    pub async fn read(&mut self, duties: &[wire::Obligation]) -> Result<(), Failure> {
        self.kept.forget();
        self.read_places(duties).await?;
        let laws: BTreeSet<&str> = duties.iter().map(|duty| around(&duty.under)).collect();
        let laws = laws.into_iter().filter(|law| !self.kept.laws.contains_key(*law));
        let laws: Vec<String> = laws.map(str::to_owned).collect();
        let bodies: BTreeSet<&String> =
            duties.iter().map(|duty| &duty.before_meetings_of).collect();
        let bodies = bodies.into_iter().filter(|body| !body.is_empty());
        let bodies = bodies.filter(|body| !self.kept.meetings.contains_key(*body));
        let bodies: Vec<String> = bodies.cloned().collect();
        let chronicle = &self.app.records.chronicle;
        if !laws.is_empty() {
            let found = store::laws(chronicle, &laws, self.read_time, &self.reader).await;
            let found = found.map_err(|error| from_record("registan/Agreement", error))?;
            self.kept.laws.extend(found.into_iter().map(|(name, law)| (name, Arc::new(law))));
            for name in laws {
                let missing = || Arc::new(Law::Missing(name.clone()));
                self.kept.laws.entry(name.clone()).or_insert_with(missing);
            }
        }
        if !bodies.is_empty() {
            let found = store::meetings_of(chronicle, &bodies, self.read_time, &self.reader).await;
            let found = found.map_err(|error| from_record("registan/Meeting", error))?;
            self.kept.meetings.extend(found.into_iter().map(|(body, all)| (body, all.into())));
            for body in bodies {
                self.kept.meetings.entry(body).or_insert_with(|| Arc::new([]));
            }
        }
        Ok(())
    }

    /// Reads where the provisions lie that these duties are under.
    async fn read_places(&mut self, duties: &[wire::Obligation]) -> Result<(), Failure> {
        let under: BTreeSet<&String> = duties.iter().map(|duty| &duty.under).collect();
        let is_new = |under: &&&String| {
            around(under) != under.as_str() && !self.kept.places.contains_key(**under)
        };
        let names: Vec<String> =
            under.iter().filter(is_new).map(|under| (*under).clone()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let chronicle = &self.app.records.chronicle;
        let found = store::provisions_named(chronicle, &names, self.read_time, &self.reader).await;
        let found = found.map_err(|error| from_record("registan/Provision", error))?;
        self.kept.places.extend(names.into_iter().map(|name| (name, None)));
        for provision in found.into_iter().map(Provision::into_message) {
            let place = Arc::new(provision::place(&provision));
            self.kept.places.insert(provision.name, Some(place));
        }
        Ok(())
    }

    /// Returns whether it keeps more than one call may: duties that are still looked at keep what
    /// they rest on.
    pub fn is_too_much(&self) -> bool {
        self.kept.size() > MAX_SIZE
    }

    /// Returns the law and the meetings of a duty. They were read before.
    pub fn of(&mut self, duty: &wire::Obligation) -> OfDuty {
        let name = around(&duty.under);
        let law = self.kept.laws.get(name).cloned();
        let law = law.unwrap_or_else(|| Arc::new(Law::Missing(name.to_owned())));
        let place = self.kept.place(duty);
        let article = place.as_ref().map_or_else(String::new, |place| place.article.clone());
        let key = (duty.under.clone(), article, duty.bearers.clone());
        let new = || Arc::new(Bound::new(law, place, &duty.bearers));
        let bound = Arc::clone(self.kept.bound.entry(key).or_insert_with(new));
        let meetings = self.kept.meetings.get(&duty.before_meetings_of).cloned();
        OfDuty { bound, meetings: meetings.unwrap_or_else(|| Arc::new([])) }
    }
}

impl Kept {
    /// Returns the provision that a duty is under; where none is recorded, the article that it
    /// names.
    fn place(&self, duty: &wire::Obligation) -> Option<Arc<wire::Provision>> {
        let article = &duty.article;
        let cited = || Arc::new(wire::Provision { article: article.clone(), ..Default::default() });
        let recorded = self.places.get(&duty.under).cloned().flatten();
        recorded.or_else(|| (!article.is_empty()).then(cited))
    }

    /// Forgets what no duty that is still looked at rests on, once it is much.
    fn forget(&mut self) {
        if self.laws.len() > MAX_KEPT || self.places.len() > MAX_KEPT {
            self.bound.retain(|_, bound| Arc::strong_count(bound) > 1);
            self.laws.retain(|_, law| Arc::strong_count(law) > 1);
            let is_held = |place: &Arc<_>| Arc::strong_count(place) > 1;
            self.places.retain(|_, place| place.as_ref().is_some_and(is_held));
        }
        if self.meetings.len() > MAX_KEPT {
            self.meetings.retain(|_, meetings| Arc::strong_count(meetings) > 1);
        }
    }

    /// Returns how many milestones, acts, provisions, periods and meetings there are.
    fn size(&self) -> usize {
        let laws = self.laws.values().map(|law| law.size());
        let bound = self.bound.values().map(|bound| bound.size());
        let meetings = self.meetings.values().map(|meetings| meetings.len());
        laws.chain(bound).chain(meetings).sum::<usize>() + self.places.len()
    }
}

/// The name of the law itself, where that of one of its provisions is given.
fn around(under: &str) -> &str {
    under.split_once("/provisions/").map_or(under, |(law, _)| law)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_duty_rests_on_is_kept_and_counted_as_long_as_it_is_looked_at() {
        let mut kept = Kept::default();
        let mut looked_at = Vec::new();
        for number in 0..=MAX_KEPT {
            let name = format!("agreements/{number}");
            let law = Arc::new(Law::Missing(name.clone()));
            let bound = Arc::new(Bound::new(Arc::clone(&law), None, &[]));
            looked_at.extend((number < 3).then(|| Arc::clone(&bound)));
            kept.laws.insert(name.clone(), law);
            kept.bound.insert((name, String::new(), Vec::new()), bound);
        }
        assert_eq!(kept.size(), 2 * (MAX_KEPT + 1), "a law, and one period of it");
        kept.forget();
        assert_eq!((kept.laws.len(), kept.bound.len(), kept.size()), (3, 3, 6));
        assert!(looked_at.iter().all(|one| kept.bound.values().any(|it| Arc::ptr_eq(it, one))));
    }
}
