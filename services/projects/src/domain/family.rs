//! Which projects are above which: what is counted in a parent is not counted again in its child.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use api::registan::projects::v1::ProjectRelation;
use api::registan::projects::v1::project_relation::Kind;
use serde::{Deserialize, Serialize};

use super::asked::Reason;
use super::holding::Holding;

/// The parents and children that a project names, as they are kept in a column for sums: by name
/// where recorded, else by identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kin {
    parents: Vec<String>,
    children: Vec<String>,
}

impl Kin {
    /// The parents and children among these relations.
    pub fn of(relations: &[ProjectRelation]) -> Self {
        let other = |relation: &ProjectRelation| {
            let ProjectRelation { project, iati_identifier, .. } = relation;
            if project.is_empty() { iati_identifier.clone() } else { project.clone() }
        };
        let named =
            |kind| relations.iter().filter(|relation| relation.kind() == kind).map(other).collect();
        Self { parents: named(Kind::Parent), children: named(Kind::Child) }
    }

    /// The text that is kept; empty where there is nobody.
    pub fn label(&self) -> String {
        if self.parents.is_empty() && self.children.is_empty() {
            return String::new();
        }
        serde_json::to_string(&(&self.parents, &self.children)).unwrap_or_default()
    }

    /// Reads what [`Kin::label`] wrote.
    pub fn from_label(label: &str) -> Result<Self, serde_json::Error> {
        if label.is_empty() {
            return Ok(Self::default());
        }
        let (parents, children) = serde_json::from_str(label)?;
        Ok(Self { parents, children })
    }
}

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
    /// Joins what parents say of their children and what children say of their parents.
    pub fn new(members: &[Member]) -> Self {
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            for key in [Some(&member.name), member.identifier.as_ref()].into_iter().flatten() {
                named.entry(key).or_default().push(place);
            }
        }
        let found = |key: &String| named.get(key.as_str()).into_iter().flatten().copied();
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

    /// Returns those of `counted` that others of it are above, and the reason for which they are
    /// left out of a sum: they are counted there, or those right below the one above have more than
    /// it has, or for others. Of a ring the first by name counts. Looks at each project once.
    pub fn counted_above<'a>(
        &self,
        counted: &BTreeMap<&'a str, Holding>,
    ) -> BTreeMap<&'a str, Reason> {
        let places = counted.keys().filter_map(|name| Some((*name, *self.rings.get(*name)?)));
        let mut first = vec![None; self.above.len()];
        for (name, ring) in places.clone() {
            first[ring].get_or_insert(name);
        }
        let nearest = self.nearest(&first, counted);
        // Above one of a ring is the first of it, and above that what is nearest.
        let parent =
            |name: &str, ring: usize| first[ring].filter(|it| *it != name).or(nearest[ring]);
        let mut below: BTreeMap<&'a str, Holding> = BTreeMap::new();
        for (name, ring) in places.clone() {
            if let Some(parent) = parent(name, ring) {
                below.entry(parent).or_default().add_all(&counted[name]);
            }
        }
        let why = |(parent, below): (&'a str, Holding)| {
            let is_there = counted[parent].covers(&below);
            (parent, if is_there { Reason::CountedInParent } else { Reason::MoreThanParent })
        };
        let reasons: BTreeMap<&str, Reason> = below.into_iter().map(why).collect();
        let reason = |(name, ring)| Some((name, *reasons.get(parent(name, ring)?)?));
        places.filter_map(reason).collect()
    }

    /// The nearest above each ring that counts: of several the one that has most, of equals the
    /// first by name.
    fn nearest<'a>(
        &self,
        first: &[Option<&'a str>],
        counted: &BTreeMap<&'a str, Holding>,
    ) -> Vec<Option<&'a str>> {
        let mut nearest: Vec<Option<&str>> = Vec::with_capacity(self.above.len());
        for above in &self.above {
            let all = above.iter().filter_map(|over| first[*over].or(nearest[*over]));
            let most =
                all.max_by_key(|name| (counted.get(name).map(Holding::whole), Reverse(*name)));
            nearest.push(most);
        }
        nearest
    }
}

/// The ring of each, and the rings right above each ring, which come before it. Each is looked at
/// twice (Kosaraju, Sharir): from above downwards for the order, and in that order upwards, where
/// what was not seen yet is of the same ring.
fn rings(parents: &[Vec<usize>], children: &[Vec<usize>]) -> (Vec<usize>, Vec<BTreeSet<usize>>) {
    let mut ring_of: Vec<Option<usize>> = vec![None; parents.len()];
    let mut above: Vec<BTreeSet<usize>> = Vec::new();
    for start in downwards(children) {
        if ring_of[start].is_some() {
            continue;
        }
        let (ring, mut over, mut open) = (above.len(), BTreeSet::new(), vec![start]);
        ring_of[start] = Some(ring);
        while let Some(next) = open.pop() {
            for &parent in &parents[next] {
                let known = *ring_of[parent].get_or_insert_with(|| {
                    open.push(parent);
                    ring
                });
                if known != ring {
                    over.insert(known);
                }
            }
        }
        above.push(over);
    }
    (ring_of.into_iter().flatten().collect(), above)
}

/// All, none before one that is above it and not in its ring.
fn downwards(children: &[Vec<usize>]) -> Vec<usize> {
    let (mut order, mut is_seen) = (Vec::new(), vec![false; children.len()]);
    // The last first; and whether all below it was seen.
    let mut open: Vec<(usize, bool)> = (0..children.len()).map(|one| (one, false)).collect();
    while let Some((one, is_done)) = open.pop() {
        if is_done {
            order.push(one);
        } else if !std::mem::replace(&mut is_seen[one], true) {
            open.push((one, true));
            open.extend(children[one].iter().map(|child| (*child, false)));
        }
    }
    order.reverse();
    order
}

#[cfg(test)]
mod tests {
    use facts::total::Total;

    use super::*;

    fn member(name: &str, parents: &[&str], children: &[&str]) -> Member {
        let texts = |all: &[&str]| all.iter().map(|&it| it.to_owned()).collect();
        let kin = Kin { parents: texts(parents), children: texts(children) };
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
            families.counted_above(&of_one(all)).contains_key(name)
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
        let below: Vec<_> = families.counted_above(&of_one(["a", "b", "c"])).into_keys().collect();

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

        let below = families.counted_above(&of_one(["a", "b", "y", "z"]));

        assert_eq!(below.into_keys().collect::<Vec<_>>(), ["a", "b", "z"]);
    }

    /// Each of five hundred below each of five hundred, and those below as many again, none of
    /// which is counted.
    #[test]
    fn a_wide_family_is_looked_at_once() {
        let names = |of: &str| (0..500).map(|it| format!("{of}{it}")).collect::<Vec<_>>();
        let (low, middle, top) = (names("low"), names("middle"), names("top"));
        let over = |above: &[String]| Kin { parents: above.to_vec(), children: Vec::new() };
        let member = |name: &String, kin: Kin| Member { name: name.clone(), identifier: None, kin };
        let lowest = low.iter().map(|name| member(name, over(&middle)));
        let between = middle.iter().map(|name| member(name, over(&top)));
        let highest = top.iter().map(|name| member(name, Kin::default()));
        let all: Vec<Member> = lowest.chain(between).chain(highest).collect();
        let counted = of_one(low.iter().map(String::as_str));
        let start = std::time::Instant::now();

        let families = Families::new(&all);
        let none = families.counted_above(&counted);
        let one = of_one(counted.keys().copied().chain(["top7"]));

        assert!(none.is_empty());
        assert_eq!(families.counted_above(&one).len(), 500);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    #[test]
    fn what_cannot_be_counted_in_the_one_above_is_told_apart() {
        use Reason::{CountedInParent as Counted, MoreThanParent as More};
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
            (&[("top", 10), ("a", 6), ("b", 5)], &[("a", More), ("b", More)]),
            (&[("top", 10), ("a", 11), ("low", 11)], &[("a", More), ("low", Counted)]),
            (&[("top", 10), ("between", 10), ("a", 10)], &[("a", Counted), ("between", Counted)]),
            (&[("top", 1), ("large", 5), ("shared", 5)], &[("shared", Counted)]),
            (&[("top", -10), ("a", -4)], &[("a", Counted)]),
            (&[("top", -10), ("a", 4)], &[("a", More)]),
            (&[("top", 10), ("a", -4)], &[("a", More)]),
        ] {
            let counted = amounts.iter().map(|(name, amount)| (*name, euros(*amount))).collect();
            let found: Vec<_> = families.counted_above(&counted).into_iter().collect();
            assert_eq!(found, wanted, "{amounts:?}");
        }
    }

    #[test]
    fn a_label_is_read_back_and_takes_no_room_where_there_is_nobody() {
        let kin = member("a", &["b"], &["c"]).kin;

        assert_eq!(Kin::from_label(&kin.label()).unwrap(), kin);
        assert_eq!(Kin::default().label(), "");
    }
}
