//! Which projects are above which: what is counted in a parent is not counted again in its child.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::project::{Relation, RelationKind};

/// The parents and children that a project names, as they are kept in a column for sums: by name where recorded, else by
/// identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kin {
    parents: Vec<String>,
    children: Vec<String>,
}

impl Kin {
    /// The parents and children among these relations.
    pub fn of(relations: &[Relation]) -> Self {
        let named = |kind| {
            let others = relations.iter().filter(move |relation| relation.kind == kind);
            others.map(Relation::other).map(ToOwned::to_owned).collect()
        };
        Self { parents: named(RelationKind::Parent), children: named(RelationKind::Child) }
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

/// The parents of each project, by name.
#[derive(Clone, Debug, Default)]
pub struct Families {
    parents: BTreeMap<String, BTreeSet<String>>,
}

impl Families {
    /// Joins what parents say of their children and what children say of their parents.
    pub fn new(members: &[Member]) -> Self {
        let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for member in members {
            for key in [Some(member.name.as_str()), member.identifier.as_deref()] {
                named.entry(key.unwrap_or_default()).or_default().push(&member.name);
            }
        }
        let found = |key: &String| named.get(key.as_str()).into_iter().flatten().copied();
        let mut families = Self::default();
        for member in members {
            for parent in member.kin.parents.iter().flat_map(found) {
                families.add(parent, &member.name);
            }
            for child in member.kin.children.iter().flat_map(found) {
                families.add(&member.name, child);
            }
        }
        families
    }

    fn add(&mut self, parent: &str, child: &str) {
        if parent != child {
            self.parents.entry(child.to_owned()).or_default().insert(parent.to_owned());
        }
    }

    /// All that are above a project, itself not among them.
    fn above<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let (mut found, mut open) = (BTreeSet::new(), vec![name]);
        while let Some(next) = open.pop() {
            for parent in self.parents.get(next).into_iter().flatten() {
                if parent != name && found.insert(parent.as_str()) {
                    open.push(parent);
                }
            }
        }
        found
    }

    /// Whether one of `counted` is above a project. Of a ring in which each is above the others the first by name counts.
    pub fn is_counted_above(&self, name: &str, counted: &BTreeSet<&str>) -> bool {
        let above = self.above(name);
        let in_ring = |other: &str| self.above(other).contains(name);
        above.into_iter().any(|other| counted.contains(other) && (other < name || !in_ring(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, parents: &[&str], children: &[&str]) -> Member {
        let texts = |all: &[&str]| all.iter().map(|&it| it.to_owned()).collect();
        let kin = Kin { parents: texts(parents), children: texts(children) };
        Member { name: name.to_owned(), identifier: Some(format!("XI-{name}")), kin }
    }

    #[test]
    fn a_project_is_below_all_whom_it_or_they_name() {
        let families = Families::new(&[
            member("top", &[], &["XI-middle"]),
            member("middle", &[], &[]),
            member("low", &["middle", "unknown"], &["low"]),
        ]);
        let counted = |name: &str, all: &[&'static str]| {
            families.is_counted_above(name, &all.iter().copied().collect())
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
        let all = ["a", "b", "c"].into();

        let below: Vec<_> =
            ["a", "b", "c"].into_iter().filter(|it| families.is_counted_above(it, &all)).collect();

        assert_eq!(below, ["b", "c"]);
    }

    #[test]
    fn a_label_is_read_back_and_takes_no_room_where_there_is_nobody() {
        let kin = member("a", &["b"], &["c"]).kin;

        assert_eq!(Kin::from_label(&kin.label()).unwrap(), kin);
        assert_eq!(Kin::default().label(), "");
    }
}
