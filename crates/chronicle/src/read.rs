//! The one read path. Every query asks for the head row together with what is asked for: one
//! statement, so one snapshot, so the read time it answers with is true, and no transaction is
//! needed. Where an answer without rows needs a read time too, what is asked for is joined to the
//! head row; else the head is one column more, which costs less.
//!
//! Here Get and what the statements have in common; `list`: List.

mod list;

use facts::ErrorReason;
use sea_orm::QueryResult;
use sea_orm::sea_query::{
    Asterisk, BinOper, Condition, Expr, ExprTrait, Func, JoinType, Query, SelectStatement,
    SimpleExpr,
};
use uuid::Uuid;

pub use self::list::{AsOf, ListRequest, Page};
pub(crate) use self::list::{argument, arguments, matching};
use crate::Chronicle;
use crate::about::{self, About};
pub use crate::columns::v;
use crate::columns::{KEY, id};
use crate::error::{Error, no_head};
use crate::filter::{At, standing};
use crate::head::Head;
use crate::held::Held;
use crate::layers::Stored;
use crate::mark::{Mark, hash_at};
use crate::reader::{Reader, visible};
use crate::resource::Resource;
use crate::rows::stored;
use crate::shown::Shown;

/// By how much, in microseconds, the clock of another server may be ahead of this one.
const CLOCK_DIFFERENCE: i64 = 30_000_000;

/// `SELECT h.time AS head, v.* FROM head h LEFT JOIN (inner) v ON TRUE`; the head as far as the
/// reader can notice it.
pub fn with_head(inner: SelectStatement, reader: &Reader) -> SelectStatement {
    Query::select()
        .expr_as(Expr::col((id("h"), id(Head::column(&reader.clearance)))), id("head"))
        .column((id("v"), Asterisk))
        .from_as(id("head"), id("h"))
        .join_subquery(
            JoinType::LeftJoin,
            inner,
            id("v"),
            Condition::all().add(Expr::cust("1 = 1")),
        )
        .take()
}

/// As [`with_head`], but with `stand` for the head: in one column the head and, after a colon, the
/// hash of the last change at or before the instant that the answer holds for; with a token: at or
/// before that of the token.
pub(crate) fn with_mark(
    inner: SelectStatement,
    reader: &Reader,
    at: At,
    token: Option<&Mark>,
) -> SelectStatement {
    // Its limit keeps the planners from asking for the mark once for each row of the answer.
    let head = stand(reader, at, token).limit(1).take();
    Query::select()
        .column((id("h"), id("stand")))
        .column((id("v"), Asterisk))
        .from_subquery(head, id("h"))
        .join_subquery(
            JoinType::LeftJoin,
            inner,
            id("v"),
            Condition::all().add(Expr::cust("1 = 1")),
        )
        .take()
}

/// Adds `stand`, as [`with_mark`] has it, to a query for rows, which is then spared a join and a
/// second sort. No row, no head: an answer without rows is to be asked for by [`with_mark`].
pub(crate) fn add_mark(query: &mut SelectStatement, reader: &Reader, at: At, token: Option<&Mark>) {
    query.expr_as(SimpleExpr::from(stand(reader, at, token)), id("stand"));
}

/// `stand`, as [`with_mark`] has it.
pub(crate) fn stand(reader: &Reader, at: At, token: Option<&Mark>) -> SelectStatement {
    let head = Expr::col((id("h"), id(Head::column(&reader.clearance))));
    let mark = match (token, at) {
        (Some(mark), _) => hash_at([Expr::val(mark.time)]),
        (None, At::Time(time)) => hash_at([Expr::val(time), head.clone()]),
        (None, _) => hash_at([head.clone()]),
    };
    let mark = Func::coalesce([SimpleExpr::from(mark), Expr::cust("''")]);
    let both = head
        .cast_as(id("text"))
        .binary(BinOper::Custom("||"), Expr::cust("':'"))
        .binary(BinOper::Custom("||"), SimpleExpr::from(mark));
    let mut query = Query::select().expr_as(both, id("stand")).take();
    query.from_as(id("head"), id("h")).and_where(one()).take()
}

/// The head as far as the reader can notice it, as a column of any query.
fn head_of(reader: &Reader) -> SimpleExpr {
    let head = Query::select()
        .expr(Expr::col((id("h"), id(Head::column(&reader.clearance)))))
        .from_as(id("head"), id("h"))
        .and_where(one())
        .take();
    SimpleExpr::from(head)
}

/// That it is the one head row: without statistics PostgreSQL expects hundreds, and makes a new
/// plan for each call, as the plan that serves any call looks dear.
fn one() -> SimpleExpr {
    Expr::cust("\"h\".\"one\" = 1")
}

/// The head in an answer to [`with_mark`], and the mark it stands on: that of the token, if it
/// still holds.
pub(crate) fn marked(
    row: Option<&QueryResult>,
    at: At,
    token: Option<&Mark>,
) -> Result<(i64, Mark), Error> {
    let row = row.ok_or_else(no_head)?;
    let stand: String = row.try_get("", "stand")?;
    let (head, found) = stand.split_once(':').ok_or_else(no_head)?;
    let head = head.parse().map_err(|_| no_head())?;
    let found = Some(found).filter(|hash| !hash.is_empty());
    match token {
        Some(mark) => mark.check(found).map(|()| (head, mark.clone())),
        None => Ok((head, Mark::new(holds(at, head), found))),
    }
}

/// The versions `v` of a resource that stand at `at` and that a reader may see.
pub fn versions<T: Resource>(at: At, reader: &Reader) -> SelectStatement {
    all_versions::<T>()
        .cond_where(standing("v", at))
        .cond_where(visible::<T>(&reader.clearance, at))
        .take()
}

/// The versions `v` of a resource, all of them.
pub(crate) fn all_versions<T: Resource>() -> SelectStatement {
    select_version(&mut Query::select()).from_as(id(T::KIND), id("v")).take()
}

/// Selects of versions `v` what one is read from.
pub(crate) fn select_version(query: &mut SelectStatement) -> &mut SelectStatement {
    let columns = KEY.iter().chain(&["document"]).map(|column| (id("v"), id(*column)));
    about::select(query.columns(columns), v)
}

/// The record time an answer holds for, when the head is at `head`.
pub const fn holds(at: At, head: i64) -> i64 {
    match at {
        At::Time(time) if time < head => time,
        _ => head,
    }
}

impl Chronicle {
    /// The version in a row of [`versions`].
    pub fn stored<T: Resource>(&self, row: &QueryResult) -> Result<Stored<T>, Error> {
        self.stored_with(row, &About::read(row)?, row.try_get("", "document")?)
    }

    /// The version in a row, with its document.
    pub(crate) fn stored_with<V: Held>(
        &self,
        row: &QueryResult,
        about: &About,
        document: Vec<u8>,
    ) -> Result<Stored<V>, Error> {
        stored(&self.keys, row, about, document)
    }

    /// Checks an instant a caller asks for: it must not lie in the future. An instant with which
    /// any server answered is taken whatever the clock here says: the clock that recorded it may be
    /// ahead of this one, in this record or in that of another service. Only what is later than
    /// clocks may differ costs a query for the head. Nor may it lie before the first change. An
    /// empty record answers with 0, and one that began with what the reader cannot notice as if it
    /// were empty before.
    pub async fn at(&self, read_time: Option<i64>, reader: &Reader) -> Result<At, Error> {
        let Some(time) = read_time else { return Ok(At::Now) };
        let is_past =
            time <= self.now().saturating_add(CLOCK_DIFFERENCE) || time <= self.known_head();
        if time < 0 || !(is_past || time <= Head::read(&self.db).await?.time) {
            let message = "read_time lies in the future: later than now and than the last change; leave it out for now";
            return Err(Error::invalid("read_time", ErrorReason::ReadTimeInvalid, message));
        }
        match self.first(reader).await? {
            Some(first) if time < first => Err(Error::BeforeRecord(first)),
            _ => Ok(At::Time(time)),
        }
    }

    /// Returns the version that is current, deleted or not, and the record time of the answer: as a
    /// resource, or as [`Kept`](crate::Kept). One query.
    pub async fn get<V: Held>(
        &self,
        name: &str,
        at: At,
        reader: &Reader,
    ) -> Result<(Shown<V>, i64), Error> {
        let (found, read_time) = self.look::<V>(name, at, reader).await?;
        let recorded = self.disclose(reader, reader.readings(at, [&found])).await?;
        Ok((recorded.show(found), read_time))
    }

    /// As [`Chronicle::get`], for a version that is not shown to the reader, though it is as they
    /// have it.
    pub(crate) async fn look<V: Held>(
        &self,
        name: &str,
        at: At,
        reader: &Reader,
    ) -> Result<(Stored<V>, i64), Error> {
        let query = versions::<V::Of>(at, reader)
            .and_where(v("name").eq(name))
            .expr_as(head_of(reader), id("head"))
            .take();
        let Some(row) = self.readers.query_one(&query).await? else {
            return Err(Error::NotFound(name.to_owned()));
        };
        let head = row.try_get("", "head")?;
        self.heads.note(&reader.clearance, head);
        let read_time = holds(at, head);
        let document = row.try_get("", "document")?;
        let stored = self.stored_with::<V>(&row, &About::read(&row)?, document)?;
        Ok((stored.seen_by(&reader.clearance), read_time))
    }

    /// Returns those of the names that are current and not deleted, in no order; for checks, not to
    /// be shown. One query.
    pub async fn known<T: Resource>(
        &self,
        names: &[String],
        reader: &Reader,
    ) -> Result<Vec<String>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let query = Query::select()
            .column((id("v"), id("name")))
            .from_as(id(T::KIND), id("v"))
            .cond_where(standing("v", At::Now))
            .cond_where(visible::<T>(&reader.clearance, At::Now))
            .and_where(v("name").is_in(names))
            .and_where(v("deleted").eq(false))
            .to_owned();
        let rows = self.readers.query_all(&query).await?;
        Ok(rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?)
    }

    /// Returns those of the names that are current and not deleted, with their versions, in no
    /// order; for checks, not to be shown. One query.
    pub async fn find<T: Resource>(
        &self,
        names: &[String],
        reader: &Reader,
    ) -> Result<Vec<Stored<T>>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let query = versions::<T>(At::Now, reader)
            .and_where(v("name").is_in(names))
            .and_where(v("deleted").eq(false))
            .to_owned();
        self.readers.query_all(&query).await?.iter().map(|row| self.stored(row)).collect()
    }

    /// Returns those of the names that stood at `at`, deleted ones too, with their versions, in no
    /// order; for checks, not to be shown. One query.
    pub async fn stood<T: Resource>(
        &self,
        names: &[String],
        at: At,
        reader: &Reader,
    ) -> Result<Vec<Stored<T>>, Error> {
        let query = versions::<T>(at, reader).and_where(v("name").is_in(names)).take();
        self.readers.query_all(&query).await?.iter().map(|row| self.stored(row)).collect()
    }

    /// One version of a resource.
    pub(crate) async fn version<T: Resource>(
        &self,
        uid: Uuid,
        revision: i64,
    ) -> Result<Stored<T>, Error> {
        let query = all_versions::<T>()
            .and_where(v("uid").eq(uid))
            .and_where(v("revision").eq(revision))
            .to_owned();
        let row = self.readers.query_one(&query).await?;
        self.stored(&row.ok_or_else(|| {
            Error::Corrupt(format!("{} {uid} has no revision {revision}", T::KIND))
        })?)
    }
}
