//! Duties with what their status depends on: the law they rest on, and the meetings before which
//! they are due. Everything is read at the record time of the duty, and only what the caller may
//! read.

use std::collections::HashMap;

use chassis::Failure;
use chronicle::Reader;
use facts::Day;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::Obligation;
use crate::domain::binding::{self, Binding};
use crate::domain::due::Meeting;
use crate::domain::duty_status::{self, DutyStatus};
use crate::store::{self, Law};

/// The most laws, and bodies with their meetings, that are kept in memory for one call.
const MAX_KEPT: usize = 200;

/// The law that duties rest on, as it stood at one record time; each is read once.
pub struct Ground {
    app: App,
    reader: Reader,
    read_time: i64,
    laws: HashMap<String, Option<Law>>,
    meetings: HashMap<String, Vec<Meeting>>,
}

impl Ground {
    /// Nothing read yet.
    pub fn at(app: &App, reader: Reader, read_time: i64) -> Self {
        let (laws, meetings) = (HashMap::new(), HashMap::new());
        Self { app: app.clone(), reader, read_time, laws, meetings }
    }

    /// Reads what a duty depends on.
    pub async fn read(&mut self, duty: &Obligation) -> Result<(), Failure> {
        let chronicle = &self.app.records.chronicle;
        if !self.laws.contains_key(&duty.under) {
            let law = store::law(chronicle, &duty.under, self.read_time, &self.reader).await;
            let law = law.map_err(|error| from_record("registan/Agreement", error))?;
            if self.laws.len() >= MAX_KEPT {
                self.laws.clear();
            }
            self.laws.insert(duty.under.clone(), law);
        }
        let body = &duty.before_meetings_of;
        if !body.is_empty() && !self.meetings.contains_key(body) {
            let found = store::meetings_of(chronicle, body, self.read_time, &self.reader).await;
            let found = found.map_err(|error| from_record("registan/Meeting", error))?;
            if self.meetings.len() >= MAX_KEPT {
                self.meetings.clear();
            }
            self.meetings.insert(body.clone(), found);
        }
        Ok(())
    }

    /// Returns whether what a duty rests on binds on a day. It was read before.
    pub fn binding(&self, duty: &Obligation, day: Day) -> Binding {
        match self.laws.get(&duty.under) {
            Some(Some(Law::Agreement(law))) => binding::of_agreement(law, &duty.bearers, day),
            Some(Some(Law::Act(law))) => binding::of_act(law, day),
            Some(Some(Law::Framework(law))) => binding::of_framework(law, day),
            _ => Binding::Unknown(format!("{} is not recorded", duty.under)),
        }
    }

    /// Returns the meetings before which a duty is due. They were read before.
    pub fn meetings(&self, duty: &Obligation) -> &[Meeting] {
        self.meetings.get(&duty.before_meetings_of).map_or(&[], Vec::as_slice)
    }

    /// Returns where a duty stands on a day.
    pub async fn status(&mut self, duty: &Obligation, day: Day) -> Result<DutyStatus, Failure> {
        self.read(duty).await?;
        Ok(duty_status::on(duty, self.meetings(duty), self.binding(duty, day), day))
    }
}
