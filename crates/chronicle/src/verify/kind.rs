//! A kind of resource to check, and what its versions say of what lies beside them.

use sea_orm::QueryResult;
use uuid::Uuid;

use crate::derive;
use crate::error::Error;
use crate::layers::{Layered, Layers, Stored, Views};
use crate::resource::{Field, Resource};
use crate::sides::{SideKind, SideValue};
use crate::sums::Totals;
use crate::token::Keys;

/// The values of the other columns, derived from the document.
pub(super) struct Derived {
    pub(super) columns: Vec<(&'static str, sea_orm::Value)>,
    /// The values of each field with many, sorted.
    pub(super) sides: Vec<(&'static str, Vec<SideValue>)>,
}

/// One kind of resource to check.
pub struct Kind {
    pub(crate) name: &'static str,
    /// As [`Resource::PARENT`].
    pub(super) parent: Option<(&'static str, &'static str)>,
    pub(super) columns: Vec<&'static str>,
    /// The fields with a side table, each with the kind of it.
    pub(super) sides: Vec<(&'static str, SideKind)>,
    pub(super) derived: fn(&[u8]) -> Result<Derived, String>,
    pub(super) totals: Option<Totals>,
    /// True if more than the tier decides who notices a version.
    pub(super) layered: bool,
    pub(super) layers: fn(&Keys, &QueryResult) -> Result<Layers, Error>,
}

impl Kind {
    /// The resources `T`.
    pub fn of<T: Resource>() -> Self {
        let (sides, columns): (Vec<_>, Vec<_>) = T::fields().into_iter().partition(Field::many);
        let columns = columns.iter().map(|field| field.path);
        Self {
            name: T::KIND,
            parent: T::PARENT,
            columns: ["tier", "desks", "shown", "views"].into_iter().chain(columns).collect(),
            sides: sides.iter().map(|field| (field.path, field.sides())).collect(),
            derived: derived::<T>,
            totals: T::TOTALS,
            layered: T::LAYERED,
            layers: layers::<T>,
        }
    }
}

fn derived<T: Resource>(document: &[u8]) -> Result<Derived, String> {
    let value = T::from_document(document)?;
    let sides = T::fields().into_iter().filter(Field::many);
    Ok(Derived {
        columns: derive::columns(&value),
        sides: sides.map(|field| (field.path, field.values(&value))).collect(),
    })
}

/// Derives the layers of a version from it and the one before it.
fn layers<T: Resource>(keys: &Keys, row: &QueryResult) -> Result<Layers, Error> {
    let read = |column| {
        let document: Vec<u8> = row.try_get("", column)?;
        T::from_document(&document).map_err(Error::Corrupt)
    };
    let value = read("document")?;
    let Some(revision) = row.try_get::<Option<i64>>("", "before_revision")? else {
        return Ok(Layers::of(None, &value, false));
    };
    let (uid, salt): (Uuid, String) = (row.try_get("", "uid")?, row.try_get("", "before_salt")?);
    let deleted = row.try_get("", "before_deleted")?;
    let before = Stored {
        uid,
        revision,
        created: row.try_get("", "before_created")?,
        recorded: row.try_get("", "before_recorded_from")?,
        deleted,
        etag: keys.etag(uid, revision, &salt),
        layers: Layered::NONE,
        value: read("before_document")?,
    };
    let before = before.layered(Views::of(&row.try_get::<String>("", "before_views")?)?);
    Ok(Layers::of(Some(&before), &value, deleted != row.try_get::<bool>("", "deleted")?))
}
