//! The difference of the transactions of an activity: new, undeleted and deleted ones.

use std::borrow::Cow;
use std::collections::HashMap;

use chassis::Failure;
use chronicle::{Chronicle, Entry, Stored};
use formats::{Finding, Severity};
use standard::Step;
use standard::access::Around;

use super::account::Account;
use super::notes::finding;
use super::read::Prepared;
use super::record::failed;
use super::report::Outcome;
use crate::domain::Transaction;
use crate::store::{self, Imported};

/// The writes of the transactions of one project.
#[derive(Default)]
pub struct Difference<'a> {
    create: Vec<(Cow<'a, Transaction>, &'a Account)>,
    revive: Vec<(String, &'a Account)>,
    delete: Vec<String>,
}

impl<'a> Difference<'a> {
    /// Compares the transactions of an activity with what is recorded of the project it goes to. What the caller may not
    /// see stays as it is.
    pub fn of(
        prepared: &'a Prepared,
        project: &str,
        recorded: Vec<Imported>,
        outcome: &mut Outcome,
    ) -> Self {
        let mut recorded: HashMap<String, Imported> =
            recorded.into_iter().map(|it| (it.name.clone(), it)).collect();
        let mut difference = Self::default();
        for (transaction, account) in prepared.transactions.iter().zip(&prepared.accounts) {
            let transaction = renamed(transaction, project);
            match recorded.remove(&transaction.name) {
                None => difference.create.push((transaction, account)),
                Some(Imported { hidden: true, name, .. }) => {
                    let message = format!("{name} is another transaction; this one was skipped");
                    outcome.findings.push(about(prepared, "name-taken", message));
                    outcome.kept.refuse(account);
                }
                Some(Imported { deleted: true, name, .. }) => {
                    difference.revive.push((name, account));
                }
                Some(_) => outcome.kept.take(account),
            }
        }
        let gone = recorded.into_values().filter(|it| !it.deleted && !it.hidden);
        difference.delete.extend(gone.map(|it| it.name));
        difference.delete.sort();
        difference
    }

    /// That transactions of these names are gone.
    pub fn gone(delete: Vec<String>) -> Self {
        Self { delete, ..Self::default() }
    }

    /// The versions that stand of what is to be deleted or brought back, by name.
    pub async fn versions(
        &self,
        chronicle: &Chronicle,
    ) -> Result<HashMap<String, Stored<Transaction>>, Failure> {
        let names: Vec<String> = self.names().cloned().collect();
        let found = store::transactions_named(chronicle, &names).await.map_err(failed)?;
        Ok(found.into_iter().map(|stored| (stored.value.name.clone(), stored)).collect())
    }

    /// The names of those of which the version that stands is needed.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.revive.iter().map(|(name, _)| name).chain(&self.delete)
    }

    /// The entries, each checked as a single write is; what the caller may not do is a finding.
    pub fn entries(
        &self,
        prepared: &Prepared,
        around: &Around,
        versions: &HashMap<String, Stored<Transaction>>,
        now: i64,
        outcome: &mut Outcome,
    ) -> Vec<Entry> {
        let create = self.create.iter().map(|(it, account)| (Step::Create(&**it), Some(*account)));
        let revive = self.revive.iter().filter_map(|(name, account)| {
            versions.get(name).map(|stored| (Step::Undelete(stored), Some(*account)))
        });
        let delete = self.delete.iter().filter_map(|name| versions.get(name));
        let delete = delete.map(|stored| (Step::Delete(stored), None));
        let mut entries = Vec::new();
        for (step, account) in create.chain(revive).chain(delete) {
            if let Ok(entry) = step.entry(Some(around), now) {
                entries.push(entry);
                match account {
                    Some(account) => {
                        outcome.changes.transactions_created += 1;
                        outcome.kept.take(account);
                    }
                    None => outcome.changes.transactions_deleted += 1,
                }
                continue;
            }
            let (name, what) = match &step {
                Step::Delete(stored) => (&stored.value.name, "it stays"),
                Step::Undelete(stored) | Step::Update(stored, _) => {
                    (&stored.value.name, "it stays deleted")
                }
                Step::Create(value) => (&value.name, "it was skipped"),
            };
            let message = format!("your grants do not cover {name}; {what}");
            outcome.findings.push(about(prepared, "not-granted", message));
            if let Some(account) = account {
                outcome.kept.refuse(account);
            }
        }
        entries
    }
}

fn about(prepared: &Prepared, rule: &'static str, message: String) -> Finding {
    let identifier = &prepared.project.iati_identifier;
    finding(Severity::Error, rule, prepared.line, identifier, message)
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
