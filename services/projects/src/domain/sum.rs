//! Sums of transactions, split so that the parts add up to the whole, and what no sum contains.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::registan::projects::v1::participant::Role;
use api::registan::projects::v1::project::Kind;
use api::registan::projects::v1::transaction::Type;
use facts::total::Total;

use super::asked::{self, Asked, Fit, Reason};
use super::basis::Basis;
use super::holding::Holding;
use super::roles::Roles;
use super::shares::{Division, Shares, split};

/// The transactions of one type and currency of projects of one kind, of one year and project where
/// these are told apart, that are split alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The type of its transactions.
    pub r#type: Type,
    /// ISO 4217.
    pub currency: String,
    /// The kind of their projects.
    pub kind: Kind,
    /// 0 where years are not told apart.
    pub year: i32,
    /// Empty where projects are not told apart.
    pub project: String,
    /// Their project, where it names others or is named; else empty.
    pub member: String,
    /// The shares of the transactions themselves.
    pub own: Shares,
    /// The shares of their project.
    pub of_project: Shares,
    /// The participants of their project.
    pub roles: Roles,
    /// Their project, where it names law or policy that is told apart; else empty.
    pub based: String,
    /// Its law and its policy, as far as these are told apart.
    pub basis: Arc<Basis>,
    /// Their sum.
    pub total: Total,
    /// How many they are.
    pub transactions: i64,
}

/// How sums are split, and of which parts they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splits {
    /// By country or region.
    pub by_recipient: bool,
    /// By sector.
    pub by_sector: bool,
    /// By participant.
    pub by_participant: bool,
    /// The recipients that are asked for.
    pub recipients: Asked,
    /// The sectors that are asked for.
    pub sectors: Asked,
    /// The vocabulary of the sectors.
    pub vocabulary: String,
    /// The role in which participants are told apart, or one is asked for; nothing: any.
    pub role: Option<Role>,
}

/// The key that sums are grouped by, in the order in which they are returned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The type of its transactions.
    pub r#type: i32,
    /// ISO 4217.
    pub currency: String,
    /// The kind of the projects.
    pub kind: i32,
    /// Country or region; empty where not said.
    pub recipient: String,
    /// Sector; empty where not said.
    pub sector: String,
    /// Participant; empty where not said.
    pub participant: String,
    /// 0 where years are not told apart.
    pub year: i32,
    /// Empty where projects are not told apart.
    pub project: String,
    /// Of what is told apart.
    pub basis: Arc<Basis>,
}

/// The key that amounts left out of all sums are grouped by: reason, type, currency and kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// Why.
    pub reason: Reason,
    /// The type of its transactions.
    pub r#type: i32,
    /// ISO 4217.
    pub currency: String,
    /// The kind of the projects.
    pub kind: i32,
}

/// A sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How much.
    pub amount: Total,
    /// How many transactions have a part in it.
    pub transactions: i64,
}

/// The sums, and the amounts that are in none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// The sums, in order.
    pub sums: BTreeMap<Key, Sum>,
    /// The amounts left out of all sums, in order.
    pub left_out: BTreeMap<Left, Sum>,
}

/// A part of a group: its recipient and sector, how much, and whether it is asked for.
type Part = (String, String, Total, Fit);

/// A type, currency and kind of project: of parent and child only one is counted of each.
pub type Measure = (Type, String, Kind);

/// The projects of which a measure is left out, and why.
pub type LeftOut = BTreeMap<(Measure, String), Reason>;

impl Splits {
    /// Returns whether the sums depend on shares.
    pub fn need_shares(&self) -> bool {
        self.split_recipients() || self.split_sectors()
    }

    fn split_recipients(&self) -> bool {
        self.by_recipient || !self.recipients.is_empty()
    }

    fn split_sectors(&self) -> bool {
        self.by_sector || !self.sectors.is_empty()
    }

    /// How a group is split by recipients and by sectors.
    fn divisions(&self, group: &Group) -> (Division, Division) {
        let recipients = if self.split_recipients() {
            Shares::recipients(&group.own, &group.of_project)
        } else {
            Division::whole()
        };
        let sectors = if self.split_sectors() {
            Shares::sectors(&group.own, &group.of_project, &self.vocabulary)
        } else {
            Division::whole()
        };
        (recipients, sectors)
    }

    /// Adds a group to what its project has.
    pub(super) fn hold(&self, holding: &mut Holding, group: &Group) {
        let (recipients, sectors) = self.divisions(group);
        let is_rounded = recipients.weights.len() > 1 || sectors.weights.len() > 1;
        for (recipient, sector, part, _) in self.parts(group) {
            holding.add(recipients.among(&recipient), sectors.among(&sector), part, is_rounded);
        }
    }

    /// The parts of a group that are or may be asked for: recipient and sector, how much, and which
    /// of the two.
    fn parts(&self, group: &Group) -> Vec<Part> {
        let (recipients, sectors) = self.divisions(group);
        let mut parts = Vec::new();
        for (recipient, part) in split(group.total, &recipients.weights) {
            let fit = asked::recipient(&self.recipients, recipient, &recipients.sharing);
            for (sector, part) in split(part, &sectors.weights) {
                let fit = fit.and(asked::sector(&self.sectors, sector, &sectors.sharing));
                if fit != Fit::Elsewhere {
                    parts.push((recipient.to_owned(), sector.to_owned(), part, fit));
                }
            }
        }
        parts
    }

    fn key(&self, group: &Group, recipient: String, sector: String) -> Key {
        let only = |wanted: bool, code: String| if wanted { code } else { String::new() };
        let participant = if self.by_participant { group.roles.only(self.role) } else { "" };
        Key {
            r#type: group.r#type.into(),
            currency: group.currency.clone(),
            kind: group.kind.into(),
            recipient: only(self.by_recipient, recipient),
            sector: only(self.by_sector, sector),
            participant: participant.to_owned(),
            year: group.year,
            project: group.project.clone(),
            basis: Arc::clone(&group.basis),
        }
    }
}

/// Splits each group and brings together what has the same key. The sums of a type, currency and
/// kind and what is left out of them add up to the totals of its groups, as far as these are asked
/// for, however they are split.
pub fn allocate(groups: &[Group], splits: &Splits, left_out: &LeftOut) -> Sums {
    let mut sums = Sums::default();
    for group in groups {
        let of_level = left_out.get(&(group.measure(), group.member.clone())).copied();
        let mut counted: BTreeMap<Key, Total> = BTreeMap::new();
        let mut left: BTreeMap<Reason, Total> = BTreeMap::new();
        for (recipient, sector, part, fit) in splits.parts(group) {
            let reason = of_level.or(match fit {
                Fit::Open(reason) => Some(reason),
                Fit::Asked | Fit::Elsewhere => None,
            });
            match reason {
                Some(reason) => *left.entry(reason).or_default() += part,
                None => *counted.entry(splits.key(group, recipient, sector)).or_default() += part,
            }
        }
        for (key, part) in counted {
            sums.sums.entry(key).or_default().add(part, group.transactions);
        }
        for (reason, part) in left {
            let (r#type, kind) = (group.r#type.into(), group.kind.into());
            let left = Left { reason, r#type, currency: group.currency.clone(), kind };
            sums.left_out.entry(left).or_default().add(part, group.transactions);
        }
    }
    sums
}

impl Group {
    /// Of which it is.
    pub fn measure(&self) -> Measure {
        (self.r#type, self.currency.clone(), self.kind)
    }
}

impl Sum {
    fn add(&mut self, part: Total, transactions: i64) {
        self.amount += part;
        self.transactions += transactions;
    }
}
