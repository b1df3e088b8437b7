//! The participants of a project, as kept in a column for sums.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::registan::projects::v1::Participant;
use api::registan::projects::v1::participant::Role;
use facts::source::key;
use serde::{Deserialize, Serialize};

/// A participant: the number of its role, its name where it is recorded, and its identifier or else
/// its name as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part(i32, String, String);

/// The participants of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(Vec<Part>);

/// The one name of each participant that is not recorded by name, by the key of its identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<String, Named>);

/// A name as it is recorded, or an identifier as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Recorded(String),
    Published(String),
}

impl Names {
    /// One spelling of each identifier: of several the first.
    pub fn published<'a>(all: impl Iterator<Item = &'a Roles>) -> Self {
        let mut spelled: BTreeMap<String, &str> = BTreeMap::new();
        for Part(.., published) in all.flat_map(|roles| &roles.0).filter(|part| part.1.is_empty()) {
            let Ok(key) = key(published) else { continue };
            spelled
                .entry(key)
                .and_modify(|it| *it = published.as_str().min(it))
                .or_insert(published);
        }
        let named = |(key, one): (String, &str)| (key, Named::Published(one.to_owned()));
        Self(spelled.into_iter().map(named).collect())
    }

    /// The keys of the identifiers.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &String> {
        self.0.keys()
    }

    /// The same with the names of the organizations that are recorded, by the keys of their
    /// identifiers.
    #[must_use]
    pub fn recorded(mut self, known: HashMap<String, String>) -> Self {
        self.0.extend(known.into_iter().map(|(key, name)| (key, Named::Recorded(name))));
        self
    }
}

/// The one text for these participants; empty where there are none.
pub fn label(participants: &[Participant]) -> String {
    if participants.is_empty() {
        return String::new();
    }
    let parts = participants.iter().map(|one| {
        let published = if one.r#ref.is_empty() { &one.display_name } else { &one.r#ref }.clone();
        Part(one.role, one.organization.clone(), published)
    });
    serde_json::to_string(&parts.collect::<Vec<_>>()).unwrap_or_default()
}

impl Roles {
    /// Reads what [`label`] wrote.
    pub fn from_label(label: &str) -> Result<Self, serde_json::Error> {
        if label.is_empty() { Ok(Self::default()) } else { serde_json::from_str(label).map(Self) }
    }

    fn of(&self, role: Option<Role>) -> impl Iterator<Item = &Part> {
        let wanted = role.map(i32::from);
        self.0.iter().filter(move |part| wanted.is_none_or(|role| part.0 == role))
    }

    /// Returns whether a participant known by these names and keys of identifiers takes part, in
    /// this role or any.
    pub fn has(&self, known: &BTreeSet<String>, role: Option<Role>) -> bool {
        let is_known = |published: &str| key(published).is_ok_and(|key| known.contains(&key));
        self.of(role).any(|part| known.contains(&part.1) || is_known(&part.2))
    }

    /// Gives each participant its one name.
    pub fn name(&mut self, names: &Names) {
        for Part(_, recorded, published) in &mut self.0 {
            let found = key(published).ok().and_then(|key| names.0.get(&key));
            match found.filter(|_| recorded.is_empty()) {
                Some(Named::Recorded(name)) => recorded.clone_from(name),
                Some(Named::Published(one)) => published.clone_from(one),
                None => {}
            }
        }
    }

    /// The one participant in this role, or any; empty where there is none, or several: nobody said
    /// how to split.
    pub fn only(&self, role: Option<Role>) -> &str {
        let names = self.of(role).map(|part| if part.1.is_empty() { &part.2 } else { &part.1 });
        let names: BTreeSet<&String> = names.collect();
        match names.first() {
            Some(name) if names.len() == 1 => name,
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_one_are_one() {
        let of = |references: &[&str]| {
            let all = references.iter().map(|it| participant(Role::Funding, "", it));
            Roles::from_label(&label(&all.collect::<Vec<_>>())).unwrap()
        };
        let mut all = [of(&["gb-chc-1"]), of(&["GB-CHC- 1", "GB-CHC-1"]), of(&["XI-2"])];
        let names = Names::published(all.iter());
        assert_eq!(names.keys().collect::<Vec<_>>(), ["gb chc 1", "xi 2"]);

        let known = [("xi 2".to_owned(), "organizations/two".to_owned())].into();
        let names = names.recorded(known);
        for roles in &mut all {
            roles.name(&names);
        }

        let only = all.each_ref().map(|roles| roles.only(None));
        assert_eq!(only, ["GB-CHC- 1", "GB-CHC- 1", "organizations/two"]);
    }

    fn participant(role: Role, organization: &str, reference: &str) -> Participant {
        Participant {
            role: role.into(),
            organization: organization.to_owned(),
            r#ref: reference.to_owned(),
            display_name: "Somebody".to_owned(),
            confidence: 0,
        }
    }

    #[test]
    fn one_alone_in_a_role_is_found_and_several_are_not_told_apart() {
        let all = [
            participant(Role::Funding, "organizations/eu", "XI-EU"),
            participant(Role::Implementing, "", "XM-1"),
            participant(Role::Implementing, "", ""),
        ];

        let roles = Roles::from_label(&label(&all)).unwrap();

        assert_eq!(roles.only(Some(Role::Funding)), "organizations/eu");
        assert_eq!((roles.only(Some(Role::Implementing)), roles.only(None)), ("", ""));
        let known = |name: &str| [name.to_owned()].into();
        assert!(roles.has(&known("organizations/eu"), None) && roles.has(&known("xi eu"), None));
        assert!(roles.has(&known("somebody"), Some(Role::Implementing)));
        assert!(!roles.has(&known("xm 1"), Some(Role::Funding)));
        assert_eq!(Roles::from_label(&label(&[])).unwrap(), Roles::default());
    }
}
