//! The entries of a write: plain data, no type of any resource, so that several can share a
//! transaction.

use policy::Tier;
use sea_orm::Value;
use uuid::Uuid;

use crate::chain;
use crate::derive;
use crate::error::Error;
use crate::layers::{Layered, Layers, Stored, Views};
use crate::resource::Resource;
use crate::sides::SideValue;
use crate::sums::Totals;

/// Bytes that the uids of resources recorded together have in common. The others are as many as
/// make them unlike all others.
const ALIKE: usize = 6;

/// A line of the change log, ready to be written, with the version it stands for.
pub struct Entry {
    pub(crate) kind: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) uid: Uuid,
    pub(crate) revision: i64,
    /// The lowest tier that lets a reader notice it, whatever it lies within.
    pub(crate) seen: Tier,
    /// The sums that are kept of its kind.
    pub(crate) totals: Option<Totals>,
    /// Absent for a reading: that writes no version.
    pub(crate) version: Option<Version>,
}

/// A version ready to be written.
pub(crate) struct Version {
    pub name: String,
    pub tier: Tier,
    /// Kind and name of what it lies within.
    pub within: Option<(&'static str, String)>,
    pub created: Option<i64>,
    pub document: Vec<u8>,
    pub salt: String,
    /// The lowest tier whose readers see it as a version of its own.
    pub shown: Tier,
    pub views: Views,
    pub columns: Vec<(&'static str, Value)>,
    pub opened: Vec<(String, Vec<SideValue>)>,
    pub closed: Vec<(String, Vec<SideValue>)>,
}

impl Entry {
    /// The first version of a resource.
    pub fn create<T: Resource>(value: &T) -> Result<Self, Error> {
        Self::new(None, value, "create")
    }

    /// The next version of a resource that stands.
    pub fn update<T: Resource>(before: &Stored<T>, value: &T) -> Result<Self, Error> {
        Self::new(Some(before), value, "update")
    }

    /// The version that says a resource is deleted; it keeps the last value.
    pub fn delete<T: Resource>(before: &Stored<T>) -> Result<Self, Error> {
        Self::new(Some(before), &before.value, "delete")
    }

    /// The version that says a deleted resource stands again, with its last value.
    pub fn undelete<T: Resource>(before: &Stored<T>) -> Result<Self, Error> {
        Self::new(Some(before), &before.value, "undelete")
    }

    /// The version that says a deleted resource stands again, with another value.
    pub fn revive<T: Resource>(before: &Stored<T>, value: &T) -> Result<Self, Error> {
        Self::new(Some(before), value, "undelete")
    }

    /// The next version of a resource with another value, standing or deleted as it was.
    pub(crate) fn rewrite<T: Resource>(before: &Stored<T>, value: &T) -> Result<Self, Error> {
        Self::new(Some(before), value, if before.deleted { "delete" } else { "update" })
    }

    /// That a version was read.
    pub(crate) const fn reading<T: Resource>(uid: Uuid, revision: i64) -> Self {
        let (kind, seen, totals) = (T::KIND, Tier::Secret, T::TOTALS);
        Self { kind, operation: "read", uid, revision, seen, totals, version: None }
    }

    /// Returns the resource, whatever its version.
    pub const fn uid(&self) -> Uuid {
        self.uid
    }

    fn new<T: Resource>(
        before: Option<&Stored<T>>,
        value: &T,
        operation: &'static str,
    ) -> Result<Self, Error> {
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        for side in derive::changed_sides(before, value) {
            let (added, removed) = (side.opened, side.closed);
            opened.extend((!added.is_empty()).then(|| (side.table.clone(), added)));
            closed.extend((!removed.is_empty()).then_some((side.table, removed)));
        }
        let document = value.to_document().map_err(Error::Corrupt)?;
        let Layers { seen, shown, views } = Layers::of(before, value, operation != "update");
        Ok(Self {
            kind: T::KIND,
            operation,
            uid: before.map_or_else(Uuid::new_v4, |stored| stored.uid),
            revision: before.map_or(1, |stored| stored.revision + 1),
            seen,
            totals: T::TOTALS,
            version: Some(Version {
                name: value.name().to_owned(),
                tier: value.tier(),
                within: within(value),
                created: before.map(Stored::first_recorded),
                document,
                salt: chain::salt()?,
                shown,
                views,
                columns: derive::columns(value),
                opened,
                closed,
            }),
        })
    }

    /// Kind and name of what the resource lies within.
    pub(crate) fn within(&self) -> Option<(&'static str, &str)> {
        let (kind, name) = self.version.as_ref()?.within.as_ref()?;
        Some((*kind, name.as_str()))
    }

    /// Kind and name of what must not be deleted for the entry: what a new or undeleted resource lies
    /// within.
    pub(crate) fn needs(&self) -> Option<(&'static str, &str)> {
        self.within().filter(|_| matches!(self.operation, "create" | "undelete"))
    }

    /// The version this entry makes, as a reader would find it.
    pub(crate) fn stored<T>(&self, time: i64, etag: String, value: T) -> Stored<T> {
        Stored {
            uid: self.uid,
            revision: self.revision,
            created: self.version.as_ref().and_then(|version| version.created).unwrap_or(time),
            recorded: time,
            deleted: self.operation == "delete",
            etag,
            layers: Layered::NONE,
            value,
        }
    }
}

/// Gives the resources that entries record for the first time uids that begin alike, so that an
/// index takes them in at one place. In no order, each would go to a page of its own, and a large
/// record write its indexes anew with each batch.
pub(crate) fn gather(entries: &mut [Entry]) {
    let common = Uuid::new_v4().into_bytes();
    let is_new = |entry: &&mut Entry| entry.revision == 1 && entry.version.is_some();
    for entry in entries.iter_mut().filter(is_new) {
        let mut bytes = entry.uid.into_bytes();
        bytes[..ALIKE].copy_from_slice(&common[..ALIKE]);
        entry.uid = Uuid::from_bytes(bytes);
    }
}

/// Kind and name of what a resource lies within.
pub(crate) fn within<T: Resource>(value: &T) -> Option<(&'static str, String)> {
    let (kind, path) = T::PARENT?;
    match T::fields().iter().find(|field| field.path == path)?.value(value) {
        Some(Value::String(Some(name))) => Some((kind, name)),
        _ => None,
    }
}
