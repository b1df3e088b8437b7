//! Which projects are above which: of parent and child one is counted, the one that says more.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use facts::total::Total;

use super::asked::Reason;
use super::basis::Basis;
use super::holding::Holding;
use super::kin::Kin;
use super::rings::rings;

/// A project that names others, or is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// `projects/{project}`.
    pub name: String,
    /// Its IATI identifier, if it has one.
    pub identifier: Option<String>,
    /// Whom it names.
    pub kin: Kin,
}

/// The parents of each project. Those that are each above the others are a ring; most rings are one
/// project.
#[derive(Clone, Debug, Default)]
pub struct Families {
    /// The ring of each project, by name.
    rings: BTreeMap<String, usize>,
    /// The rings right above each: they come before it.
    above: Vec<BTreeSet<usize>>,
}

impl Families {
    /// Joins what parents say of their children and what children say of their parents. One that
    /// nobody has as its identifier is whose it was before.
    pub fn new(members: &[Member]) -> Self {
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut before: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            for key in &member.kin.former {
                before.entry(key).or_default().push(place);
            }
            for key in [Some(&member.name), member.identifier.as_ref()].into_iter().flatten() {
                named.entry(key).or_default().push(place);
            }
        }
        let found = |key: &String| {
            let found = named.get(key.as_str()).or_else(|| before.get(key.as_str()));
            found.into_iter().flatten().copied()
        };
        let (mut parents, mut children) =
            (vec![vec![]; members.len()], vec![vec![]; members.len()]);
        for (place, member) in members.iter().enumerate() {
            for parent in member.kin.parents.iter().flat_map(found) {
                parents[place].push(parent);
                children[parent].push(place);
            }
            for child in member.kin.children.iter().flat_map(found) {
                parents[child].push(place);
                children[place].push(child);
            }
        }
        let (ring_of, above) = rings(&parents, &children);
        let rings = members.iter().map(|member| member.name.clone()).zip(ring_of).collect();
        Self { rings, above }
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rings.keys().map(String::as_str)
    }

    /// The law and the policy of each project, given those that they name themselves: what a
    /// project does not name is that of the nearest above it that does.
    pub fn inherit(&self, own: &HashMap<String, Arc<Basis>>) -> HashMap<String, Arc<Basis>> {
        let mut of_rings = vec![Basis::default(); self.above.len()];
        for (name, ring) in &self.rings {
            if let Some(basis) = own.get(name) {
                of_rings[*ring].add_all(basis);
            }
        }
        for (ring, above) in self.above.iter().enumerate() {
            let mut inherited = Basis::default();
            for over in above {
                inherited.add_all(&of_rings[*over]);
            }
            of_rings[ring].fill(&inherited);
        }
        let basis = |(name, ring): (&String, &usize)| {
            let mut basis = own.get(name).map(|own| Basis::clone(own)).unwrap_or_default();
            basis.fill(&of_rings[*ring]);
            (name.clone(), Arc::new(basis))
        };
        self.rings.iter().map(basis).collect()
    }

    /// Returns all that are below one of these and are none of these.
    pub fn below(&self, these: &BTreeSet<String>) -> BTreeSet<String> {
        let mut is_below = vec![false; self.above.len()];
        for (name, ring) in &self.rings {
            is_below[*ring] |= these.contains(name);
        }
        for (ring, above) in self.above.iter().enumerate() {
            is_below[ring] |= above.iter().any(|over| is_below[*over]);
        }
        let below =
            self.rings.iter().filter(|(name, ring)| is_below[**ring] && !these.contains(*name));
        below.map(|(name, _)| name.clone()).collect()
    }

    /// Returns those of `counted` that are left out of a sum, and why: of each way from above
    /// downwards one is counted. It is the one above where it has as much as those below it
    /// together, whatever its sign; else what is counted below. Of a ring each is above the next by
    /// name. Looks at each project once.
    pub fn left_out<'a>(&self, counted: &BTreeMap<&'a str, Holding>) -> BTreeMap<&'a str, Reason> {
        let levels = self.levels(counted);
        let weighed = self.weigh(&levels);
        let mut left = BTreeMap::new();
        // The one that is counted of each ring, or above it.
        let mut nearest: Vec<Option<usize>> = Vec::with_capacity(self.above.len());
        for (above, ring) in self.above.iter().zip(&levels.of_rings) {
            let mut found = above.iter().find_map(|over| nearest[*over]);
            for one in ring.clone() {
                match found {
                    Some(over) => {
                        let has_room = weighed[over].has_room
                            && levels.all[over].own.covers(levels.all[one].own);
                        let why =
                            if has_room { Reason::CountedInParent } else { Reason::MoreThanParent };
                        left.insert(levels.all[one].name, why);
                    }
                    None if weighed[one].is_kept => found = Some(one),
                    None => _ = left.insert(levels.all[one].name, Reason::CountedBelow),
                }
            }
            nearest.push(found);
        }
        left
    }

    /// Puts `counted` in an order: none before one that is above it. Right above each is the
    /// nearest: of several the one that has most, of equals the first by name.
    fn levels<'a, 'b>(&self, counted: &'b BTreeMap<&'a str, Holding>) -> Levels<'a, 'b> {
        let mut of_ring: Vec<Vec<(&'a str, &'b Holding)>> = vec![vec![]; self.above.len()];
        for (name, own) in counted {
            if let Some(ring) = self.rings.get(*name) {
                of_ring[*ring].push((*name, own));
            }
        }
        let (mut all, mut of_rings) = (Vec::<Level<'_, '_>>::new(), Vec::new());
        let mut nearest: Vec<Option<usize>> = Vec::with_capacity(self.above.len());
        for (above, ring) in self.above.iter().zip(of_ring) {
            let found = above.iter().filter_map(|over| nearest[*over]);
            let most = |it: &usize| (all[*it].own.whole().magnitude(), Reverse(all[*it].name));
            let mut over = found.max_by_key(most);
            let start = all.len();
            for (name, own) in ring {
                all.push(Level { name, own, over });
                over = Some(all.len() - 1);
            }
            of_rings.push(start..all.len());
            nearest.push(over);
        }
        Levels { all, of_rings }
    }

    /// Weighs each level against what is counted below it, from below upwards. What has several
    /// above is added up in one of them; the others are weighed against it alone.
    fn weigh(&self, levels: &Levels<'_, '_>) -> Vec<Weighed> {
        let mut weighed = vec![Weighed { is_kept: true, has_room: true }; levels.all.len()];
        let mut below: Vec<Option<Holding>> = vec![None; levels.all.len()];
        let is_shared = self.shared();
        // The most that one which is shared, in or below each ring, counts.
        let mut most = vec![Total::default(); self.above.len()];
        for (ring, of_ring) in levels.of_rings.iter().enumerate().rev() {
            for one in of_ring.clone().rev() {
                let (level, sum) = (&levels.all[one], below[one].take());
                let whole = sum.as_ref().map_or(Total::default(), |sum| sum.whole().magnitude());
                let own = level.own.whole().magnitude();
                let is_kept = own >= whole.max(most[ring]);
                let has_room = sum.as_ref().is_none_or(|sum| level.own.covers(sum));
                weighed[one] = Weighed { is_kept, has_room };
                let Some(counts) = (if is_kept { Some(level.own) } else { sum.as_ref() }) else {
                    continue;
                };
                if is_shared[ring] {
                    most[ring] = most[ring].max(counts.whole().magnitude());
                }
                if let Some(over) = level.over {
                    below[over].get_or_insert_default().add_all(counts);
                }
            }
            for over in &self.above[ring] {
                most[*over] = most[*over].max(most[ring]);
            }
        }
        weighed
    }

    /// Returns which rings have several above, right above or further up.
    fn shared(&self) -> Vec<bool> {
        let mut is_shared: Vec<bool> = Vec::with_capacity(self.above.len());
        for above in &self.above {
            is_shared.push(above.len() > 1 || above.iter().any(|over| is_shared[*over]));
        }
        is_shared
    }
}

/// A project of which something is counted.
struct Level<'a, 'b> {
    name: &'a str,
    own: &'b Holding,
    /// The nearest above it.
    over: Option<usize>,
}

/// The projects of which something is counted, and which of them are of each ring.
struct Levels<'a, 'b> {
    all: Vec<Level<'a, 'b>>,
    of_rings: Vec<Range<usize>>,
}

/// How a project stands to what is counted below it.
#[derive(Clone, Copy, Debug)]
struct Weighed {
    /// It has as much.
    is_kept: bool,
    /// That can be a part of it, for each recipient and sector.
    has_room: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, parents: &[&str], children: &[&str]) -> Member {
        let texts = |all: &[&str]| all.iter().map(|&it| it.to_owned()).collect();
        let kin = Kin { parents: texts(parents), children: texts(children), former: vec![] };
        Member { name: name.to_owned(), identifier: Some(format!("XI-{name}")), kin }
    }

    fn euros(amount: i64) -> Holding {
        let mut holding = Holding::default();
        holding.add(vec![], vec![], Total::new(0, amount, 0), false);
        holding
    }

    /// That each of these has one euro.
    fn of_one<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, Holding> {
        names.into_iter().map(|name| (name, euros(1))).collect()
    }

    #[test]
    fn a_project_is_below_all_whom_it_or_they_name() {
        let families = Families::new(&[
            member("top", &[], &["XI-middle"]),
            member("middle", &[], &[]),
            member("low", &["middle", "unknown"], &["low"]),
        ]);
        let counted = |name: &'static str, all: &[&'static str]| {
            let all = all.iter().copied().chain([name]);
            families.left_out(&of_one(all)).contains_key(name)
        };

        assert!(counted("low", &["top"]) && counted("low", &["middle"]));
        assert!(counted("middle", &["top", "low"]));
        assert!(!counted("top", &["middle", "low", "top"]) && !counted("low", &["low"]));
    }

    #[test]
    fn of_a_ring_one_counts() {
        let families = Families::new(&[
            member("a", &["b"], &[]),
            member("b", &["a"], &[]),
            member("c", &["b"], &[]),
        ]);
        let below: Vec<_> = families.left_out(&of_one(["a", "b", "c"])).into_keys().collect();

        assert_eq!(below, ["b", "c"]);
    }

    #[test]
    fn a_ring_below_another_counts_nothing() {
        let families = Families::new(&[
            member("z", &["y"], &[]),
            member("y", &["z"], &[]),
            member("a", &["b"], &[]),
            member("b", &["a", "m"], &[]),
            member("m", &["z"], &[]),
        ]);

        let below = families.left_out(&of_one(["a", "b", "y", "z"]));

        assert_eq!(below.into_keys().collect::<Vec<_>>(), ["a", "b", "z"]);
    }

    /// Each of five hundred below each of five hundred, and those below as many again, none of
    /// which is counted.
    #[test]
    fn a_wide_family_is_looked_at_once() {
        let names = |of: &str| (0..500).map(|it| format!("{of}{it}")).collect::<Vec<_>>();
        let (low, middle, top) = (names("low"), names("middle"), names("top"));
        let over = |above: &[String]| Kin { parents: above.to_vec(), ..Kin::default() };
        let member = |name: &String, kin: Kin| Member { name: name.clone(), identifier: None, kin };
        let lowest = low.iter().map(|name| member(name, over(&middle)));
        let between = middle.iter().map(|name| member(name, over(&top)));
        let highest = top.iter().map(|name| member(name, Kin::default()));
        let all: Vec<Member> = lowest.chain(between).chain(highest).collect();
        let counted = of_one(low.iter().map(String::as_str));
        let start = std::time::Instant::now();

        let families = Families::new(&all);
        let none = families.left_out(&counted);
        let mut of_top = counted.clone();
        of_top.insert("top7", euros(500));

        assert!(none.is_empty());
        assert_eq!(families.left_out(&of_top).len(), 500);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    #[test]
    fn the_level_that_says_more_is_counted() {
        use Reason::{CountedBelow as Below, CountedInParent as Counted, MoreThanParent as More};
        let families = Families::new(&[
            member("top", &[], &[]),
            member("large", &[], &[]),
            member("between", &["top"], &[]),
            member("a", &["between"], &[]),
            member("b", &["between"], &[]),
            member("shared", &["top", "large"], &[]),
            member("low", &["a"], &[]),
        ]);
        for (amounts, wanted) in [
            (&[("top", 10), ("a", 6), ("b", 4)][..], &[("a", Counted), ("b", Counted)][..]),
            (&[("top", 10), ("a", 6), ("b", 5)], &[("top", Below)]),
            (&[("top", 10), ("a", 11), ("low", 11)], &[("low", Counted), ("top", Below)]),
            (&[("top", 10), ("a", 6), ("low", 7)], &[("a", Counted), ("low", Counted)]),
            (&[("top", 10), ("a", 6), ("low", 7), ("b", 4)], &[("a", Below), ("top", Below)]),
            (&[("top", 10), ("between", 10), ("a", 10)], &[("a", Counted), ("between", Counted)]),
            (&[("top", 1), ("large", 5), ("shared", 5)], &[("shared", Counted), ("top", Below)]),
            (&[("top", 1), ("large", 5), ("shared", 6)], &[("large", Below), ("top", Below)]),
            (&[("top", 9), ("large", 5), ("shared", 6)], &[("large", Below), ("shared", Counted)]),
            (&[("top", -10), ("a", -4)], &[("a", Counted)]),
            (&[("top", -10), ("a", 4)], &[("a", More)]),
            (&[("top", 10), ("a", -4)], &[("a", More)]),
            (&[("top", 3), ("a", -4)], &[("top", Below)]),
            (&[("top", 50), ("a", 100), ("b", -90)], &[("a", More), ("b", More)]),
            (&[("top", 5), ("large", 9), ("shared", 6)], &[("shared", Counted), ("top", Below)]),
        ] {
            let counted = amounts.iter().map(|(name, amount)| (*name, euros(*amount))).collect();
            let found: Vec<_> = families.left_out(&counted).into_iter().collect();
            assert_eq!(found, wanted, "{amounts:?}");
        }
    }
}
