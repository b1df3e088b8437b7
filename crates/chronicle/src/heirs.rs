//! The desks of what lies within another resource: above PUBLIC, what names no desk of its own has
//! those of the other, and a new version when these change (docs/adr/0033).

use std::collections::HashMap;
use std::pin::Pin;

use policy::Desks;
use sea_orm::sea_query::{ExprTrait, Order};
use uuid::Uuid;

use crate::Chronicle;
use crate::call::Call;
use crate::columns::{hidden_literal, id, v};
use crate::entry::{Entry, within};
use crate::error::Error;
use crate::expected::Expected;
use crate::filter::At;
use crate::layers::Stored;
use crate::limited::Limited;
use crate::read::versions;
use crate::reader::Reader;
use crate::resource::Resource;

/// Resources that are read, and written, at a time.
const PAGE: u64 = 500;
/// How often a page is read again when another writer came first.
const MOST_TRIES: usize = 20;

/// Gives all children of one kind the desks that are theirs.
pub(crate) type Inherit =
    for<'a> fn(
        &'a Chronicle,
        &'a Call,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

impl Chronicle {
    /// Returns the versions that give the children of a parent its new desks, standing or deleted:
    /// of those above PUBLIC that name none of their own. Adds to `expected` that there are no
    /// others. Holds them all: what lies above PUBLIC within one parent is little.
    pub async fn heirs<T: Resource>(
        &self,
        parent: &str,
        desks: Desks,
        expected: &mut Expected,
    ) -> Result<Vec<Entry>, Error> {
        let Some((_, field)) = T::PARENT else { return Ok(Vec::new()) };
        expect_known(desks)?;
        // Not the head that is known here: another process may have written since.
        expected.no_new_heir::<T>(parent, self.head(&Reader::system()).await?);
        let query = versions::<T>(At::Now, &Reader::system())
            .and_where(v(field).eq(parent))
            .and_where(hidden_literal())
            .take();
        let rows = self.readers.query_all(&Limited(&query)).await?;
        let mut entries = Vec::new();
        for row in &rows {
            entries.extend(heir::<T>(&self.stored(row)?, desks)?);
        }
        Ok(entries)
    }
}

/// Refuses desks that this process does not know: heirs keep them by their names.
fn expect_known(desks: Desks) -> Result<(), Error> {
    let names = desks.names();
    if Desks::all_named(names.iter().map(String::as_str)) == Some(desks) {
        return Ok(());
    }
    Err(Error::Corrupt("the desks of the record are not those of this process".into()))
}

/// The version that gives a resource these desks of what it lies within, if it has others.
fn heir<T: Resource>(stored: &Stored<T>, desks: Desks) -> Result<Option<Entry>, Error> {
    let mut value = stored.value.clone();
    value.inherit(desks);
    (value != stored.value).then(|| Entry::rewrite(stored, &value)).transpose()
}

/// As [`Inherit`], of the children of type `T`. What has its desks already stays as it is, so it can
/// run again.
pub(crate) fn inherit<'a, T: Resource>(
    record: &'a Chronicle,
    call: &'a Call,
) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>> {
    Box::pin(async move {
        let (mut after, mut tries) = (Uuid::nil(), 0);
        while let Some((entries, last)) = page::<T>(record, after).await? {
            match record.record(call, entries).await {
                Ok(_) => (after, tries) = (last, 0),
                Err(Error::Busy) if tries < MOST_TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })
}

/// The versions that the next children after a uid need, and the last of these children; nothing
/// where there are no more.
async fn page<T: Resource>(
    record: &Chronicle,
    after: Uuid,
) -> Result<Option<(Vec<Entry>, Uuid)>, Error> {
    let query = versions::<T>(At::Now, &Reader::system())
        .and_where(hidden_literal())
        .and_where(v("uid").gt(after))
        .order_by((id("v"), id("uid")), Order::Asc)
        .limit(PAGE)
        .take();
    let rows = record.readers.query_all(&Limited(&query)).await?;
    let (mut entries, mut last) = (Vec::new(), None);
    let mut parents: HashMap<String, Desks> = HashMap::new();
    for row in &rows {
        let stored: Stored<T> = record.stored(row)?;
        last = Some(stored.uid);
        let Some((kind, parent)) = within(&stored.value) else { continue };
        if !parents.contains_key(&parent) {
            let found = record.access(kind, &parent).await?;
            let desks = found.map_or(Desks::NONE, |standing| standing.desks);
            expect_known(desks)?;
            parents.insert(parent.clone(), desks);
        }
        let desks = parents.get(&parent).copied().unwrap_or_default();
        entries.extend(heir(&stored, desks)?);
    }
    Ok(last.map(|last| (entries, last)))
}
