//! The account of the elements of a file: each is recorded, or counted as not kept.

use std::collections::BTreeMap;

use formats::{Census, Elements};
use iati::Activity;

use super::read::Prepared;

/// Where something of a list stands in a file.
#[derive(Clone, Copy)]
pub struct Place {
    /// Its name in a finding.
    pub what: &'static str,
    /// Its path below the root.
    pub path: &'static str,
}

/// How many elements, or attributes, of a path the record could not hold.
pub type Lost = Vec<(&'static str, u64)>;

/// The elements of an activity without its transactions, or of one transaction.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The elements that the reader delivered.
    pub elements: Elements,
    /// The elements that are not recorded even when it is.
    pub lost: Lost,
}

/// The elements of an activity and its transactions.
pub fn elements(activity: &Activity) -> Elements {
    let mut all = activity.elements.clone();
    for transaction in &activity.transactions {
        all.append(&transaction.elements);
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

    /// Counts an activity that is not recorded, and its transactions.
    pub fn refuse_all(&mut self, prepared: &Prepared) {
        self.refuse(&prepared.account);
        for account in &prepared.accounts {
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

    /// How many elements are recorded; adds those that are not to what the reader counted.
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
