//! Records an activity of many transactions part by part, each in a transaction of its own: so nobody waits long for the
//! record, and memory does not grow with the activity. Only such an activity is not recorded at once: after a break its
//! project and some of its transactions stand, and a second import records the rest.

use chassis::Failure;
use chronicle::{Call, Chronicle, Entry, Error, Stored};
use iati::Finding;
use uuid::Uuid;

use super::difference::{Difference, Moved};
use super::read::{Place, Prepared};
use super::record::{MOST_TRIES, failed};
use super::report::Changes;
use super::target::{Target, targets};
use super::transaction::Seen;
use crate::domain::Project;
use crate::store;

/// What is known of an activity whose parts are coming.
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
    ) -> Result<(Changes, Vec<Finding>), Failure> {
        if matches!(place, Place::First) {
            *self = Self::default();
        }
        if self.refused {
            return Ok((Changes::default(), Vec::new()));
        }
        let last = matches!(place, Place::Last(_));
        let (moved, mut findings) = self.write(import, prepared, last).await?;
        let mut changes = Changes::default();
        changes.transactions_created += moved.created;
        if let Place::Last(seen) = place
            && !self.refused
        {
            let (deleted, found) = self.sweep(import, prepared, seen).await?;
            changes.transactions_deleted += deleted;
            findings.extend(found);
            match (self.created, self.changed) {
                (true, _) => changes.created += 1,
                (false, true) => changes.updated += 1,
                (false, false) => changes.unchanged += 1,
            }
        }
        Ok((changes, findings))
    }

    /// Records the transactions of a part; with the first, a new project, with the last, what it became.
    async fn write(
        &mut self,
        import: Import<'_>,
        prepared: &Prepared,
        last: bool,
    ) -> Result<(Moved, Vec<Finding>), Failure> {
        for _ in 0..MOST_TRIES {
            let (chronicle, mut findings) = (import.chronicle, Vec::new());
            let stored = stored(chronicle, prepared).await?;
            let now = chronicle.now();
            let targets = targets(std::slice::from_ref(prepared), &stored, now, &mut findings);
            let Some(target) = targets.first() else {
                self.refused = true;
                return Ok((Moved::default(), findings));
            };
            let mut entries = Vec::new();
            if let Some(step) = target.step().filter(|_| last || target.recorded.is_none()) {
                entries.push(step.entry(None, now)?);
            }
            let moved = moved(chronicle, target, &mut entries, &mut findings).await?;
            let (created, changed) = (target.recorded.is_none(), !entries.is_empty());
            if import.write(entries).await? {
                self.created |= created;
                self.changed |= changed;
                return Ok((moved, findings));
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
    ) -> Result<(i64, Vec<Finding>), Failure> {
        let (mut deleted, mut findings) = (0, Vec::new());
        let chronicle = import.chronicle;
        let stored = stored(chronicle, prepared).await?;
        let now = chronicle.now();
        let targets = targets(std::slice::from_ref(prepared), &stored, now, &mut Vec::new());
        let Some(target) = targets.first().filter(|target| target.recorded.is_some()) else {
            return Ok((0, findings));
        };
        let around = target.around();
        let sight = chassis::caller::current().sight.clone();
        let (mut after, mut tries) = (Uuid::nil(), 0);
        loop {
            let page = store::imported_after(chronicle, target.name(), after, &sight);
            let Some((page, end)) = page.await.map_err(failed)? else {
                return Ok((deleted, findings));
            };
            let gone = page.into_iter().filter(|it| !it.deleted && !it.hidden);
            let gone = gone.map(|it| it.name).filter(|name| !seen.has(name)).collect();
            let difference = Difference::gone(gone);
            let versions = difference.versions(chronicle).await?;
            let mut entries = Vec::new();
            let (moved, found) =
                difference.entries(prepared, &around, &versions, now, &mut entries);
            self.changed |= !entries.is_empty();
            if import.write(entries).await? {
                deleted += moved.deleted;
                findings.extend(found);
                (after, tries) = (end, 0);
            } else if tries == MOST_TRIES {
                return Err(failed(Error::Busy));
            } else {
                tries += 1;
            }
        }
    }
}

/// Adds the entries of the transactions of a part.
async fn moved(
    chronicle: &Chronicle,
    target: &Target<'_>,
    entries: &mut Vec<Entry>,
    findings: &mut Vec<Finding>,
) -> Result<Moved, Failure> {
    let names = target.transaction_names();
    let sight = &chassis::caller::current().sight;
    let recorded = store::imported_named(chronicle, &names, sight).await.map_err(failed)?;
    let difference = Difference::of(target.prepared, target.name(), recorded, findings);
    let versions = difference.versions(chronicle).await?;
    let (moved, found) =
        difference.entries(target.prepared, &target.around(), &versions, chronicle.now(), entries);
    findings.extend(found);
    Ok(moved)
}

/// What is recorded under the name or the identifier of an activity.
async fn stored(
    chronicle: &Chronicle,
    prepared: &Prepared,
) -> Result<Vec<Stored<Project>>, Failure> {
    let Project { name, iati_identifier, .. } = &prepared.project;
    let (names, identifiers) = ([name.clone()], [iati_identifier.clone()]);
    store::projects_of(chronicle, &names, &identifiers).await.map_err(failed)
}
