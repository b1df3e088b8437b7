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

/// The law that duties rest on, as it stood at one record time; each is read once.
pub struct Ground {
    app: App,
    reader: Reader,
    read_time: i64,
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
        let (laws, bound, meetings) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { app: app.clone(), reader, read_time, laws, bound, meetings }
    }

    /// Reads what these duties depend on, and was not read before.
    pub async fn read(&mut self, duties: &[wire::Obligation]) -> Result<(), Failure> {
        if self.laws.len() > MAX_KEPT {
            self.laws.clear();
            self.bound.clear();
        }
        if self.meetings.len() > MAX_KEPT {
            self.meetings.clear();
        }
        let laws: BTreeSet<&str> = duties.iter().map(|duty| around(&duty.under)).collect();
        let laws = laws.into_iter().filter(|law| !self.laws.contains_key(*law));
        let laws: Vec<String> = laws.map(str::to_owned).collect();
        let bodies: BTreeSet<&String> =
            duties.iter().map(|duty| &duty.before_meetings_of).collect();
        let bodies = bodies.into_iter().filter(|body| !body.is_empty());
        let bodies = bodies.filter(|body| !self.meetings.contains_key(*body));
        let bodies: Vec<String> = bodies.cloned().collect();
        let chronicle = &self.app.records.chronicle;
        if !laws.is_empty() {
            let found = store::laws(chronicle, &laws, self.read_time, &self.reader).await;
            let found = found.map_err(|error| from_record("registan/Agreement", error))?;
            self.laws.extend(found.into_iter().map(|(name, law)| (name, Arc::new(law))));
            for name in laws {
                let missing = || Arc::new(Law::Missing(name.clone()));
                self.laws.entry(name.clone()).or_insert_with(missing);
            }
        }
        if !bodies.is_empty() {
            let found = store::meetings_of(chronicle, &bodies, self.read_time, &self.reader).await;
            let found = found.map_err(|error| from_record("registan/Meeting", error))?;
            self.meetings.extend(found.into_iter().map(|(body, all)| (body, all.into())));
            for body in bodies {
                self.meetings.entry(body).or_insert_with(|| Arc::new([]));
            }
        }
        Ok(())
    }

    /// Returns the law and the meetings of a duty. They were read before.
    pub fn of(&mut self, duty: &wire::Obligation) -> OfDuty {
        let name = around(&duty.under);
        let law = self.laws.get(name).cloned();
        let law = law.unwrap_or_else(|| Arc::new(Law::Missing(name.to_owned())));
        let key = (name.to_owned(), duty.bearers.clone());
        let new = || Arc::new(Bound::new(law, &duty.bearers));
        let bound = Arc::clone(self.bound.entry(key).or_insert_with(new));
        let meetings = self.meetings.get(&duty.before_meetings_of).cloned();
        OfDuty { bound, meetings: meetings.unwrap_or_else(|| Arc::new([])) }
    }
}

/// The name of the law itself, where that of one of its provisions is given.
fn around(under: &str) -> &str {
    under.split_once("/provisions/").map_or(under, |(law, _)| law)
}
