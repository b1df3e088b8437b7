//! The account of the elements of a file: each is recorded, or counted as not kept.

use std::collections::BTreeMap;

use formats::{Census, Elements, Record};

/// How many elements, or attributes, of a path the record could not hold.
pub type Lost = Vec<(&'static str, u64)>;

/// The elements of a record without its children, or of one child.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The elements that the reader delivered.
    pub elements: Elements,
    /// The elements that are not recorded even when it is.
    pub lost: Lost,
}

/// Returns the elements of a record and its children.
pub fn elements<R: Record>(record: &R) -> Elements {
    let mut all = record.elements().clone();
    for child in record.children() {
        all.append(R::origin(child).1);
    }
    all
}

/// The count of the elements that the reader delivered: kept and not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    taken: u64,
    lost: BTreeMap<&'static str, u64>,
    refused: Elements,
}

impl Kept {
    /// Counts what is recorded.
    pub fn take(&mut self, account: &Account) {
        self.taken += account.elements.total();
        for (path, count) in &account.lost {
            *self.lost.entry(path).or_default() += count;
        }
    }

    /// Counts what is not recorded.
    pub fn refuse(&mut self, account: &Account) {
        self.refused.append(&account.elements);
    }

    /// Counts a record that is not recorded, and its children.
    pub fn refuse_all<'a>(&mut self, accounts: impl Iterator<Item = &'a Account>) {
        for account in accounts {
            self.refuse(account);
        }
    }

    /// Adds what another counted.
    pub fn add(&mut self, other: &Self) {
        self.taken += other.taken;
        self.refused.append(&other.refused);
        for (path, count) in &other.lost {
            *self.lost.entry(path).or_default() += count;
        }
    }

    /// Returns how many elements are recorded; adds those that are not to what the reader counted.
    pub fn settle(&self, census: &mut Census) -> u64 {
        census.lose_all(&self.refused);
        let mut kept = census.around() + self.taken;
        for (path, count) in &self.lost {
            census.lose_path(path, *count);
            if !path.contains('@') {
                kept = kept.saturating_sub(*count);
            }
        }
        kept
    }
}
