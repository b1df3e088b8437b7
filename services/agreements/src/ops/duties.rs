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
use crate::store;

/// The most laws, and bodies with their meetings, that are kept in memory from page to page.
const MAX_KEPT: usize = 200;
/// The most milestones, acts, periods and meetings that one call keeps in memory.
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
    bound: HashMap<(String, Vec<String>), Arc<Bound>>,
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
        let key = (name.to_owned(), duty.bearers.clone());
        let new = || Arc::new(Bound::new(law, &duty.bearers));
        let bound = Arc::clone(self.kept.bound.entry(key).or_insert_with(new));
        let meetings = self.kept.meetings.get(&duty.before_meetings_of).cloned();
        OfDuty { bound, meetings: meetings.unwrap_or_else(|| Arc::new([])) }
    }
}

impl Kept {
    /// Forgets what no duty that is still looked at rests on, once it is much.
    fn forget(&mut self) {
        if self.laws.len() > MAX_KEPT {
            self.bound.retain(|_, bound| Arc::strong_count(bound) > 1);
            self.laws.retain(|_, law| Arc::strong_count(law) > 1);
        }
        if self.meetings.len() > MAX_KEPT {
            self.meetings.retain(|_, meetings| Arc::strong_count(meetings) > 1);
        }
    }

    /// Returns how many milestones, acts, periods and meetings there are.
    fn size(&self) -> usize {
        let laws = self.laws.values().map(|law| law.size());
        let bound = self.bound.values().map(|bound| bound.size());
        let meetings = self.meetings.values().map(|meetings| meetings.len());
        laws.chain(bound).chain(meetings).sum()
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
            let bound = Arc::new(Bound::new(Arc::clone(&law), &[]));
            looked_at.extend((number < 3).then(|| Arc::clone(&bound)));
            kept.laws.insert(name.clone(), law);
            kept.bound.insert((name, Vec::new()), bound);
        }
        assert_eq!(kept.size(), 2 * (MAX_KEPT + 1), "a law, and one period of it");
        kept.forget();
        assert_eq!((kept.laws.len(), kept.bound.len(), kept.size()), (3, 3, 6));
        assert!(looked_at.iter().all(|one| kept.bound.values().any(|it| Arc::ptr_eq(it, one))));
    }
}
