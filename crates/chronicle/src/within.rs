//! The parents of entries: children of something hidden are hidden, too, and nothing is created or
//! undeleted within something deleted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use policy::Tier;
use sea_orm::ConnectionTrait;

use crate::among::among;
use crate::columns::id;
use crate::entry::Entry;
use crate::error::Error;
use crate::job::Job;

/// Names looked up at a time.
const NAMES: usize = 500;

/// A current parent; one that is not there hides nothing.
#[derive(Debug)]
struct Parent {
    tier: Tier,
    deleted: bool,
}

/// Resources that the entries of a transaction lie within, by kind and name, as they are before the
/// next entry.
#[derive(Debug, Default)]
pub(crate) struct Parents(HashMap<(&'static str, String), Parent>);

impl Parents {
    /// As they stand before the first entry: one query for each kind that resources lie within,
    /// none for most transactions. `changes` is how many the record has.
    pub async fn before(
        db: &impl ConnectionTrait,
        jobs: &[Job],
        changes: i64,
    ) -> Result<Self, Error> {
        let mut wanted: BTreeMap<&'static str, BTreeSet<&str>> = BTreeMap::new();
        let mut made: BTreeSet<(&'static str, &str)> = BTreeSet::new();
        for entry in jobs.iter().flat_map(|job| &job.entries) {
            if let Some(version) = entry.version.as_ref().filter(|_| entry.revision == 1) {
                made.insert((entry.kind, &version.name));
            }
            if let Some((kind, name)) = entry.within() {
                wanted.entry(kind).or_default().insert(name);
            }
        }
        let mut parents = HashMap::new();
        for (kind, names) in wanted {
            let names: Vec<&str> = names.into_iter().collect();
            let new = || Parent { tier: Tier::Public, deleted: false };
            parents.extend(names.iter().map(|name| ((kind, (*name).to_owned()), new())));
            // What the transaction makes itself was not there before.
            let known = |name: &&str| !made.contains(&(kind, *name));
            let names: Vec<&str> = names.into_iter().filter(known).collect();
            for names in names.chunks(NAMES) {
                let names = names.iter().map(|name| (*name).to_owned()).collect();
                let mut query = among(db.get_database_backend(), changes, kind, "name", names);
                let columns = ["name", "tier", "deleted"];
                query.columns(columns.map(|column| (id("v"), id(column))));
                for row in db.query_all(&query).await? {
                    let tier = Tier::from_level(row.try_get("", "tier")?);
                    let parent = Parent { tier, deleted: row.try_get("", "deleted")? };
                    parents.insert((kind, row.try_get("", "name")?), parent);
                }
            }
        }
        Ok(Self(parents))
    }

    /// Returns whether a job creates and undeletes nothing within what is deleted, unless it
    /// undeletes that, too.
    pub fn allow(&self, job: &Job) -> bool {
        job.entries.iter().filter_map(Entry::needs).all(|(kind, name)| {
            let parent = self.0.get(&(kind, name.to_owned()));
            let revives = |entry: &Entry| {
                let is_parent = entry.version.as_ref().is_some_and(|it| it.name == name);
                is_parent && entry.kind == kind && entry.operation == "undelete"
            };
            parent.is_none_or(|parent| !parent.deleted) || job.entries.iter().any(revives)
        })
    }

    /// The lowest tier that lets a reader notice an entry; what it makes of its own resource counts
    /// for the entries after it.
    pub fn seen(&mut self, entry: &Entry) -> Tier {
        if let Some(version) = &entry.version
            && let Some(parent) = self.0.get_mut(&(entry.kind, version.name.clone()))
        {
            parent.tier = version.tier;
        }
        let within = entry.within().and_then(|(kind, name)| self.0.get(&(kind, name.to_owned())));
        within.map_or(Tier::Public, |parent| parent.tier).max(entry.seen)
    }
}
