//! Records an activity of many transactions part by part, each in a transaction of its own: so nobody waits long for the
//! record, and memory does not grow with the activity. Only such an activity is not recorded at once: after a break its
//! project and some of its transactions stand, and a second import records the rest.

use chassis::Failure;
use chronicle::{Call, Chronicle, Entry, Error, Stored};
use uuid::Uuid;

use super::difference::Difference;
use super::links;
use super::read::{Place, Prepared};
use super::record::{MOST_TRIES, failed};
use super::report::Outcome;
use super::target::{Target, targets};
use super::transaction::Seen;
use crate::domain::Project;
use crate::store;

/// The state of an activity whose parts are arriving.
#[derive(Default)]
pub struct Parts {
    /// It cannot be recorded; a finding said so.
    refused: bool,
    created: bool,
    changed: bool,
}

/// Where an import writes, and whether it does.
#[derive(Clone, Copy)]
pub struct Import<'a> {
    pub chronicle: &'a Chronicle,
    pub call: &'a Call,
    pub validate_only: bool,
}

impl Import<'_> {
    /// Records entries, unless nothing is to be recorded; false if another writer came first.
    pub async fn write(&self, entries: Vec<Entry>) -> Result<bool, Failure> {
        if self.validate_only {
            return Ok(true);
        }
        match self.chronicle.record(self.call, entries).await {
            Ok(_) => Ok(true),
            Err(Error::Busy) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }
}

impl Parts {
    /// Records a part; with the last one, deletes what the file no longer has, and counts the project.
    pub async fn record(
        &mut self,
        import: Import<'_>,
        prepared: &Prepared,
        place: &Place,
    ) -> Result<Outcome, Failure> {
        if matches!(place, Place::First) {
            *self = Self::default();
        }
        let mut outcome = Outcome::default();
        if self.refused {
            outcome.kept.refuse_all(prepared);
            return Ok(outcome);
        }
        outcome = self.write(import, prepared, matches!(place, Place::Last(_))).await?;
        if let Place::Last(seen) = place
            && !self.refused
        {
            outcome.add(self.sweep(import, prepared, seen).await?);
            let changes = &mut outcome.changes;
            match (self.created, self.changed) {
                (true, _) => changes.created += 1,
                (false, true) => changes.updated += 1,
                (false, false) => changes.unchanged += 1,
            }
        }
        Ok(outcome)
    }

    /// Records the transactions of a part; with the first, a new project, with the last, what it became.
    async fn write(
        &mut self,
        import: Import<'_>,
        prepared: &Prepared,
        last: bool,
    ) -> Result<Outcome, Failure> {
        for _ in 0..MOST_TRIES {
            let (chronicle, mut outcome) = (import.chronicle, Outcome::default());
            let stored = stored(chronicle, prepared).await?;
            let now = chronicle.now();
            let batch = std::slice::from_ref(prepared);
            let mut targets = targets(batch, &stored, now, &mut outcome);
            links::resolve(chronicle, &mut targets).await?;
            let arrived = links::arrived(&targets);
            let Some(target) = targets.first() else {
                self.refused = true;
                return Ok(outcome);
            };
            let mut entries = Vec::new();
            if let Some(step) = target.step().filter(|_| last || target.recorded.is_none()) {
                entries.push(step.entry(None, now)?);
            }
            entries.extend(moved(chronicle, target, &mut outcome).await?);
            outcome.kept.take(&prepared.account);
            let (created, changed) = (target.recorded.is_none(), !entries.is_empty());
            if import.write(entries).await? {
                self.created |= created;
                self.changed |= changed;
                links::announce(import, &arrived, batch).await?;
                return Ok(outcome);
            }
        }
        Err(failed(Error::Busy))
    }

    /// Deletes the imported transactions that the file does not have, a page at a time.
    async fn sweep(
        &mut self,
        import: Import<'_>,
        prepared: &Prepared,
        seen: &Seen,
    ) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::default();
        let chronicle = import.chronicle;
        let stored = stored(chronicle, prepared).await?;
        let now = chronicle.now();
        let targets =
            targets(std::slice::from_ref(prepared), &stored, now, &mut Outcome::default());
        let Some(target) = targets.first().filter(|target| target.recorded.is_some()) else {
            return Ok(outcome);
        };
        let around = target.around();
        let sight = chassis::caller::current().sight.clone();
        let (mut after, mut tries) = (Uuid::nil(), 0);
        loop {
            let page = store::imported_after(chronicle, target.name(), after, &sight);
            let Some((page, end)) = page.await.map_err(failed)? else {
                return Ok(outcome);
            };
            let gone = page.into_iter().filter(|it| !it.deleted && !it.hidden);
            let gone = gone.map(|it| it.name).filter(|name| !seen.has(name)).collect();
            let difference = Difference::gone(gone);
            let versions = difference.versions(chronicle).await?;
            let mut swept = Outcome::default();
            let entries = difference.entries(prepared, &around, &versions, now, &mut swept);
            self.changed |= !entries.is_empty();
            if import.write(entries).await? {
                outcome.add(swept);
                (after, tries) = (end, 0);
            } else if tries == MOST_TRIES {
                return Err(failed(Error::Busy));
            } else {
                tries += 1;
            }
        }
    }
}

/// The entries of the transactions of a part.
async fn moved(
    chronicle: &Chronicle,
    target: &Target<'_>,
    outcome: &mut Outcome,
) -> Result<Vec<Entry>, Failure> {
    let names = target.transaction_names();
    let sight = &chassis::caller::current().sight;
    let recorded = store::imported_named(chronicle, &names, sight).await.map_err(failed)?;
    let difference = Difference::of(target.prepared, target.name(), recorded, outcome);
    let versions = difference.versions(chronicle).await?;
    let (prepared, around) = (target.prepared, target.around());
    Ok(difference.entries(prepared, &around, &versions, chronicle.now(), outcome))
}

/// Finds the recorded project with the name or the identifier of an activity.
async fn stored(
    chronicle: &Chronicle,
    prepared: &Prepared,
) -> Result<Vec<Stored<Project>>, Failure> {
    let Project { name, iati_identifier, .. } = &prepared.project;
    let (names, identifiers) = ([name.clone()], [iati_identifier.clone()]);
    store::projects_of(chronicle, &names, &identifiers).await.map_err(failed)
}
