//! Compares a batch with the record and records the difference, in one transaction.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use chronicle::{Call, Chronicle, Entry, Error, Resource, Stored};
use iati::{Finding, Severity};
use standard::access::granted;

use super::merge::merge;
use super::notes::finding;
use super::read::Prepared;
use super::report::Changes;
use crate::domain::{Project, Transaction};
use crate::store::{self, Imported};

/// How often a batch is compared again when another writer came first.
const MOST_TRIES: usize = 20;

/// Records a batch, or only compares it; returns what changed and what could not be recorded.
pub async fn record(
    chronicle: &Chronicle,
    call: &Call,
    batch: &[Prepared],
    validate_only: bool,
) -> Result<(Changes, Vec<Finding>), Error> {
    for _ in 0..MOST_TRIES {
        let plan = plan(chronicle, batch).await?;
        if plan.entries.is_empty() || validate_only {
            return Ok((plan.changes, plan.findings));
        }
        match chronicle.record(call, plan.entries).await {
            Ok(_) => return Ok((plan.changes, plan.findings)),
            Err(Error::Busy) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Busy)
}

#[derive(Default)]
struct Plan {
    entries: Vec<Entry>,
    changes: Changes,
    findings: Vec<Finding>,
}

/// Where an activity goes: to a recorded project, or to a new one.
struct Target<'a> {
    prepared: &'a Prepared,
    recorded: Option<&'a Stored<Project>>,
    /// What the record and the file have of its transactions.
    difference: Difference<'a>,
}

impl Target<'_> {
    fn name(&self) -> &str {
        let recorded = self.recorded.map(|stored| &stored.value.name);
        recorded.unwrap_or(&self.prepared.project.name)
    }
}

/// The names and values of transactions to record.
#[derive(Default)]
struct Difference<'a> {
    create: Vec<Cow<'a, Transaction>>,
    revive: Vec<Cow<'a, Transaction>>,
    delete: Vec<String>,
}

/// At most four queries, however large the batch, and one more for each 500 transactions that vanished or came back.
async fn plan(chronicle: &Chronicle, batch: &[Prepared]) -> Result<Plan, Error> {
    let names: Vec<String> = batch.iter().map(|it| it.project.name.clone()).collect();
    let identifiers: Vec<String> =
        batch.iter().map(|it| it.project.iati_identifier.clone()).collect();
    let stored = store::projects_of(chronicle, &names, &identifiers).await?;
    let mut plan = Plan::default();
    let mut targets = targets(batch, &stored, chronicle.now(), &mut plan.findings);

    let recorded: Vec<String> = targets
        .iter()
        .filter(|target| target.recorded.is_some())
        .map(|target| target.name().to_owned())
        .collect();
    let mut of_project: HashMap<String, Vec<Imported>> = HashMap::new();
    for imported in store::transactions_of(chronicle, &recorded).await? {
        let project = imported.name.split("/transactions/").next().unwrap_or_default().to_owned();
        of_project.entry(project).or_default().push(imported);
    }
    for target in &mut targets {
        let imported = of_project.remove(target.name()).unwrap_or_default();
        target.difference = difference(target.prepared, target.name(), imported);
    }
    let versions = versions(chronicle, &targets).await?;
    for target in targets {
        plan.add(target, &versions)?;
    }
    Ok(plan)
}

/// The project of each activity: the one that has its identifier, be it of an import or not, else a new one.
fn targets<'a>(
    batch: &'a [Prepared],
    stored: &'a [Stored<Project>],
    now: i64,
    findings: &mut Vec<Finding>,
) -> Vec<Target<'a>> {
    // In the order of names, so that of several with one identifier the same is chosen each time.
    let standing = stored.iter().filter(|it| !it.deleted);
    let standing: BTreeMap<&str, _> = standing.map(|it| (it.value.name.as_str(), it)).collect();
    let mut by_identifier: HashMap<&str, &Stored<Project>> = HashMap::new();
    for it in standing.values() {
        by_identifier.entry(&it.value.iati_identifier).or_insert(it);
    }
    let by_name: HashMap<&str, &Stored<Project>> =
        stored.iter().map(|it| (it.value.name.as_str(), it)).collect();
    let mut taken: HashSet<&str> = HashSet::new();
    let mut targets = Vec::with_capacity(batch.len());
    for prepared in batch {
        let project = &prepared.project;
        let named = by_name.get(project.name.as_str()).copied();
        let own = named.filter(|it| it.value.iati_identifier == project.iati_identifier);
        let own = own.filter(|it| !it.deleted);
        let recorded = own.or_else(|| by_identifier.get(project.iati_identifier.as_str()).copied());
        let recorded = recorded.or(named);
        let refusal = refusal(project, recorded).or_else(|| not_granted(project, recorded, now));
        let name = recorded.map_or(project.name.as_str(), |it| it.value.name.as_str());
        if let Some((rule, message)) = refusal {
            let about = &project.iati_identifier;
            findings.push(finding(Severity::Error, rule, prepared.line, about, message));
        } else if taken.insert(name) {
            targets.push(Target { prepared, recorded, difference: Difference::default() });
        } else {
            findings.push(name_taken(prepared, name));
        }
    }
    targets
}

/// Why an activity cannot be recorded as this project.
fn refusal(
    project: &Project,
    recorded: Option<&Stored<Project>>,
) -> Option<(&'static str, String)> {
    let recorded = recorded?;
    let name = &recorded.value.name;
    if recorded.deleted {
        let message =
            format!("{name} was deleted; the activity was skipped, so that it stays deleted");
        return Some(("project-deleted", message));
    }
    let identifier = &recorded.value.iati_identifier;
    if !identifier.is_empty() && *identifier != project.iati_identifier {
        let message = format!("{name} is another activity; this one was skipped");
        return Some(("name-taken", message));
    }
    None
}

/// Why whoever imports may not write this project.
fn not_granted(
    project: &Project,
    recorded: Option<&Stored<Project>>,
    now: i64,
) -> Option<(&'static str, String)> {
    let may = |value: &Project| granted(value.tier, value.desks(), &value.name, now);
    if may(project) && recorded.is_none_or(|stored| may(&stored.value)) {
        return None;
    }
    let message = "your grants do not cover the desks of this activity; it was skipped".to_owned();
    Some(("not-granted", message))
}

fn name_taken(prepared: &Prepared, name: &str) -> Finding {
    let message = format!("{name} is another activity of this file; this one was skipped");
    let about = &prepared.project.iati_identifier;
    finding(Severity::Error, "name-taken", prepared.line, about, message)
}

/// What of the transactions is new, came back, or is gone.
fn difference<'a>(
    prepared: &'a Prepared,
    project: &str,
    imported: Vec<Imported>,
) -> Difference<'a> {
    let mut recorded: HashMap<String, bool> =
        imported.into_iter().map(|it| (it.name, it.deleted)).collect();
    let mut difference = Difference::default();
    for transaction in &prepared.transactions {
        let transaction = renamed(transaction, project);
        match recorded.remove(&transaction.name) {
            None => difference.create.push(transaction),
            Some(true) => difference.revive.push(transaction),
            Some(false) => {}
        }
    }
    let gone = recorded.into_iter().filter(|(_, deleted)| !deleted).map(|(name, _)| name);
    difference.delete.extend(gone);
    difference.delete.sort();
    difference
}

/// The transaction under the name of the project it goes to.
fn renamed<'a>(transaction: &'a Transaction, project: &str) -> Cow<'a, Transaction> {
    if transaction.project() == project {
        return Cow::Borrowed(transaction);
    }
    let id = transaction.name.rsplit('/').next().unwrap_or_default();
    let name = format!("{project}/transactions/{id}");
    Cow::Owned(Transaction { name, ..transaction.clone() })
}

/// The versions that stand of what is to be deleted or revived, by name.
async fn versions(
    chronicle: &Chronicle,
    targets: &[Target<'_>],
) -> Result<HashMap<String, Stored<Transaction>>, Error> {
    let mut names: Vec<String> = Vec::new();
    for target in targets {
        names.extend(target.difference.delete.iter().cloned());
        names.extend(target.difference.revive.iter().map(|transaction| transaction.name.clone()));
    }
    let found = store::transactions_named(chronicle, &names).await?;
    Ok(found.into_iter().map(|stored| (stored.value.name.clone(), stored)).collect())
}

impl Plan {
    /// Adds what it takes to bring one project to what the file says.
    fn add(
        &mut self,
        target: Target<'_>,
        versions: &HashMap<String, Stored<Transaction>>,
    ) -> Result<(), Error> {
        let before = self.entries.len();
        match target.recorded {
            None => self.entries.push(Entry::create(&target.prepared.project)?),
            Some(recorded) => {
                let merged = merge(&recorded.value, &target.prepared.project);
                // The same facts from a file of another name are no news.
                let source = recorded.value.source.clone();
                if (Project { source, ..merged.clone() }) != recorded.value {
                    self.entries.push(Entry::update(recorded, &merged)?);
                }
            }
        }
        let Difference { create, revive, delete } = target.difference;
        for transaction in &create {
            self.entries.push(Entry::create(transaction.as_ref())?);
        }
        for transaction in &revive {
            if let Some(stored) = versions.get(&transaction.name) {
                self.entries.push(Entry::update(stored, transaction.as_ref())?);
            }
        }
        for stored in delete.iter().filter_map(|name| versions.get(name)) {
            self.entries.push(Entry::delete(stored)?);
        }
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.changes.transactions_created += count(create.len() + revive.len());
        self.changes.transactions_deleted += count(delete.len());
        match target.recorded {
            None => self.changes.created += 1,
            Some(_) if self.entries.len() > before => self.changes.updated += 1,
            Some(_) => self.changes.unchanged += 1,
        }
        Ok(())
    }
}
