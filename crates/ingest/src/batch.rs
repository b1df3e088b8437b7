//! Compares a batch with the record and records the difference, in one transaction.

use std::collections::HashMap;

use chassis::Failure;
use chronicle::{Chronicle, Entry, Error, Expected, Resource, Stored};
use formats::Finding;
use standard::{Served, refused};

use crate::difference::{Difference, Versions};
use crate::importer::{Importer, Names, Prepared, Target};
use crate::recorded::{self, Imported};
use crate::report::Outcome;
use crate::target::{doubted, names, renamed, targets};
use crate::write::{Import, MAX_TRIES};

/// The extent of a record that is at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it: recorded children that the file lacks are gone.
    Whole,
    /// Some of its children: the others stay.
    Part,
    /// The last of them, and all that the file says of its parent.
    LastPart,
}

/// Records whole records or a part of one, or only compares them; again while other writers come
/// first. Returns what changed and what could not be recorded; nothing if too much is recorded to
/// compare it all at once.
pub async fn record<I: Importer>(
    import: Import<'_>,
    batch: &[Prepared<I>],
    extent: Extent,
) -> Result<Option<Outcome>, Failure> {
    for _ in 0..MAX_TRIES {
        let since = import.chronicle.known_head();
        let mut expected = Expected::since(since);
        let plan = plan(import.chronicle, batch, extent, &mut expected).await?;
        let Some(plan) = plan else { return Ok(None) };
        let expected = expected.undeleted(&plan.named);
        if import.write_if::<I::Parent>(plan.entries, expected).await? {
            if !(import.validate_only || plan.public.is_empty()) {
                Box::pin(I::announce(import, &plan.public, batch)).await?;
            }
            return Ok(Some(plan.outcome));
        }
    }
    Err(refused::<I::Parent>(Error::Busy))
}

#[derive(Default)]
struct Plan {
    entries: Vec<Entry>,
    outcome: Outcome,
    /// The names to which parents refer anew.
    named: Vec<String>,
    /// The parents that others may name and link to.
    public: Names,
}

/// Compares a batch with the record: three queries, those of [`Importer::link`], and one for each
/// 500 identifiers, for each 500 children of a part, or that vanished, came back or were edited, and
/// where somebody else than an import may have written what changes.
/// Nothing if too much is recorded to compare it all at once.
async fn plan<I: Importer>(
    chronicle: &Chronicle,
    batch: &[Prepared<I>],
    extent: Extent,
    expected: &mut Expected,
) -> Result<Option<Plan>, Failure> {
    let stored = stored(chronicle, batch).await?;
    let mut plan = Plan::default();
    let now = chronicle.now();
    let mut targets = targets(batch, &stored, (now, extent != Extent::Part), &mut plan.outcome);
    I::link(chronicle, &mut targets).await?;
    // Of a record in parts once, with the last.
    if extent != Extent::Part {
        plan.public = names(&targets);
        plan.outcome.findings.extend(doubted(&targets));
        plan.outcome.findings.extend(renamed(&targets, &stored));
        plan.outcome.findings.extend(overwritten(chronicle, &targets).await?);
    }

    let imported = imported(chronicle, &targets, extent).await?;
    let Some(imported) = imported else { return Ok(None) };
    let mut of_parent: HashMap<String, Vec<Imported>> = HashMap::new();
    for imported in imported {
        let parent = imported.name.rsplitn(3, '/').nth(2).unwrap_or_default().to_owned();
        of_parent.entry(parent).or_default().push(imported);
    }
    let mut differences = Vec::with_capacity(targets.len());
    for target in &targets {
        let imported = of_parent.remove(target.name()).unwrap_or_default();
        differences.push(Difference::of(target, imported, &mut plan.outcome));
    }
    let names: Vec<String> =
        differences.iter().flat_map(Difference::names).map(str::to_owned).collect();
    let versions = Versions::<I>::of(chronicle, &names).await.map_err(refused::<I::Parent>)?;
    for (target, difference) in targets.iter().zip(&mut differences) {
        difference.hand_on(&versions);
        plan.add(target, difference, &versions, (now, extent))?;
        let heirs = heirs(chronicle, target, extent, expected).await?;
        // What is deleted or undeleted here has them already.
        let is_other = |heir: &Entry| plan.entries.iter().all(|it| it.uid() != heir.uid());
        let others: Vec<Entry> = heirs.into_iter().filter(is_other).collect();
        plan.entries.extend(others);
    }
    Ok(Some(plan))
}

/// Returns a finding for each parent that was last written by hand and of which the file replaces
/// values. One query, if there is a parent of which it does.
async fn overwritten<I: Importer>(
    chronicle: &Chronicle,
    targets: &[Target<'_, I>],
) -> Result<Vec<Finding>, Failure> {
    let lost = targets.iter().filter_map(|target| {
        let (recorded, becomes) = (target.recorded?, target.becomes.as_ref()?);
        let fields = I::overwritten(&recorded.value, becomes);
        (!fields.is_empty()).then_some((target, recorded.recorded, fields))
    });
    let lost: Vec<_> = lost.collect();
    let times: Vec<i64> = lost.iter().map(|(_, time, _)| *time).collect();
    let by_hand = recorded::by_hand::<I>(chronicle, &times).await.map_err(refused::<I::Parent>)?;
    let by_hand = lost.into_iter().filter(|(_, time, _)| by_hand.contains(time));
    let found = by_hand.map(|(target, _, fields)| {
        let (name, fields) = (target.name(), fields.join(", "));
        let message = format!(
            "{name} was last written by hand; what the file states, or does not, replaced {fields}"
        );
        target.prepared.warning("overwritten", message)
    });
    Ok(found.collect())
}

/// Returns what is recorded under the names or the identifiers of a batch, former ones too.
pub async fn stored<I: Importer>(
    chronicle: &Chronicle,
    batch: &[Prepared<I>],
) -> Result<Vec<Stored<I::Parent>>, Failure> {
    let names: Vec<String> = batch.iter().map(|it| it.parent.name().to_owned()).collect();
    let own = batch.iter().map(Prepared::identifier);
    let former = batch.iter().flat_map(|it| I::former(&it.parent));
    let identifiers: Vec<String> = own.chain(former).map(ToOwned::to_owned).collect();
    let stored = recorded::parents::<I>(chronicle, &names, &identifiers).await;
    stored.map_err(refused::<I::Parent>)
}

/// Returns the recorded children to compare with: all of the recorded parents, or those of the
/// names of a part.
async fn imported<I: Importer>(
    chronicle: &Chronicle,
    targets: &[Target<'_, I>],
    extent: Extent,
) -> Result<Option<Vec<Imported>>, Failure> {
    let Some((_, parent)) = I::Child::PARENT else { return Ok(Some(Vec::new())) };
    let (column, texts): (_, Vec<String>) = match extent {
        Extent::Whole => {
            let recorded = targets.iter().filter(|target| target.recorded.is_some());
            (parent, recorded.map(|target| target.name().to_owned()).collect())
        }
        Extent::Part | Extent::LastPart => {
            ("name", targets.iter().flat_map(Target::child_names).collect())
        }
    };
    let clearance = &chassis::caller::current().clearance;
    let imported = recorded::children::<I>(chronicle, column, &texts, clearance).await;
    imported.map_err(refused::<I::Parent>)
}

/// Returns the versions that give the other children of a recorded parent its desks, where it gets
/// others.
async fn heirs<I: Importer>(
    chronicle: &Chronicle,
    target: &Target<'_, I>,
    extent: Extent,
    expected: &mut Expected,
) -> Result<Vec<Entry>, Failure> {
    let desks = target.value().desks();
    let is_other = target.recorded.is_some_and(|recorded| recorded.value.desks() != desks);
    if !is_other || extent == Extent::Part {
        return Ok(Vec::new());
    }
    let heirs = chronicle.heirs::<I::Child>(target.name(), desks, expected).await;
    heirs.map_err(refused::<I::Parent>)
}

impl Plan {
    /// Adds what it takes to bring one parent to what the file says; what a recorded one becomes is
    /// known with the last part.
    fn add<I: Importer>(
        &mut self,
        target: &Target<'_, I>,
        difference: &Difference<'_, I>,
        versions: &Versions<I>,
        (now, extent): (i64, Extent),
    ) -> Result<(), Failure> {
        let before = self.entries.len();
        let ready = extent != Extent::Part || target.recorded.is_none();
        if let Some(step) = target.step().filter(|_| ready) {
            self.entries.push(step.entry(None, now)?);
            let before = target.recorded.map(|it| it.value.references()).unwrap_or_default();
            let new = target.value().references().into_iter().filter(|it| !before.contains(it));
            self.named.extend(new.map(|reference| reference.name));
        }
        self.entries.extend(difference.entries(versions, now, &mut self.outcome));
        self.outcome.kept.take(&target.prepared.account);
        let changed = self.entries.len() > before;
        self.outcome.changes.count(target.recorded.is_none(), changed);
        Ok(())
    }
}
