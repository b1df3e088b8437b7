//! Rows of versions, as far as an answer has room for them: a large document is read only when it
//! is known to be wanted, so that a page of a thousand never holds more of them than it may.

use std::collections::HashMap;

use sea_orm::QueryResult;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::Chronicle;
use crate::about::{self, About};
use crate::columns::{KEY, id, v};
use crate::error::Error;
use crate::held::Held;
use crate::lane::Lane;
use crate::layers::{Layered, Stored, Views};
use crate::resource::Resource;
use crate::token::Keys;

/// The documents of an answer come to no more bytes than this, but for a single one that does: well
/// below the 4 MiB that a client accepts by default.
const MOST_BYTES: usize = 3 << 20;
/// The same of what a stream reads at a time: it sends one resource after the other, and has all of
/// them in memory meanwhile.
const MOST_OF_STREAM: usize = 1 << 20;
/// A document of at most so many bytes is read with its row.
const SMALL: u32 = 16 << 10;

/// Selects the versions `v`, each with its document where that is small. Neither engine reads a
/// large one to tell its size.
pub(crate) fn select(query: &mut SelectStatement) -> &mut SelectStatement {
    let bytes = SimpleExpr::from(Func::cust(id("octet_length")).arg(v("document")));
    let document = Expr::case(bytes.lte(SMALL), v("document"));
    about::select(query.columns(KEY.map(|column| (id("v"), id(column)))), v)
        .expr_as(document, id("document"))
}

/// Returns the size of the document of a row of [`select`].
pub(crate) fn bytes(row: &QueryResult) -> Result<usize, Error> {
    Ok(About::read(row)?.bytes)
}

/// The rows that hold a version: the head comes with one that does not, where there is none.
pub(crate) fn with_version(rows: &[QueryResult]) -> Result<Vec<&QueryResult>, Error> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        if row.try_get::<Option<i64>>("", "revision")?.is_some() {
            found.push(row);
        }
    }
    Ok(found)
}

/// How many bytes of documents an answer still has room for.
pub(crate) struct Room {
    left: usize,
    most: usize,
}

impl Room {
    /// Of an answer that holds nothing yet.
    pub const fn of(lane: Lane) -> Self {
        let most = if matches!(lane, Lane::Stream) { MOST_OF_STREAM } else { MOST_BYTES };
        Self { left: most, most }
    }

    /// Takes the document of a row in; false where there is no room for it. The first always finds
    /// room.
    pub fn take(&mut self, row: &QueryResult) -> Result<bool, Error> {
        Ok(self.take_bytes(bytes(row)?))
    }

    const fn take_bytes(&mut self, bytes: usize) -> bool {
        if bytes > self.left && self.left < self.most {
            return false;
        }
        self.left = self.left.saturating_sub(bytes);
        true
    }
}

impl Chronicle {
    /// The versions in the first of some rows of [`select`], as many as an answer has room for, but
    /// `least` where there are so many.
    pub(crate) async fn load_fitting<V: Held>(
        &self,
        lane: Lane,
        rows: &[&QueryResult],
        least: usize,
    ) -> Result<Vec<Stored<V>>, Error> {
        let (mut room, mut fits) = (Room::of(lane), true);
        let mut fitting = Vec::with_capacity(rows.len());
        for row in rows.iter().copied() {
            let about = About::read(row)?;
            fits = fits && room.take_bytes(about.bytes);
            if !fits && fitting.len() >= least {
                break;
            }
            fitting.push((row, about));
        }
        self.load_of(lane, fitting).await
    }

    /// The versions in rows of [`select`]. One query for the documents that are not small, if there
    /// are any: a version never changes, so whenever it is read it is the one of the row.
    pub(crate) async fn load<V: Held>(
        &self,
        lane: Lane,
        rows: &[&QueryResult],
    ) -> Result<Vec<Stored<V>>, Error> {
        let rows = rows.iter().map(|row| Ok((*row, About::read(row)?)));
        self.load_of(lane, rows.collect::<Result<_, Error>>()?).await
    }

    async fn load_of<V: Held>(
        &self,
        lane: Lane,
        rows: Vec<(&QueryResult, About)>,
    ) -> Result<Vec<Stored<V>>, Error> {
        let key = |row: &QueryResult| -> Result<(Uuid, i64), Error> {
            Ok((row.try_get("", "uid")?, row.try_get("", "revision")?))
        };
        let mut large = Vec::new();
        for (row, about) in &rows {
            if about.bytes > SMALL as usize {
                large.push(key(row)?);
            }
        }
        let mut read = self.documents(lane, V::Of::KIND, &large).await?;
        let mut found = Vec::with_capacity(rows.len());
        for (row, about) in rows {
            let document = match row.try_get::<Option<Vec<u8>>>("", "document")? {
                Some(small) => Some(small),
                None => read.remove(&key(row)?),
            };
            let gone = || Error::Corrupt(format!("a document of {} is gone", V::Of::KIND));
            found.push(self.stored_with(row, &about, document.ok_or_else(gone)?)?);
        }
        Ok(found)
    }

    /// The documents of these versions.
    async fn documents(
        &self,
        lane: Lane,
        kind: &str,
        versions: &[(Uuid, i64)],
    ) -> Result<HashMap<(Uuid, i64), Vec<u8>>, Error> {
        let Some(last) = versions.last() else { return Ok(HashMap::new()) };
        // Few numbers of them, so that the prepared statement is found again.
        let repeated = versions.len().next_power_of_two() - versions.len();
        let mut any = Condition::any();
        for (uid, revision) in versions.iter().chain(std::iter::repeat_n(last, repeated)) {
            let revision = Expr::col(id("revision")).eq(*revision);
            any = any.add(Expr::col(id("uid")).eq(*uid).and(revision));
        }
        let query = Query::select()
            .columns(["uid", "revision", "document"].map(id))
            .from(id(kind))
            .cond_where(any)
            .to_owned();
        let mut found = HashMap::with_capacity(versions.len());
        for row in self.ask(lane, &query).await? {
            let key = (row.try_get("", "uid")?, row.try_get("", "revision")?);
            found.insert(key, row.try_get("", "document")?);
        }
        Ok(found)
    }
}

/// The version in a row, with its document.
pub(crate) fn stored<V: Held>(
    keys: &Keys,
    row: &QueryResult,
    about: &About,
    document: Vec<u8>,
) -> Result<Stored<V>, Error> {
    let (uid, revision) = (row.try_get("", "uid")?, row.try_get("", "revision")?);
    let value = V::of(document, about.tier, about.desks).map_err(|error| {
        Error::Corrupt(format!("{} {uid} revision {revision}: {error}", V::Of::KIND))
    })?;
    let stored = Stored {
        uid,
        revision,
        created: about.created,
        recorded: about.recorded,
        deleted: about.deleted,
        etag: keys.etag(uid, revision, about.salt()),
        layers: Layered::NONE,
        value,
    };
    Ok(stored.layered(Views::of(about.views())?))
}
