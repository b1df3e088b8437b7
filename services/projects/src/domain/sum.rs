//! Sums of transactions, split so that the parts add up to the whole.

use std::collections::BTreeMap;

use facts::total::Total;
use facts::vocabulary::Vocabulary;
use rust_decimal::Decimal;

use super::shares::{Shares, split};
use super::transaction::Type;

/// The transactions of one type and currency, of one year and project where these are told apart, that are split alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What moved.
    pub r#type: Type,
    /// ISO 4217.
    pub currency: String,
    /// 0 where years are not told apart.
    pub year: i32,
    /// Empty where projects are not told apart.
    pub project: String,
    /// The shares of the transactions themselves.
    pub own: Shares,
    /// The shares of their project.
    pub of_project: Shares,
    /// Their sum.
    pub total: Total,
    /// How many they are.
    pub transactions: i64,
}

/// How sums are split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splits {
    /// By country or region.
    pub by_recipient: bool,
    /// By the sectors of this vocabulary.
    pub by_sector_of: Option<String>,
}

/// What is told apart, in the order in which sums are given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What moved.
    pub r#type: i32,
    /// ISO 4217.
    pub currency: String,
    /// Country or region; empty where not said.
    pub recipient: String,
    /// Sector; empty where not said.
    pub sector: String,
    /// 0 where years are not told apart.
    pub year: i32,
    /// Empty where projects are not told apart.
    pub project: String,
}

/// A sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How much.
    pub amount: Total,
    /// How many transactions have a part in it.
    pub transactions: i64,
}

/// Splits each group and brings together what has the same key. The sums of a type and currency add up to the totals of
/// its groups, however they are split.
pub fn allocate(groups: Vec<Group>, splits: &Splits) -> BTreeMap<Key, Sum> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for group in groups {
        let whole = vec![(String::new(), Decimal::ONE_HUNDRED)];
        let recipients = if splits.by_recipient {
            Shares::recipients(&group.own, &group.of_project)
        } else {
            whole.clone()
        };
        let sectors = match &splits.by_sector_of {
            Some(vocabulary) => Shares::sectors(&group.own, &group.of_project, vocabulary),
            None => whole,
        };
        for (recipient, part) in split(group.total, &recipients) {
            for (sector, part) in split(part, &sectors) {
                let key = Key {
                    r#type: group.r#type.number(),
                    currency: group.currency.clone(),
                    recipient: recipient.to_owned(),
                    sector: sector.to_owned(),
                    year: group.year,
                    project: group.project.clone(),
                };
                let sum = sums.entry(key).or_default();
                sum.amount += part;
                sum.transactions += group.transactions;
            }
        }
    }
    sums
}
