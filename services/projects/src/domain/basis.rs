//! The agreements and acts that projects rest on, and the frameworks and priorities that they
//! serve: by these their money is told apart. What rests on several stays with all of them
//! together, for nobody says how to split it.

use std::collections::BTreeSet;

/// The kinds that are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is told apart or not")]
pub struct Told {
    /// Agreements, without their provisions.
    pub agreements: bool,
    /// Frameworks, without their priorities.
    pub frameworks: bool,
    /// Priorities of frameworks.
    pub priorities: bool,
    /// Acts.
    pub acts: bool,
}

/// The law and the policy of a project, as far as they are told apart, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Basis {
    /// The agreements it rests on, itself or by their provisions.
    pub agreements: BTreeSet<String>,
    /// The frameworks it serves, itself or by their priorities.
    pub frameworks: BTreeSet<String>,
    /// The priorities it serves.
    pub priorities: BTreeSet<String>,
    /// The acts it rests on.
    pub acts: BTreeSet<String>,
}

impl Told {
    /// Returns whether any is.
    pub fn any(self) -> bool {
        self != Self::default()
    }

    /// Returns what must be known for it: whether a project names a framework, where only its
    /// priorities are told apart.
    #[must_use]
    pub fn looked_up(self) -> Self {
        Self { frameworks: self.frameworks || self.priorities, ..self }
    }

    /// The fields of projects that name what is told apart.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        let fields = [
            (self.agreements, "agreements"),
            (self.frameworks || self.priorities, "frameworks"),
            (self.acts, "acts"),
        ];
        fields.into_iter().filter_map(|(is_told, field)| is_told.then_some(field))
    }
}

impl Basis {
    /// Adds what another names.
    pub fn add_all(&mut self, other: &Self) {
        for (mine, its) in self.each_with(other) {
            mine.extend(its.iter().cloned());
        }
    }

    /// Takes from another each that it names nothing of itself; priorities with their frameworks,
    /// so that there is no priority of a framework that is not there.
    pub fn fill(&mut self, other: &Self) {
        let has_policy = !(self.frameworks.is_empty() && self.priorities.is_empty());
        let [agreements, frameworks, priorities, acts] = self.each_with(other);
        let policy = [frameworks, priorities].into_iter().filter(|_| !has_policy);
        for (mine, its) in [agreements, acts].into_iter().chain(policy) {
            if mine.is_empty() {
                mine.clone_from(its);
            }
        }
    }

    fn each_with<'a>(
        &'a mut self,
        other: &'a Self,
    ) -> [(&'a mut BTreeSet<String>, &'a BTreeSet<String>); 4] {
        [
            (&mut self.agreements, &other.agreements),
            (&mut self.frameworks, &other.frameworks),
            (&mut self.priorities, &other.priorities),
            (&mut self.acts, &other.acts),
        ]
    }

    /// Keeps what is told apart.
    pub fn keep(&mut self, told: Told) {
        if !told.frameworks {
            self.frameworks.clear();
        }
    }

    /// Adds what a project names, as far as it is told apart.
    pub fn add(&mut self, name: &str, told: Told) {
        let Some((collection, id)) = name.split_once('/') else { return };
        let (whole, part) = id.split_once('/').map_or((id, None), |(id, part)| (id, Some(part)));
        let whole = format!("{collection}/{whole}");
        match collection {
            "agreements" if told.agreements => _ = self.agreements.insert(whole),
            "acts" if told.acts => _ = self.acts.insert(whole),
            "frameworks" => {
                if told.frameworks {
                    self.frameworks.insert(whole);
                }
                if told.priorities && part.is_some() {
                    self.priorities.insert(name.to_owned());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = [
        "agreements/epca/provisions/art-1",
        "frameworks/strategy/priorities/r2",
        "frameworks/gateway",
        "acts/dci-2014",
    ];

    fn basis(told: Told) -> Basis {
        let mut basis = Basis::default();
        for name in NAMES {
            basis.add(name, told);
        }
        basis
    }

    #[test]
    fn a_part_stands_for_its_whole_and_only_what_is_told_apart_is_kept() {
        let all = Told { agreements: true, frameworks: true, priorities: true, acts: true };
        let texts = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();

        assert_eq!(
            basis(all),
            Basis {
                agreements: texts(&["agreements/epca"]),
                frameworks: texts(&["frameworks/gateway", "frameworks/strategy"]),
                priorities: texts(&["frameworks/strategy/priorities/r2"]),
                acts: texts(&["acts/dci-2014"]),
            }
        );
        assert_eq!(basis(Told::default()), Basis::default());
        assert!(basis(Told { priorities: true, ..Told::default() }).frameworks.is_empty());
    }

    #[test]
    fn a_priority_is_not_taken_for_another_framework() {
        let both = Told { priorities: true, ..Told::default() }.looked_up();
        let named = |name: &str| {
            let mut basis = Basis::default();
            basis.add(name, both);
            basis
        };
        let (above, other) = (named(NAMES[1]), named(NAMES[2]));
        let (mut filled, mut empty) = (other.clone(), Basis::default());

        filled.fill(&above);
        empty.fill(&above);

        assert_eq!((filled, &empty), (other, &above));
        empty.keep(Told { priorities: true, ..Told::default() });
        assert!(empty.frameworks.is_empty() && !empty.priorities.is_empty());
    }

    #[test]
    fn frameworks_are_looked_up_once_for_both_their_ways() {
        let both = Told { frameworks: true, priorities: true, ..Told::default() };

        assert_eq!(both.fields().collect::<Vec<_>>(), ["frameworks"]);
        assert!(both.any() && !Told::default().any());
    }
}
