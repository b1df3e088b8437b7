//! Compares a batch with the record and records the difference, in one transaction.

use std::collections::HashMap;

use chassis::Failure;
use chronicle::{Call, Chronicle, Entry, Error};
use iati::Finding;
use standard::failure::from_record;

use super::difference::Difference;
use super::read::Prepared;
use super::report::Changes;
use super::target::{Target, targets};
use crate::store::{self, Imported};

/// How often a batch is compared again when another writer came first.
const MOST_TRIES: usize = 20;

/// Records a batch, or only compares it; returns what changed and what could not be recorded.
pub async fn record(
    chronicle: &Chronicle,
    call: &Call,
    batch: &[Prepared],
    validate_only: bool,
) -> Result<(Changes, Vec<Finding>), Failure> {
    for _ in 0..MOST_TRIES {
        let plan = plan(chronicle, batch).await?;
        if plan.entries.is_empty() || validate_only {
            return Ok((plan.changes, plan.findings));
        }
        match chronicle.record(call, plan.entries).await {
            Ok(_) => return Ok((plan.changes, plan.findings)),
            Err(Error::Busy) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(Error::Busy))
}

/// What the record refuses, about a project.
pub fn failed(error: Error) -> Failure {
    from_record("registan/Project", error)
}

#[derive(Default)]
struct Plan {
    entries: Vec<Entry>,
    changes: Changes,
    findings: Vec<Finding>,
}

/// At most four queries, however large the batch, and one more for each 500 transactions that vanished or came back.
async fn plan(chronicle: &Chronicle, batch: &[Prepared]) -> Result<Plan, Failure> {
    let names: Vec<String> = batch.iter().map(|it| it.project.name.clone()).collect();
    let identifiers: Vec<String> =
        batch.iter().map(|it| it.project.iati_identifier.clone()).collect();
    let stored = store::projects_of(chronicle, &names, &identifiers).await.map_err(failed)?;
    let mut plan = Plan::default();
    let now = chronicle.now();
    let targets = targets(batch, &stored, now, &mut plan.findings);

    let recorded: Vec<String> = targets
        .iter()
        .filter(|target| target.recorded.is_some())
        .map(|target| target.name().to_owned())
        .collect();
    let sight = &chassis::caller::current().sight;
    let mut of_project: HashMap<String, Vec<Imported>> = HashMap::new();
    for imported in store::transactions_of(chronicle, &recorded, sight).await.map_err(failed)? {
        let project = imported.name.split("/transactions/").next().unwrap_or_default().to_owned();
        of_project.entry(project).or_default().push(imported);
    }
    let differences: Vec<Difference<'_>> = targets
        .iter()
        .map(|target| {
            let imported = of_project.remove(target.name()).unwrap_or_default();
            Difference::of(target.prepared, target.name(), imported, &mut plan.findings)
        })
        .collect();
    let names: Vec<String> = differences.iter().flat_map(Difference::names).cloned().collect();
    let versions = store::transactions_named(chronicle, &names).await.map_err(failed)?;
    let versions = versions.into_iter().map(|stored| (stored.value.name.clone(), stored)).collect();
    for (target, difference) in targets.iter().zip(&differences) {
        plan.add(target, difference, &versions, now)?;
    }
    Ok(plan)
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
        let (moved, findings) =
            difference.entries(prepared, &around, versions, now, &mut self.entries);
        self.findings.extend(findings);
        self.changes.transactions_created += moved.created;
        self.changes.transactions_deleted += moved.deleted;
        match target.recorded {
            None => self.changes.created += 1,
            Some(_) if self.entries.len() > before => self.changes.updated += 1,
            Some(_) => self.changes.unchanged += 1,
        }
        Ok(())
    }
}
