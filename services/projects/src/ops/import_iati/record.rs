//! Compares a batch with the record and records the difference, in one transaction.

use std::collections::HashMap;

use chassis::Failure;
use chronicle::{Chronicle, Entry, Error};
use standard::failure::from_record;

use super::difference::Difference;
use super::links;
use super::part::{Import, Parts};
use super::read::{Place, Prepared};
use super::report::Outcome;
use super::target::{Target, targets};
use super::transaction::Seen;
use crate::store::{self, Imported};

/// How often a batch is compared again when another writer came first.
pub const MOST_TRIES: usize = 20;

/// Records a batch, or only compares it; returns what changed and what could not be recorded.
pub async fn record(import: Import<'_>, batch: &[Prepared]) -> Result<Outcome, Failure> {
    for _ in 0..MOST_TRIES {
        let Some(plan) = plan(import.chronicle, batch).await? else {
            return one_by_one(import, batch).await;
        };
        if import.write(plan.entries).await? {
            links::announce(import, &plan.arrived, batch).await?;
            return Ok(plan.outcome);
        }
    }
    Err(failed(Error::Busy))
}

/// Records each activity of a batch as the last part of a large one: much more is recorded of them than the file has.
async fn one_by_one(import: Import<'_>, batch: &[Prepared]) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    for prepared in batch {
        let mut seen = Seen::default();
        for transaction in &prepared.transactions {
            seen.add(&transaction.name);
        }
        outcome.add(Parts::default().record(import, prepared, &Place::Last(seen)).await?);
    }
    Ok(outcome)
}

/// Returns the error of the record, about a project.
pub fn failed(error: Error) -> Failure {
    from_record("registan/Project", error)
}

#[derive(Default)]
struct Plan {
    entries: Vec<Entry>,
    outcome: Outcome,
    /// The projects that others may have named already.
    arrived: HashMap<String, String>,
}

/// At most five queries, however large the batch, and one more for each 500 relations that lead out of it, or transactions that
/// vanished or came back. Nothing if
/// too much is recorded to compare it all at once.
async fn plan(chronicle: &Chronicle, batch: &[Prepared]) -> Result<Option<Plan>, Failure> {
    let names: Vec<String> = batch.iter().map(|it| it.project.name.clone()).collect();
    let identifiers: Vec<String> =
        batch.iter().map(|it| it.project.iati_identifier.clone()).collect();
    let stored = store::projects_of(chronicle, &names, &identifiers).await.map_err(failed)?;
    let mut plan = Plan::default();
    let now = chronicle.now();
    let mut targets = targets(batch, &stored, now, &mut plan.outcome);
    links::resolve(chronicle, &mut targets).await?;
    plan.arrived = links::arrived(&targets);

    let recorded: Vec<String> = targets
        .iter()
        .filter(|target| target.recorded.is_some())
        .map(|target| target.name().to_owned())
        .collect();
    let sight = &chassis::caller::current().sight;
    let mut of_project: HashMap<String, Vec<Imported>> = HashMap::new();
    let imported = store::transactions_of(chronicle, &recorded, sight).await.map_err(failed)?;
    let Some(imported) = imported else { return Ok(None) };
    for imported in imported {
        let project = imported.name.split("/transactions/").next().unwrap_or_default().to_owned();
        of_project.entry(project).or_default().push(imported);
    }
    let differences: Vec<Difference<'_>> = targets
        .iter()
        .map(|target| {
            let imported = of_project.remove(target.name()).unwrap_or_default();
            Difference::of(target.prepared, target.name(), imported, &mut plan.outcome)
        })
        .collect();
    let names: Vec<String> = differences.iter().flat_map(Difference::names).cloned().collect();
    let versions = store::transactions_named(chronicle, &names).await.map_err(failed)?;
    let versions = versions.into_iter().map(|stored| (stored.value.name.clone(), stored)).collect();
    for (target, difference) in targets.iter().zip(&differences) {
        plan.add(target, difference, &versions, now)?;
    }
    Ok(Some(plan))
}

impl Plan {
    /// Adds what it takes to bring one project to what the file says.
    fn add(
        &mut self,
        target: &Target<'_>,
        difference: &Difference<'_>,
        versions: &HashMap<String, chronicle::Stored<crate::domain::Transaction>>,
        now: i64,
    ) -> Result<(), Failure> {
        let before = self.entries.len();
        if let Some(step) = target.step() {
            self.entries.push(step.entry(None, now)?);
        }
        let (prepared, around) = (target.prepared, target.around());
        let moved = difference.entries(prepared, &around, versions, now, &mut self.outcome);
        self.entries.extend(moved);
        self.outcome.kept.take(&prepared.account);
        let changes = &mut self.outcome.changes;
        match target.recorded {
            None => changes.created += 1,
            Some(_) if self.entries.len() > before => changes.updated += 1,
            Some(_) => changes.unchanged += 1,
        }
        Ok(())
    }
}
