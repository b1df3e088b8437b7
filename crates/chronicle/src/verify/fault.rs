//! A version against what the log committed to, and what lies beside it against what it says.

use std::collections::BTreeMap;

use sea_orm::QueryResult;

use super::kind::Kind;
use crate::chain::{Committed, Link};
use crate::derive;
use crate::error::Error;
use crate::sides::SideValue;
use crate::token::Keys;

/// The values of each field with many, by the record time of the change.
pub(super) type Sides = BTreeMap<&'static str, BTreeMap<i64, Vec<SideValue>>>;

/// Returns the first fault of a version, if it has one.
pub(super) fn fault(
    kind: &Kind,
    link: &Link,
    row: &QueryResult,
    sides: &Sides,
    keys: &Keys,
) -> Result<Option<String>, Error> {
    let Some(document) = row.try_get::<Option<Vec<u8>>>("", "document")? else {
        return Ok(Some("it is in the log, but the version is gone".to_owned()));
    };
    let (salt, name): (String, String) = (row.try_get("", "salt")?, row.try_get("", "name")?);
    let deleted = row.try_get("", "deleted")?;
    let commitment = Committed {
        salt: &salt,
        kind: kind.name,
        uid: link.uid,
        revision: link.revision,
        name: &name,
        created: row.try_get("", "created")?,
        deleted,
        document: &document,
    }
    .commitment();
    if commitment != link.commitment {
        return Ok(Some("it does not say what the log committed to".to_owned()));
    }
    let from: i64 = row.try_get("", "recorded_from")?;
    if from != link.time || deleted != (link.operation == "delete") {
        return Ok(Some("the time or the deletion beside it is not that of the log".to_owned()));
    }
    let Ok(derived) = (kind.derived)(&document) else {
        return Ok(Some("its document cannot be read".to_owned()));
    };
    for (path, values) in derived.sides {
        let held = sides.get(path).and_then(|sides| sides.get(&link.time));
        if held.map_or(&[][..], Vec::as_slice) != values {
            return Ok(Some(format!("its values of {path} are not what its document says")));
        }
    }
    for (column, value) in derived.columns {
        if !derive::holds(row, column, &value)? {
            return Ok(Some(format!("its column {column} is not what its document says")));
        }
    }
    misleading(kind, row, keys)
}

/// Returns the first fault of the layers of a version, if they have one.
fn misleading(kind: &Kind, row: &QueryResult, keys: &Keys) -> Result<Option<String>, Error> {
    let follows = row.try_get::<Option<i64>>("", "before_revision")?.is_some();
    let unread = row.try_get::<Option<Vec<u8>>>("", "before_document")?.is_none();
    let (shown, views) = if follows && unread {
        // The same tier as before, and no field above it.
        (row.try_get("", "beside_tier")?, String::new())
    } else {
        let Ok(layers) = (kind.layers)(keys, row) else {
            return Ok(Some("the version before it cannot be read".to_owned()));
        };
        (layers.shown.level(), layers.views.text()?)
    };
    for (column, value) in [("shown", shown.into()), ("views", views.into())] {
        if !derive::holds(row, column, &value)? {
            return Ok(Some(format!(
                "its column {column} is not what it and the version before it say"
            )));
        }
    }
    Ok(None)
}
