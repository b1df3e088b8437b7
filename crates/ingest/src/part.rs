//! Records a record of many children part by part, each in a transaction of its own: so nobody
//! waits long for the record, and memory does not grow with what is imported. Only such a record is
//! not recorded at once: after a break its parent and some of its children stand, and a second
//! import records the rest.

use chassis::Failure;
use chronicle::Resource;
use standard::refused;

use crate::batch::{self, Extent, stored};
use crate::children::Seen;
use crate::difference::{Difference, Versions};
use crate::importer::{Importer, Prepared};
use crate::read::Turn;
use crate::recorded;
use crate::report::{Changes, Outcome};
use crate::target::targets;
use crate::write::{Import, Pages};

/// The state of a record whose parts are arriving.
#[derive(Default)]
pub struct Parts {
    /// It cannot be recorded; a finding said so.
    refused: bool,
    created: bool,
    changed: bool,
}

/// Records a batch of whole records; if much more is recorded of them than the file has, each as
/// the last part of a large one.
pub async fn whole<I: Importer>(
    import: Import<'_>,
    batch: &[Prepared<I>],
) -> Result<Outcome, Failure> {
    if let Some(outcome) = batch::record(import, batch, Extent::Whole).await? {
        return Ok(outcome);
    }
    let mut outcome = Outcome::default();
    for prepared in batch {
        let mut seen = Seen::new(I::MARK);
        for (child, _) in &prepared.children {
            seen.add(child.name());
        }
        outcome.add(Parts::default().record(import, prepared, &Turn::Last(seen)).await?);
    }
    Ok(outcome)
}

impl Parts {
    /// Records a part; with the last one, deletes what the file no longer has, and counts the
    /// parent.
    pub async fn record<I: Importer>(
        &mut self,
        import: Import<'_>,
        prepared: &Prepared<I>,
        turn: &Turn,
    ) -> Result<Outcome, Failure> {
        if matches!(turn, Turn::First) {
            *self = Self::default();
        }
        if self.refused {
            let mut outcome = Outcome::default();
            outcome.kept.refuse_all(prepared.accounts());
            return Ok(outcome);
        }
        let extent = if let Turn::Last(_) = turn { Extent::LastPart } else { Extent::Part };
        let mut outcome = self.write(import, prepared, extent).await?;
        if let Turn::Last(seen) = turn
            && !self.refused
        {
            outcome.add(self.sweep(import, prepared, seen).await?);
            outcome.changes.count(self.created, self.changed);
        }
        Ok(outcome)
    }

    /// Records the children of a part; with the first, a new parent, with the last, what it became.
    async fn write<I: Importer>(
        &mut self,
        import: Import<'_>,
        prepared: &Prepared<I>,
        extent: Extent,
    ) -> Result<Outcome, Failure> {
        let outcome = batch::record(import, std::slice::from_ref(prepared), extent).await?;
        // A part is never too much to be compared at once.
        let mut outcome = outcome.unwrap_or_default();
        let Changes { created, updated, unchanged, .. } = &mut outcome.changes;
        self.refused = *created + *updated + *unchanged == 0;
        self.created |= *created > 0;
        self.changed |= *updated > 0;
        // It is counted with the last part.
        (*created, *updated, *unchanged) = (0, 0, 0);
        Ok(outcome)
    }

    /// Deletes the imported children that the file does not have, a page at a time.
    async fn sweep<I: Importer>(
        &mut self,
        import: Import<'_>,
        prepared: &Prepared<I>,
        seen: &Seen,
    ) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::default();
        let batch = std::slice::from_ref(prepared);
        let stored = stored(import.chronicle, batch).await?;
        let now = import.chronicle.now();
        let targets = targets(batch, &stored, (now, true), &mut Outcome::default());
        let Some(target) = targets.first().filter(|target| target.recorded.is_some()) else {
            return Ok(outcome);
        };
        let clearance = chassis::caller::current().clearance.clone();
        let mut pages = Pages::default();
        loop {
            let page = recorded::children_after::<I>(
                import.chronicle,
                target.name(),
                pages.after,
                &clearance,
            );
            let Some((page, end)) = page.await.map_err(refused::<I::Parent>)? else {
                return Ok(outcome);
            };
            let gone = page.into_iter().filter(|it| !it.deleted && !it.hidden);
            let gone = gone.map(|it| it.name).filter(|name| !seen.has(name)).collect();
            let difference = Difference::gone(target, gone);
            let mut swept = Outcome::default();
            let names: Vec<String> = difference.names().map(str::to_owned).collect();
            let versions = Versions::<I>::of(import.chronicle, &names).await;
            let versions = versions.map_err(refused::<I::Parent>)?;
            let entries = difference.entries(&versions, now, &mut swept);
            self.changed |= !entries.is_empty();
            let written = import.write::<I::Parent>(entries).await?;
            if written {
                outcome.add(swept);
            }
            pages.next::<I::Parent>(end, written)?;
        }
    }
}
