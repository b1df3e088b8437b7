//! The share of a project in a sum, and for whom: whether what one has can be a part of what
//! another has.

use std::collections::BTreeMap;

use facts::region;
use facts::total::Total;

/// The codes among which an amount goes, as far as that is said; none: nobody said.
pub type Among = Vec<String>;

/// Amounts, apart by the codes among which they go.
type Parts = BTreeMap<Among, Total>;

/// The most that rounding adds to a part or takes from it: a cent.
const CENT: i64 = 10_000_000;

/// The share of a project in a sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    whole: Total,
    by_recipient: Parts,
    by_sector: Parts,
    /// How many parts were rounded.
    rounded: i64,
}

impl Holding {
    /// All of it.
    pub const fn whole(&self) -> Total {
        self.whole
    }

    /// Adds a part: among which recipients and sectors it goes, how much, and whether it was
    /// rounded.
    pub fn add(&mut self, recipients: Among, sectors: Among, amount: Total, is_rounded: bool) {
        self.whole += amount;
        *self.by_recipient.entry(recipients).or_default() += amount;
        *self.by_sector.entry(sectors).or_default() += amount;
        self.rounded += i64::from(is_rounded);
    }

    /// Adds what another has.
    pub fn add_all(&mut self, other: &Self) {
        self.whole += other.whole;
        for (mine, its) in
            [(&mut self.by_recipient, &other.by_recipient), (&mut self.by_sector, &other.by_sector)]
        {
            for (among, amount) in its {
                *mine.entry(among.clone()).or_default() += *amount;
            }
        }
        self.rounded += other.rounded;
    }

    /// Returns whether another can be a part of it: in all, by recipients and by sectors.
    pub fn covers(&self, other: &Self) -> bool {
        let slack = Total::new(0, 0, CENT.saturating_mul(self.rounded + other.rounded));
        self.whole.covers(other.whole)
            && slack.covers(lacking(&self.by_recipient, &other.by_recipient, overlap))
            && slack.covers(lacking(&self.by_sector, &other.by_sector, |one, other| one == other))
    }
}

/// Returns whether what is a country's or region's can be another's too.
fn overlap(one: &str, other: &str) -> bool {
    one == other || region::may_contain(one, other) || region::may_contain(other, one)
}

/// How much of some parts has no place in others. What fits into few comes first, and goes where
/// few others fit.
fn lacking(has: &Parts, wanted: &Parts, can_be: impl Fn(&str, &str) -> bool) -> Total {
    let fits = |one: &Among, other: &Among| {
        let can_be_one = |one: &String| other.iter().any(|other| can_be(one, other));
        one.is_empty() || other.is_empty() || one.iter().any(can_be_one)
    };
    let mut supply: Vec<(&Among, Total)> = has.iter().map(|(among, part)| (among, *part)).collect();
    supply.sort_by_cached_key(|(has, _)| wanted.keys().filter(|it| fits(has, it)).count());
    let mut demand: Vec<(&Among, Total)> =
        wanted.iter().map(|(among, part)| (among, *part)).collect();
    demand.sort_by_cached_key(|(wanted, _)| has.keys().filter(|it| fits(it, wanted)).count());
    for (wanted, part) in &mut demand {
        for (_, left) in supply.iter_mut().filter(|(has, _)| fits(has, wanted)) {
            left.settle(part);
        }
    }
    demand.into_iter().map(|(_, part)| part.magnitude()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(parts: &[(&str, i64)]) -> Holding {
        let mut holding = Holding::default();
        for (codes, amount) in parts {
            let among = codes.split_whitespace().map(ToOwned::to_owned).collect();
            holding.add(among, Among::new(), Total::new(0, *amount, 0), false);
        }
        holding
    }

    #[test]
    fn what_goes_to_others_is_no_part() {
        for (has, wanted, covers) in [
            (&[("KG", 700)][..], &[("KZ", 100)][..], false),
            (&[("KG", 700)], &[("KG", 700)], true),
            (&[("KG", 600), ("KZ", 100)], &[("KZ", 100)], true),
            (&[("KG", 600), ("KZ", 99)], &[("KZ", 100)], false),
            (&[("619", 700)], &[("KZ", 100)], true),
            (&[("KG", 700)], &[("619", 100)], true),
            (&[("619", 700)], &[("AF", 100)], false),
            (&[("", 700)], &[("KZ", 100)], true),
            (&[("KG", 700)], &[("", 100)], true),
            (&[("KZ KG", 700)], &[("KZ", 100)], true),
            (&[("KZ KG", 700)], &[("TJ", 100)], false),
            (&[("KG", 600), ("619", 100)], &[("KZ", 100), ("TJ", 100)], false),
            (&[("KG", 600), ("619", 200)], &[("KZ", 100), ("TJ", 100)], true),
            (&[("KG", 100), ("619", 100)], &[("619", 100), ("TJ", 100)], true),
            (&[("KG", 100), ("", 100)], &[("", 100), ("KZ", 100)], true),
            (&[("KG", 100), ("KZ", 100)], &[("KG", 201)], false),
            (&[("KG", -700)], &[("KG", -100)], true),
            (&[("KG", -700)], &[("KZ", -100)], false),
            (&[("KG", 700)], &[("KG", 200), ("KZ", -100)], false),
        ] {
            assert_eq!(holding(has).covers(&holding(wanted)), covers, "{wanted:?} of {has:?}");
        }
    }

    #[test]
    fn sectors_are_looked_at_as_recipients_are() {
        let of = |sector: &str| {
            let mut holding = Holding::default();
            holding.add(Among::new(), vec![sector.to_owned()], Total::new(0, 1, 0), false);
            holding
        };

        assert!(of("15160").covers(&of("15160")) && !of("15160").covers(&of("11220")));
    }

    /// Two of fifty, each split in three, have together a cent more for one than a hundred split in
    /// three.
    #[test]
    fn what_rounding_adds_is_not_more() {
        let rounded = |parts: [i64; 3]| {
            let mut holding = Holding::default();
            for (code, cents) in ["KG", "KZ", "TJ"].into_iter().zip(parts) {
                let amount = Total::new(0, 0, cents * CENT);
                holding.add(vec![code.to_owned()], Among::new(), amount, true);
            }
            holding
        };
        let whole = rounded([3334, 3333, 3333]);
        let mut halves = rounded([1667, 1667, 1666]);
        halves.add_all(&rounded([1667, 1667, 1666]));

        assert!(whole.covers(&halves));
        assert!(!whole.covers(&rounded([3334, 3350, 3316])));
    }
}
