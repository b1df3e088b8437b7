//! The difference of the children of a record: new, edited, undeleted and deleted ones.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use chronicle::{Chronicle, Entry, Error, Resource, Stored};
use standard::Step;

use crate::account::Account;
use crate::importer::{Importer, Target};
use crate::name::{child_name, last};
use crate::recorded::{self, Imported};
use crate::report::Outcome;
use crate::succession::same;

/// The versions that stand of children.
pub struct Versions<I: Importer> {
    by_name: HashMap<String, Stored<I::Child>>,
    /// The record times of those among them that no import wrote.
    by_hand: HashSet<i64>,
}

impl<I: Importer> Versions<I> {
    /// Returns those of these names. One query more where some are deleted or not the first.
    pub async fn of(chronicle: &Chronicle, names: &[String]) -> Result<Self, Error> {
        let found = recorded::versions::<I>(chronicle, names).await?;
        let perhaps = found.iter().filter(|it| it.deleted || it.revision > 1);
        let perhaps: Vec<i64> = perhaps.map(|it| it.recorded).collect();
        let by_hand = recorded::by_hand::<I>(chronicle, &perhaps).await?;
        let by_name = found.into_iter().map(|it| (it.value.name().to_owned(), it)).collect();
        Ok(Self { by_name, by_hand })
    }
}

/// A child as the file has it, and the elements that it is made from.
type Given<'a, I> = (Cow<'a, <I as Importer>::Child>, &'a Account);

/// The writes of the children of one parent.
pub struct Difference<'a, I: Importer> {
    target: &'a Target<'a, I>,
    create: Vec<Given<'a, I>>,
    /// The others that may not be as the file has them.
    compare: Vec<Given<'a, I>>,
    delete: Vec<String>,
    /// The new ones that take the place of one that is deleted, by the name of that one.
    successors: HashMap<String, String>,
    /// The same of those that perhaps do and have a higher tier by it, by the name of the new one.
    raised: HashMap<String, String>,
}

impl<'a, I: Importer> Difference<'a, I> {
    /// Compares the children of a record with what is recorded of the parent it goes to. What the
    /// caller may not see stays as it is. What has its first version still is as the file has it,
    /// for it is named by what it says, unless the file says more.
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
                Some(it) if it.deleted || it.rewritten || I::says_more(&child) => {
                    difference.compare.push((child, account));
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
        let (create, compare) = (Vec::new(), Vec::new());
        let (successors, raised) = (HashMap::new(), HashMap::new());
        Self { target, create, compare, delete, successors, raised }
    }

    /// Returns the names of those of which the version that stands is needed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let compared = self.compare.iter().map(|(child, _)| child.name());
        compared.chain(self.delete.iter().map(String::as_str))
    }

    /// Gives the new ones what no file states of those whose place they take.
    pub fn hand_on(&mut self, versions: &Versions<I>) {
        let gone: Vec<_> =
            self.delete.iter().filter_map(|name| versions.by_name.get(name)).collect();
        if gone.is_empty() {
            return;
        }
        let mut new: Vec<&mut Given<'a, I>> = self.create.iter_mut().collect();
        let is_back = |name: &str| versions.by_name.get(name).is_some_and(|it| it.deleted);
        new.extend(self.compare.iter_mut().filter(|(child, _)| is_back(child.name())));
        let of_gone: Vec<_> = gone.iter().map(|it| I::alike(&it.value)).collect();
        let of_new: Vec<_> = new.iter().map(|(child, _)| I::alike(child)).collect();
        for (some, others) in same(&of_gone, &of_new) {
            let perhaps = some.len() > 1 || others.len() > 1;
            for (one, other) in some.iter().flat_map(|one| others.iter().map(move |it| (one, it))) {
                let (gone, child) = (&gone[*one].value, &mut new[*other].0);
                let tier = child.tier();
                I::succeed(gone, child.to_mut(), perhaps);
                let (gone, name) = (gone.name().to_owned(), child.name().to_owned());
                if !perhaps {
                    self.successors.insert(gone, name);
                } else if child.tier() > tier {
                    self.raised.insert(name, gone);
                }
            }
        }
    }

    /// Returns the entries, each checked as a single write is; what the caller may not do is a
    /// finding.
    pub fn entries(&self, versions: &Versions<I>, now: i64, outcome: &mut Outcome) -> Vec<Entry> {
        let compared = self.compare.iter().filter_map(|(child, account)| {
            let stored = versions.by_name.get(child.name())?;
            Some((stored, I::merge_child(&stored.value, child), *account))
        });
        let compared: Vec<_> = compared.collect();
        let create = self.create.iter().map(|(it, account)| (Step::Create(&**it), Some(*account)));
        let compare = compared.iter().filter_map(|(stored, edited, account)| {
            let step = match (stored.deleted, edited) {
                (true, None) => Step::Undelete(stored),
                (true, Some(value)) => Step::Revive(stored, value),
                (false, Some(value)) => Step::Update(stored, value),
                (false, None) => return None,
            };
            Some((step, Some(*account)))
        });
        let delete = self.delete.iter().filter_map(|name| versions.by_name.get(name));
        let delete = delete.map(|stored| (Step::Delete(stored), None));
        let steps = create.chain(compare).chain(delete);
        let entries = steps.filter_map(|(step, account)| {
            let entry = self.entry(&step, account, now, outcome)?;
            let overwritten = self.overwritten(&step, &versions.by_hand);
            let warning = |message| self.target.prepared.warning("overwritten", message);
            outcome.findings.extend(overwritten.map(warning));
            let raised = self.raised(&step);
            let warning = |message| self.target.prepared.warning("tier-raised", message);
            outcome.findings.extend(raised.map(warning));
            Some(entry)
        });
        let entries: Vec<Entry> = entries.collect();
        for (stored, edited, account) in &compared {
            if edited.is_none() && !stored.deleted {
                outcome.kept.take(account);
            }
        }
        entries
    }

    /// Returns the entry of a step, and counts it; nothing, and a finding, if the caller may not do
    /// it.
    fn entry(
        &self,
        step: &Step<'_, I::Child>,
        account: Option<&Account>,
        now: i64,
        outcome: &mut Outcome,
    ) -> Option<Entry> {
        let Ok(entry) = step.entry(Some(&self.target.around()), now) else {
            let message = refusal(step);
            outcome.findings.push(self.target.prepared.error("not-granted", message));
            if let Some(account) = account {
                outcome.kept.refuse(account);
            }
            return None;
        };
        let changes = &mut outcome.changes;
        match step {
            Step::Delete(_) => changes.children_deleted += 1,
            Step::Update(..) => changes.children_updated += 1,
            Step::Create(_) | Step::Undelete(_) | Step::Revive(..) => changes.children_created += 1,
        }
        if let Some(account) = account {
            outcome.kept.take(account);
        }
        Some(entry)
    }

    /// Says what a step overwrites of what was written by hand, if it does.
    fn overwritten(&self, step: &Step<'_, I::Child>, by_hand: &HashSet<i64>) -> Option<String> {
        let (stored, what) = match step {
            Step::Update(stored, _) if by_hand.contains(&stored.recorded) => (stored, "edited"),
            Step::Revive(stored, _) => (stored, "edited and deleted"),
            Step::Undelete(stored) if by_hand.contains(&stored.recorded) => {
                (stored, "deleted by hand")
            }
            Step::Delete(stored) if by_hand.contains(&stored.recorded) => {
                return Some(self.gone_by_hand(stored.value.name()));
            }
            Step::Create(_) | Step::Update(..) | Step::Delete(_) | Step::Undelete(_) => {
                return None;
            }
        };
        Some(format!("{} was {what}; it is recorded as the file has it", stored.value.name()))
    }

    /// Says why a new child is hidden, where it may not be what was.
    fn raised(&self, step: &Step<'_, I::Child>) -> Option<String> {
        let (Step::Create(value) | Step::Revive(_, value)) = step else { return None };
        let (name, gone) = self.raised.get_key_value(value.name())?;
        Some(format!("{name} has the tier of {gone}, whose place it takes perhaps"))
    }

    fn gone_by_hand(&self, name: &str) -> String {
        let gone = format!("{name} was edited; it is deleted, for the file has it no more");
        match self.successors.get(name) {
            Some(successor) => format!("{gone}; {successor} has its tier and its links"),
            None => gone,
        }
    }
}

/// Says what becomes of a child that the caller may not write.
fn refusal<T: Resource>(step: &Step<'_, T>) -> String {
    let (name, what) = match step {
        Step::Delete(stored) => (stored.value.name(), "it stays"),
        Step::Update(stored, _) => (stored.value.name(), "it stays as it is"),
        Step::Undelete(stored) | Step::Revive(stored, _) => {
            (stored.value.name(), "it stays deleted")
        }
        Step::Create(value) => (value.name(), "it was skipped"),
    };
    format!("your grants do not cover {name}; {what}")
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
