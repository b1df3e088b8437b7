//! The lineage of an agreement or act: the rules of a walk along relations, one level at a time,
//! without I/O.
//!
//! What is asked for is followed both ways: to what it refers to, and to what refers to it. From
//! above the walk goes on upwards, and to the parts of what lies there; from below it goes on
//! downwards.

use std::collections::BTreeMap;

use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::relation::Kind as RelationKind;
use chronicle::edges::{Step, with_relation};
use prost::Message;
use standard::described::AGREEMENTS_V1_RELATION_KIND as RELATIONS;

use super::act::milestones;
use super::milestone::Milestone;

/// The relations of a part to its whole.
const OF_PARTS: [RelationKind; 7] = [
    RelationKind::Amends,
    RelationKind::ProtocolTo,
    RelationKind::InterimFor,
    RelationKind::Supplements,
    RelationKind::Signs,
    RelationKind::Concludes,
    RelationKind::Suspends,
];

/// The kind of an agreement or act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of an agreement.
    Agreement(i32),
    /// Of an act.
    Act(i32),
}

/// An agreement or act, as far as a lineage needs it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: Kind,
    /// Its events, from which its status follows.
    pub milestones: Vec<Milestone>,
    /// Its relations to others.
    pub relations: Vec<wire::ActRelation>,
    /// True where it is not certain that it was known by the day that is asked for.
    pub perhaps_known: bool,
}

impl From<&wire::Agreement> for Node {
    fn from(agreement: &wire::Agreement) -> Self {
        let relation = |it: &wire::Relation| wire::ActRelation {
            kind: it.kind,
            resource: it.agreement.clone(),
            since: it.since.clone(),
            until: it.until.clone(),
            note: it.note.clone(),
            source: it.source.clone(),
            confidence: it.confidence,
        };
        Self {
            name: agreement.name.clone(),
            title: agreement.title.clone(),
            kind: Kind::Agreement(agreement.kind),
            milestones: Milestone::all(&agreement.milestones),
            relations: agreement.relations.iter().map(relation).collect(),
            perhaps_known: agreement.perhaps_known,
        }
    }
}

impl From<&wire::Act> for Node {
    fn from(act: &wire::Act) -> Self {
        Self {
            name: act.name.clone(),
            title: act.title.clone(),
            kind: Kind::Act(act.kind),
            milestones: milestones(act),
            relations: act.relations.clone(),
            perhaps_known: false,
        }
    }
}

impl Node {
    /// Returns the bytes that it adds to an answer, about.
    pub fn bytes(&self) -> usize {
        let relations = self.relations.iter().map(Message::encoded_len).sum::<usize>();
        self.name.len() + self.title.len() + relations
    }

    /// The names of the resources it refers to, each with the relation.
    fn refers(&self) -> impl Iterator<Item = (&str, RelationKind)> {
        let others = self.relations.iter().map(|it| (whole(&it.resource), it.kind()));
        others.filter(|(other, _)| *other != self.name)
    }
}

/// Returns the name of the resource that a name is of, or of a part of: two segments.
pub fn whole(name: &str) -> &str {
    name.match_indices('/').nth(1).map_or(name, |(place, _)| &name[..place])
}

fn is_of_part(kind: RelationKind) -> bool {
    OF_PARTS.contains(&kind)
}

/// The ways on which a walk reached a node, which say where it goes on from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ways {
    /// All it refers to is followed.
    up: bool,
    /// All that refers to it is followed.
    down: bool,
    /// Its parts are followed.
    parts: bool,
}

impl Ways {
    const BOTH: Self = Self { up: true, down: true, parts: false };

    const fn and(self, other: Self) -> Self {
        Self {
            up: self.up || other.up,
            down: self.down || other.down,
            parts: self.parts || other.parts,
        }
    }

    const fn without(self, other: Self) -> Self {
        Self {
            up: self.up && !other.up,
            down: self.down && !other.down,
            parts: self.parts && !other.parts,
        }
    }

    /// The ways to what a node refers to. The whole of a part that is followed both ways is
    /// followed so, too.
    fn above(self, kind: RelationKind) -> Self {
        Self { up: self.up, down: self.up && self.down && is_of_part(kind), parts: false }
    }

    /// The ways to what refers to a node.
    fn below(self, kind: RelationKind) -> Self {
        let parts = (self.up || self.parts) && !self.down && is_of_part(kind);
        Self { up: false, down: self.down, parts }
    }
}

/// A node that was reached.
#[derive(Debug)]
pub struct Reached {
    /// The node.
    pub node: Node,
    /// The level on which it was reached first.
    pub level: i32,
    /// True if more follows from it than was reached.
    pub more: bool,
    ways: Ways,
}

/// A walk: what it reached, and what of that the next step begins from.
#[derive(Debug)]
pub struct Walk {
    /// The nodes that it reached, by name.
    pub reached: BTreeMap<String, Reached>,
    front: BTreeMap<String, Ways>,
    level: i32,
}

impl Walk {
    /// Begins with what is asked for.
    pub fn from(node: Node) -> Self {
        let mut walk = Self { reached: BTreeMap::new(), front: BTreeMap::new(), level: 0 };
        walk.reach(node.name.clone(), Ways::BOTH, Some(node));
        walk
    }

    /// The next step: what to look for. Empty at the end of the walk.
    pub fn step(&self) -> Step {
        let mut step = Step::default();
        for (name, ways, at) in self.front() {
            if ways.up {
                let others = at.node.refers().map(|(other, _)| other);
                let unknown = others.filter(|other| !self.reached.contains_key(*other));
                step.names.extend(unknown.map(ToOwned::to_owned));
            }
            if ways.down {
                step.targets.insert(name.clone());
            } else {
                let words = OF_PARTS.iter().filter_map(|kind| RELATIONS.word((*kind).into()));
                step.targets.extend(words.map(|word| with_relation(name, word)));
            }
        }
        step
    }

    /// Goes the step to what was found.
    pub fn go(&mut self, found: Vec<Node>) {
        self.level += 1;
        let next = self.next(&found);
        let mut found: BTreeMap<String, Node> =
            found.into_iter().map(|node| (node.name.clone(), node)).collect();
        self.front.clear();
        for (_, name, ways) in next {
            let node = found.remove(&name);
            self.reach(name, ways, node);
        }
    }

    /// Ends the walk at what was found: marks from where it would go on to what was not reached.
    pub fn stop(&mut self, found: &[Node]) {
        let next = self.next(found).into_iter();
        let beyond: Vec<String> = next
            .filter(|(_, name, _)| !self.reached.contains_key(name))
            .map(|(from, ..)| from)
            .collect();
        for name in beyond {
            if let Some(last) = self.reached.get_mut(&name) {
                last.more = true;
            }
        }
    }

    fn front(&self) -> impl Iterator<Item = (&String, Ways, &Reached)> {
        self.front.iter().filter_map(|(name, ways)| Some((name, *ways, self.reached.get(name)?)))
    }

    /// Where the step leads: from where, to which name, on which ways. What was not found is hidden
    /// or missing.
    fn next(&self, found: &[Node]) -> Vec<(String, String, Ways)> {
        let mut next = Vec::new();
        let known = |name: &str| {
            self.reached.contains_key(name) || found.iter().any(|node| node.name == name)
        };
        for (name, ways, at) in self.front().filter(|(_, ways, _)| ways.up) {
            for (other, kind) in at.node.refers().filter(|(other, _)| known(other)) {
                next.push((name.clone(), other.to_owned(), ways.above(kind)));
            }
        }
        for node in found {
            for (other, kind) in node.refers() {
                let Some(ways) = self.front.get(other) else { continue };
                next.push((other.to_owned(), node.name.clone(), ways.below(kind)));
            }
        }
        next.retain(|(_, _, ways)| *ways != Ways::default());
        next
    }

    fn reach(&mut self, name: String, ways: Ways, node: Option<Node>) {
        if let Some(node) = node.filter(|_| !self.reached.contains_key(&name)) {
            let reached = Reached { node, level: self.level, more: false, ways: Ways::default() };
            self.reached.insert(name.clone(), reached);
        }
        let Some(reached) = self.reached.get_mut(&name) else { return };
        let new = ways.without(reached.ways);
        reached.ways = reached.ways.and(ways);
        if new != Ways::default() {
            let front = self.front.entry(name).or_default();
            *front = front.and(new);
        }
    }

    /// The relations between what was reached, each with the name of the one that refers.
    pub fn edges(&self) -> impl Iterator<Item = (&str, &wire::ActRelation)> {
        let all = self.reached.values().flat_map(|one| {
            one.node.relations.iter().map(|relation| (one.node.name.as_str(), relation))
        });
        all.filter(|(_, relation)| self.reached.contains_key(whole(&relation.resource)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph: who refers to whom, and how.
    type Graph = [(&'static str, RelationKind, &'static str)];

    fn node(graph: &Graph, name: &str) -> Node {
        let relation = |other: &str, kind: RelationKind| wire::ActRelation {
            kind: kind.into(),
            resource: format!("acts/{other}"),
            ..wire::ActRelation::default()
        };
        let own = graph.iter().filter(|(from, ..)| *from == name);
        Node::from(&wire::Act {
            name: format!("acts/{name}"),
            relations: own.map(|(_, kind, to)| relation(to, *kind)).collect(),
            ..wire::Act::default()
        })
    }

    /// The nodes that a record would find for a step.
    fn look(graph: &Graph, step: &Step) -> Vec<Node> {
        let names = graph.iter().flat_map(|(from, _, to)| [*from, *to]);
        let all: std::collections::BTreeSet<&str> = names.collect();
        let is_found = |node: &Node| {
            let target = |(other, kind): (&str, RelationKind)| {
                let word = RELATIONS.word(kind.into()).unwrap_or_default();
                step.targets.contains(other) || step.targets.contains(&with_relation(other, word))
            };
            step.names.contains(&node.name) || node.refers().any(target)
        };
        all.into_iter().map(|name| node(graph, name)).filter(is_found).collect()
    }

    /// The names that a walk reaches, with the level of each.
    fn walked(graph: &Graph, from: &str) -> Vec<(String, i32)> {
        let mut walk = Walk::from(node(graph, from));
        for _ in 0..100 {
            let step = walk.step();
            if step.is_empty() {
                break;
            }
            walk.go(look(graph, &step));
        }
        assert!(walk.step().is_empty(), "the walk ends");
        let short = |name: &str| name.trim_start_matches("acts/").to_owned();
        walk.reached.iter().map(|(name, it)| (short(name), it.level)).collect()
    }

    fn names(graph: &Graph, from: &str) -> String {
        let all = walked(graph, from).into_iter();
        all.map(|(name, level)| format!("{name}{level}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn branches_of_what_lies_above_are_left_out_but_its_parts_are_not() {
        use RelationKind::{BasedOn, InterimFor, ProtocolTo, Replaces};
        let graph = [
            ("new", Replaces, "old"),
            ("interim", InterimFor, "old"),
            ("protocol", ProtocolTo, "old"),
            ("second", ProtocolTo, "protocol"),
            ("old", Replaces, "first"),
            ("other", Replaces, "first"),
            ("programme", BasedOn, "new"),
            ("programme", BasedOn, "instrument"),
        ];

        assert_eq!(names(&graph, "new"), "first2 interim2 new0 old1 programme1 protocol2 second3");
        assert_eq!(
            names(&graph, "first"),
            "first0 interim2 new2 old1 other1 programme3 protocol2 second3"
        );
        assert_eq!(
            names(&graph, "programme"),
            "first3 instrument1 interim3 new1 old2 programme0 protocol3 second4"
        );
        // Asked of a part, the whole is followed both ways.
        assert_eq!(
            names(&graph, "interim"),
            "first2 interim0 new2 old1 programme3 protocol2 second3"
        );
    }

    #[test]
    fn a_circle_is_walked_once() {
        use RelationKind::{Amends, Replaces};
        let graph =
            [("a", Replaces, "b"), ("b", Replaces, "c"), ("c", Replaces, "a"), ("a", Amends, "a")];

        assert_eq!(names(&graph, "a"), "a0 b1 c1");
    }

    #[test]
    fn the_last_level_says_where_more_follows() {
        use RelationKind::BasedOn;
        let graph = [("c", BasedOn, "b"), ("b", BasedOn, "a"), ("d", BasedOn, "a")];
        let mut walk = Walk::from(node(&graph, "a"));
        let step = walk.step();
        walk.go(look(&graph, &step));
        let step = walk.step();
        walk.stop(&look(&graph, &step));

        let more: Vec<&str> =
            walk.reached.values().filter(|it| it.more).map(|it| it.node.name.as_str()).collect();
        assert_eq!(more, ["acts/b"]);
    }
}
