//! The clearance of a caller: one table of levels, applied to one resource or turned into SQL.

use std::collections::BTreeMap;

use sea_query::{Alias, Condition, Expr, ExprTrait, SimpleExpr};

use crate::{Desks, Grant, Partnership, Tier};

/// The tiers above PUBLIC, the lowest first.
const HIDDEN: [Tier; 3] = [Tier::Restricted, Tier::Confidential, Tier::Secret];

/// The clearance of a caller: what it may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearance {
    /// By tier, as [`HIDDEN`]: the desks of which it may be read. What may be read of a tier may be
    /// read of those below.
    levels: [Desks; 3],
    /// Single resources that may be read, and up to which tier.
    named: Vec<(String, Tier)>,
    /// No check at all: for the system itself, never for a caller.
    whole: bool,
}

impl Clearance {
    /// Returns the clearance of an anonymous caller.
    pub const fn public() -> Self {
        Self { levels: [Desks::NONE; 3], named: Vec::new(), whole: false }
    }

    /// All there is: for the system itself (checks of the log, migrations), never for an answer.
    pub const fn whole() -> Self {
        Self { levels: [Desks::ALL; 3], named: Vec::new(), whole: true }
    }

    /// Adds what a grant lets its holder read, up to `most`.
    pub fn add(&mut self, grant: &Grant, most: Tier) {
        let tier = grant.reach().min(most);
        if let Some(name) = &grant.resource {
            self.named.push((name.clone(), tier));
            return;
        }
        for (level, _) in self.levels.iter_mut().zip(HIDDEN).filter(|(_, of)| *of <= tier) {
            *level = level.and(grant.desks.within(Desks::ALL));
        }
    }

    /// The highest tier that may be read of the resource `name` of these desks. What is of no desk
    /// counts for each.
    pub fn level(&self, desks: Desks, name: &str) -> Tier {
        let of = if desks.is_none() { Desks::ALL } else { desks };
        let by_desk = self.highest(|level| level.meets(of));
        let by_name = self.named.iter().filter(|(named, _)| named == name).map(|(_, tier)| *tier);
        by_name.fold(by_desk, Tier::max)
    }

    /// Returns whether a resource may be read at all.
    pub fn sees(&self, tier: Tier, desks: Desks, name: &str) -> bool {
        self.whole || tier <= self.level(desks, name)
    }

    /// The highest tier that may be read of anything.
    pub fn top(&self) -> Tier {
        let named = self.named.iter().map(|(_, tier)| *tier);
        named.fold(self.highest(|level| !level.is_none()), Tier::max)
    }

    /// The highest tier that may be read of every desk.
    pub fn floor(&self) -> Tier {
        let every = Partnership::current().all();
        self.highest(|level| level.holds(every))
    }

    /// True if all of a tier may be read, whatever the desk.
    pub fn covers(&self, tier: Tier) -> bool {
        self.whole || self.floor() >= tier
    }

    /// True if single resources may be read by their names.
    pub const fn names_any(&self) -> bool {
        !self.named.is_empty()
    }

    /// True for the system itself.
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// [`Clearance::sees`] as a predicate on the columns `tier`, `desks` and `name` of the table
    /// `table`; nothing to check for [`Clearance::whole`].
    pub fn condition(&self, table: &str) -> Condition {
        self.condition_by(table, "tier")
    }

    /// As [`Clearance::condition`], with the tier in another column.
    pub fn condition_by(&self, table: &str, tier_column: &str) -> Condition {
        let column =
            |name: &str| -> SimpleExpr { Expr::col((Alias::new(table), Alias::new(name))) };
        if self.whole {
            return Condition::all();
        }
        // What is none of the tiers is read by nobody.
        let up_to = |tier: Tier| column(tier_column).between(Tier::Public.level(), tier.level());
        let mut any = Condition::any().add(column(tier_column).eq(Tier::Public.level()));
        // What the tier above lets read of the same desks, or of the same names, is let read
        // already.
        let mut before = (Desks::NONE, Vec::new());
        for tier in [Tier::Secret, Tier::Confidential, Tier::Restricted] {
            let desks = self.desks_at(tier);
            let high = self.named.iter().filter(|(_, most)| *most >= tier);
            let names: Vec<&str> = high.map(|(name, _)| name.as_str()).collect();
            let here = (desks, names);
            if here == before {
                continue;
            }
            let mut may = Condition::any();
            if !desks.is_none() {
                let bits = column("desks").bit_and(desks.bits());
                may = may.add(bits.ne(0)).add(column("desks").eq(0));
            }
            if !here.1.is_empty() {
                may = may.add(column("name").is_in(here.1.iter().copied()));
            }
            any = any.add(Condition::all().add(up_to(tier)).add(may));
            before = here;
        }
        any
    }

    /// Returns a text of what may be read of a collection, such as `projects`: the same for callers
    /// with the same grants there, in whatever order they have them.
    pub fn of_collection(&self, collection: &str) -> String {
        let levels = self.levels.map(|desks| desks.bits().to_string());
        let mut named: BTreeMap<&str, Tier> = BTreeMap::new();
        let is_in = |name: &str| name.split('/').next() == Some(collection);
        for (name, tier) in self.named.iter().filter(|(name, _)| is_in(name)) {
            let highest = named.entry(name).or_insert(*tier);
            *highest = Ord::max(*highest, *tier);
        }
        let named = named.iter().map(|(name, tier)| format!(" {name}:{}", tier.level()));
        format!("{} {}{}", self.whole, levels.join(" "), named.collect::<String>())
    }

    /// The desks of which a tier may be read.
    fn desks_at(&self, tier: Tier) -> Desks {
        let level = HIDDEN.iter().zip(self.levels).find(|(of, _)| **of == tier);
        level.map_or(Desks::NONE, |(_, desks)| desks)
    }

    /// The highest tier whose desks are wanted.
    fn highest(&self, wanted: impl Fn(Desks) -> bool) -> Tier {
        let mut levels = HIDDEN.iter().zip(self.levels).rev();
        levels.find(|(_, desks)| wanted(*desks)).map_or(Tier::Public, |(tier, _)| *tier)
    }
}
