//! The difference of the children of a record: new, undeleted and deleted ones.

use std::borrow::Cow;
use std::collections::HashMap;

use chronicle::{Chronicle, Entry, Error, Resource, Stored};
use standard::Step;

use crate::account::Account;
use crate::importer::{Importer, Target};
use crate::name::{child_name, last};
use crate::recorded::{self, Imported};
use crate::report::Outcome;

/// The versions that stand of children, by name.
pub type Versions<I> = HashMap<String, Stored<<I as Importer>::Child>>;

/// Returns the versions that stand of these names.
pub async fn versions<I: Importer>(
    chronicle: &Chronicle,
    names: &[String],
) -> Result<Versions<I>, Error> {
    let found = recorded::versions::<I>(chronicle, names).await?;
    Ok(found.into_iter().map(|stored| (stored.value.name().to_owned(), stored)).collect())
}

/// The writes of the children of one parent.
pub struct Difference<'a, I: Importer> {
    target: &'a Target<'a, I>,
    create: Vec<(Cow<'a, I::Child>, &'a Account)>,
    revive: Vec<(String, &'a Account)>,
    delete: Vec<String>,
}

impl<'a, I: Importer> Difference<'a, I> {
    /// Compares the children of a record with what is recorded of the parent it goes to. What the
    /// caller may not see stays as it is.
    pub fn of(target: &'a Target<'a, I>, recorded: Vec<Imported>, outcome: &mut Outcome) -> Self {
        let mut recorded: HashMap<String, Imported> =
            recorded.into_iter().map(|it| (it.name.clone(), it)).collect();
        let mut difference = Self::gone(target, Vec::new());
        for (child, account) in &target.prepared.children {
            let child = attached(child, target);
            match recorded.remove(child.name()) {
                None => difference.create.push((child, account)),
                Some(Imported { hidden: true, name, .. }) => {
                    let kind = I::WORDS.child;
                    let message = format!("{name} is another {kind}; this one was skipped");
                    outcome.findings.push(target.prepared.error("name-taken", message));
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

    /// Says that children of these names are gone.
    pub fn gone(target: &'a Target<'a, I>, delete: Vec<String>) -> Self {
        Self { target, create: Vec::new(), revive: Vec::new(), delete }
    }

    /// Returns the names of those of which the version that stands is needed.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.revive.iter().map(|(name, _)| name).chain(&self.delete)
    }

    /// Returns the entries, each checked as a single write is; what the caller may not do is a
    /// finding.
    pub fn entries(&self, versions: &Versions<I>, now: i64, outcome: &mut Outcome) -> Vec<Entry> {
        let around = self.target.around();
        let create = self.create.iter().map(|(it, account)| (Step::Create(&**it), Some(*account)));
        let revive = self.revive.iter().filter_map(|(name, account)| {
            versions.get(name).map(|stored| (Step::Undelete(stored), Some(*account)))
        });
        let delete = self.delete.iter().filter_map(|name| versions.get(name));
        let delete = delete.map(|stored| (Step::Delete(stored), None));
        let mut entries = Vec::new();
        for (step, account) in create.chain(revive).chain(delete) {
            if let Ok(entry) = step.entry(Some(&around), now) {
                entries.push(entry);
                match account {
                    Some(account) => {
                        outcome.changes.children_created += 1;
                        outcome.kept.take(account);
                    }
                    None => outcome.changes.children_deleted += 1,
                }
                continue;
            }
            let (name, what) = match &step {
                Step::Delete(stored) => (stored.value.name(), "it stays"),
                Step::Undelete(stored) | Step::Update(stored, _) => {
                    (stored.value.name(), "it stays deleted")
                }
                Step::Create(value) => (value.name(), "it was skipped"),
            };
            let message = format!("your grants do not cover {name}; {what}");
            outcome.findings.push(self.target.prepared.error("not-granted", message));
            if let Some(account) = account {
                outcome.kept.refuse(account);
            }
        }
        entries
    }
}

/// Returns the child in the parent it goes to.
fn attached<'a, I: Importer>(child: &'a I::Child, target: &Target<'_, I>) -> Cow<'a, I::Child> {
    let parent = &target.prepared.parent;
    if parent.name() == target.name() {
        return Cow::Borrowed(child);
    }
    let name = child_name::<I::Child>(target.name(), last(child.name()));
    let mut child = child.clone();
    I::attach(&mut child, name, parent);
    Cow::Owned(child)
}
