//! The one read path. Every query is the head row with a `LEFT JOIN` to what was asked for: one statement, so one snapshot, so the
//! read time it answers with is true, also of an empty answer, and no transaction is needed.

use aws_lc_rs::digest;
use sea_orm::sea_query::{
    Asterisk, Condition, Expr, ExprTrait, JoinType, Order as Direction, Query, SelectStatement,
    SimpleExpr,
};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::Chronicle;
use crate::cursor::{Cursor, after, sort_value};
use crate::error::Error;
use crate::filter::{At, filter, standing};
use crate::head::Head;
use crate::lane::Lane;
use crate::layers::{Layered, Views};
use crate::mark::{Mark, hash_at};
use crate::order::{Order, order_by};
use crate::reader::{Reader, visible};
use crate::resource::{Resource, Stored};
use crate::rows::{self, fitting, with_version};
use crate::schema::id;
use crate::shown::Shown;
use crate::token::Keys;

const DEFAULT_PAGE: u64 = 50;
const MOST_ON_A_PAGE: u64 = 1000;
/// By how much, in microseconds, the clock of another server may be ahead of this one.
const CLOCK_DIFFERENCE: i64 = 30_000_000;
/// The columns from which a version is read.
pub(crate) const VERSION: [&str; 8] =
    ["uid", "revision", "created", "recorded_from", "deleted", "salt", "views", "document"];

/// What a List asks.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// AIP-160.
    pub filter: String,
    /// AIP-132.
    pub order_by: String,
    /// 0 means 50; at most 1000.
    pub page_size: u64,
    /// Token of the page before; empty for the first.
    pub page_token: String,
    /// Record time; absent for now.
    pub read_time: Option<i64>,
    /// Deleted ones too.
    pub show_deleted: bool,
    /// Only where this text field equals this: the resources of one parent.
    pub scope: Option<(&'static str, String)>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<I> {
    /// In order.
    pub items: Vec<I>,
    /// Empty on the last page.
    pub next_page_token: String,
    /// The record time it holds for.
    pub read_time: i64,
    /// From where a watch with the same filter goes on.
    pub resume_token: String,
}

/// A column of the versions `v` of a query.
pub fn v(column: &str) -> SimpleExpr {
    Expr::col((id("v"), id(column)))
}

/// `SELECT h.time AS head, v.* FROM head h LEFT JOIN (inner) v ON TRUE`; the head as far as the reader can notice it.
pub fn with_head(inner: SelectStatement, reader: &Reader) -> SelectStatement {
    Query::select()
        .expr_as(Expr::col((id("h"), id(Head::column(&reader.sight)))), id("head"))
        .column((id("v"), Asterisk))
        .from_as(id("head"), id("h"))
        .join_subquery(
            JoinType::LeftJoin,
            inner,
            id("v"),
            Condition::all().add(Expr::cust("1 = 1")),
        )
        .to_owned()
}

/// As [`with_head`], and `mark`: the hash of the last change at or before the instant that the answer holds for; with a token:
/// at or before that of the token.
pub(crate) fn with_mark(
    inner: SelectStatement,
    reader: &Reader,
    at: At,
    token: Option<&Mark>,
) -> SelectStatement {
    let column = Expr::col((id("h"), id(Head::column(&reader.sight))));
    let mark = match (token, at) {
        (Some(mark), _) => hash_at([Expr::val(mark.time)]),
        (None, At::Time(time)) => hash_at([Expr::val(time), column.clone()]),
        (None, _) => hash_at([column.clone()]),
    };
    // Its limit keeps the planners from asking for the mark once for each row of the answer.
    let head = Query::select()
        .expr_as(column, id("head"))
        .expr_as(SimpleExpr::from(mark), id("mark"))
        .from_as(id("head"), id("h"))
        .limit(1)
        .to_owned();
    Query::select()
        .columns(["head", "mark"].map(|column| (id("h"), id(column))))
        .column((id("v"), Asterisk))
        .from_subquery(head, id("h"))
        .join_subquery(
            JoinType::LeftJoin,
            inner,
            id("v"),
            Condition::all().add(Expr::cust("1 = 1")),
        )
        .to_owned()
}

/// The head in an answer to [`with_mark`], and the mark it stands on: that of the token, if it still holds.
pub(crate) fn marked(
    row: Option<&QueryResult>,
    at: At,
    token: Option<&Mark>,
) -> Result<(i64, Mark), Error> {
    let row = row.ok_or_else(no_head)?;
    let (head, found): (i64, Option<String>) = (row.try_get("", "head")?, row.try_get("", "mark")?);
    match token {
        Some(mark) => mark.check(found.as_deref()).map(|()| (head, mark.clone())),
        None => Ok((head, Mark::new(holds(at, head), found.as_deref()))),
    }
}

/// The versions `v` of a resource that stand at `at` and that a reader may see.
pub fn versions<T: Resource>(at: At, reader: &Reader) -> SelectStatement {
    all_versions::<T>()
        .cond_where(standing("v", at))
        .cond_where(visible::<T>(&reader.sight, at))
        .to_owned()
}

/// The versions `v` of a resource, all of them.
pub(crate) fn all_versions<T: Resource>() -> SelectStatement {
    Query::select()
        .columns(VERSION.map(|column| (id("v"), id(column))))
        .from_as(id(T::KIND), id("v"))
        .to_owned()
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
        self.stored_with(row, &row.try_get::<String>("", "document")?)
    }

    /// The version in a row, with its document.
    pub(crate) fn stored_with<T: Resource>(
        &self,
        row: &QueryResult,
        document: &str,
    ) -> Result<Stored<T>, Error> {
        stored(&self.keys, row, document)
    }

    /// Checks an instant a caller asks for: it must not lie in the future. An instant with which any server answered is taken
    /// whatever the clock here says: the clock that recorded it may be ahead of this one, in this record or in that of another
    /// service. Only what is later than clocks may differ costs a query for the head. An empty record answers with 0.
    pub async fn at(&self, read_time: Option<i64>) -> Result<At, Error> {
        let Some(time) = read_time else { return Ok(At::Now) };
        let is_past =
            time <= self.now().saturating_add(CLOCK_DIFFERENCE) || time <= self.known_head();
        if time < 0 || !(is_past || time <= Head::read(&self.db).await?.time) {
            let message = "read_time lies in the future: later than now and than the last change; leave it out for now";
            return Err(Error::invalid("read_time", "READ_TIME_INVALID", message));
        }
        Ok(At::Time(time))
    }

    /// The version that stands, deleted or not, and the record time it stands at. One query.
    pub async fn get<T: Resource>(
        &self,
        name: &str,
        at: At,
        reader: &Reader,
    ) -> Result<(Shown<T>, i64), Error> {
        let (found, read_time) = self.look::<T>(name, at, reader).await?;
        let recorded = self.disclose(reader, reader.readings(at, [&found])).await?;
        Ok((recorded.show(found), read_time))
    }

    /// As [`Chronicle::get`], for a version that is not shown to the reader, though it is as they have it.
    pub(crate) async fn look<T: Resource>(
        &self,
        name: &str,
        at: At,
        reader: &Reader,
    ) -> Result<(Stored<T>, i64), Error> {
        let inner = versions::<T>(at, reader).and_where(v("name").eq(name)).to_owned();
        let row = self.db.query_one(&with_head(inner, reader)).await?.ok_or_else(no_head)?;
        let read_time = holds(at, row.try_get("", "head")?);
        match row.try_get::<Option<i64>>("", "revision")? {
            Some(_) => Ok((self.stored::<T>(&row)?.seen_by(&reader.sight), read_time)),
            None => Err(Error::NotFound(name.to_owned())),
        }
    }

    /// Those of the names that stand undeleted now, in no order; for checks, not to be shown. One query.
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
            .cond_where(visible::<T>(&reader.sight, At::Now))
            .and_where(v("name").is_in(names))
            .and_where(v("deleted").eq(false))
            .to_owned();
        let rows = self.db.query_all(&query).await?;
        Ok(rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?)
    }

    /// Those of the names that stand undeleted now, with their versions, in no order; for checks, not to be shown. One query.
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
        self.db.query_all(&query).await?.iter().map(|row| self.stored(row)).collect()
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
        let row = self.db.query_one(&query).await?;
        self.stored(&row.ok_or_else(|| {
            Error::Corrupt(format!("{} {uid} has no revision {revision}", T::KIND))
        })?)
    }

    /// A page, in its turn. One query, whatever its size.
    pub async fn list<T: Resource>(
        &self,
        request: &ListRequest,
        reader: &Reader,
    ) -> Result<Page<Shown<T>>, Error> {
        self.list_in::<T>(Lane::Page, request, reader).await
    }

    /// As [`Chronicle::list`], in another lane.
    pub async fn list_in<T: Resource>(
        &self,
        lane: Lane,
        request: &ListRequest,
        reader: &Reader,
    ) -> Result<Page<Shown<T>>, Error> {
        let cursor = self.cursor::<T>(request)?;
        let pinned = cursor.as_ref().map(|cursor| cursor.mark.time).or(request.read_time);
        let at = pinned.map_or(At::Now, At::Time);
        let turn = self.turn(lane).await;
        let page = self.page::<T>(request, cursor, reader).await?;
        drop(turn);
        let recorded = self.disclose(reader, reader.readings(at, &page.items)).await?;
        let Page { items, next_page_token, read_time, resume_token } = page;
        let items = items.into_iter().map(|stored| recorded.show(stored)).collect();
        Ok(Page { items, next_page_token, read_time, resume_token })
    }

    /// The page after a cursor, not yet shown.
    pub(crate) async fn page<T: Resource>(
        &self,
        request: &ListRequest,
        cursor: Option<Cursor>,
        reader: &Reader,
    ) -> Result<Page<Stored<T>>, Error> {
        let plan = self.plan::<T>(request, cursor.as_ref(), reader).await?;
        let asked = cursor.as_ref().map_or(request.read_time, |cursor| cursor.asked);
        let rows = self.db.query_all(&plan.statement).await?;
        let token = cursor.as_ref().map(|cursor| &cursor.mark);
        let (head, mark) = marked(rows.first(), plan.at, token)?;
        let read_time = holds(plan.at, head);
        let found = with_version(&rows)?;
        let size = Ord::min(found.len(), usize::try_from(plan.size).unwrap_or(usize::MAX));
        let items: Vec<Stored<T>> = self.load(fitting(&found[..size])?).await?;
        let next_page_token = match items.last() {
            Some(last) if found.len() > items.len() => {
                let after = plan
                    .order
                    .iter()
                    .filter_map(|(field, _)| sort_value(&field.read, &last.value))
                    .collect();
                let (mark, arguments) = (mark.clone(), arguments(request));
                let cursor = Cursor { mark, asked, arguments, after, uid: last.uid };
                self.keys.seal(&format!("page {}", T::KIND), &cursor)?
            }
            _ => String::new(),
        };
        let resume_token = self.resume_token_of_list::<T>(arguments(request), mark)?;
        Ok(Page { items, next_page_token, read_time, resume_token })
    }

    /// A list request checked and turned into its one statement.
    async fn plan<T: Resource>(
        &self,
        request: &ListRequest,
        cursor: Option<&Cursor>,
        reader: &Reader,
    ) -> Result<Plan<T>, Error> {
        let at = match cursor {
            Some(cursor) => At::Time(cursor.mark.time),
            None => self.at(request.read_time).await?,
        };
        let size = if request.page_size == 0 {
            DEFAULT_PAGE
        } else {
            Ord::min(request.page_size, MOST_ON_A_PAGE)
        };
        let order = order_by::<T>(&request.order_by)?;

        let mut inner = rows::select(&mut Query::select()).to_owned();
        inner.from_as(id(T::KIND), id("v")).cond_where(standing("v", at));
        inner.cond_where(visible::<T>(&reader.sight, at));
        inner.cond_where(matching::<T>(request, at)?).limit(size + 1);
        if let Some(cursor) = cursor {
            inner.cond_where(after(&order, cursor)?);
        }
        for (field, _) in &order {
            inner.column((id("v"), id(field.path)));
        }
        let mut keys: Vec<_> =
            order.iter().map(|(field, descending)| (field.path, *descending)).collect();
        keys.push(("uid", order.last().is_some_and(|(_, descending)| *descending)));
        // Sorted inside, where the index serves the page, and outside, where a join promises no order.
        let statement = sorted(
            with_mark(sorted(inner, &keys), reader, at, cursor.map(|cursor| &cursor.mark)),
            &keys,
        );
        Ok(Plan { statement, at, size, order })
    }

    fn cursor<T: Resource>(&self, request: &ListRequest) -> Result<Option<Cursor>, Error> {
        if request.page_token.is_empty() {
            return Ok(None);
        }
        let cursor: Cursor =
            self.keys.open(&format!("page {}", T::KIND), "page_token", &request.page_token)?;
        let changed =
            arguments(request).iter().zip(&cursor.arguments).position(|(now, then)| now != then);
        let names = ["filter", "order_by", "show_deleted", "parent"];
        let changed = changed.map(|place| names[place]);
        let pinned = [cursor.asked, Some(cursor.mark.time)];
        let other_time = request.read_time.is_some() && !pinned.contains(&request.read_time);
        if let Some(argument) = changed.or(other_time.then_some("read_time")) {
            let message = format!(
                "`{argument}` differs from that of the first page; start again without page_token"
            );
            return Err(Error::invalid("page_token", "PAGE_TOKEN_MISMATCH", message));
        }
        Ok(Some(cursor))
    }
}

/// The version in a row, with its document.
pub(crate) fn stored<T: Resource>(
    keys: &Keys,
    row: &QueryResult,
    document: &str,
) -> Result<Stored<T>, Error> {
    let (uid, revision) = (row.try_get("", "uid")?, row.try_get("", "revision")?);
    let (salt, views): (String, String) = (row.try_get("", "salt")?, row.try_get("", "views")?);
    let value = serde_json::from_str(document).map_err(|error| {
        Error::Corrupt(format!("{} {uid} revision {revision}: {error}", T::KIND))
    })?;
    let stored = Stored {
        uid,
        revision,
        created: row.try_get("", "created")?,
        recorded: row.try_get("", "recorded_from")?,
        deleted: row.try_get("", "deleted")?,
        etag: keys.etag(uid, revision, &salt),
        layers: Layered::NONE,
        value,
    };
    Ok(stored.layered(Views::of(&views)?))
}

/// What a list request asks of a version `v`, besides who asks.
pub(crate) fn matching<T: Resource>(request: &ListRequest, at: At) -> Result<Condition, Error> {
    let mut all = Condition::all().add(filter::<T>(&request.filter, at)?);
    if let Some((path, value)) = &request.scope {
        all = all.add(v(path).eq(value));
    }
    if !request.show_deleted {
        all = all.add(v("deleted").eq(false));
    }
    Ok(all)
}

struct Plan<T> {
    statement: SelectStatement,
    at: At,
    size: u64,
    order: Order<T>,
}

pub(crate) fn no_head() -> Error {
    Error::Corrupt("the head row is gone".to_owned())
}

/// What a token remembers of the question it belongs to: a hash each of filter, order, whether deleted ones are shown, and
/// parent. A token stays short whatever the filter.
pub(crate) fn arguments(request: &ListRequest) -> [i64; 4] {
    let scope = request.scope.as_ref().map(|(_, value)| value.as_str()).unwrap_or_default();
    let shown = if request.show_deleted { "deleted" } else { "" };
    [&request.filter, &request.order_by, shown, scope].map(|text| {
        let mut first = [0; 8];
        first.copy_from_slice(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..8]);
        i64::from_be_bytes(first)
    })
}

fn sorted(mut query: SelectStatement, keys: &[(&str, bool)]) -> SelectStatement {
    for (column, descending) in keys {
        let direction = if *descending { Direction::Desc } else { Direction::Asc };
        query.order_by((id("v"), id(*column)), direction);
    }
    query
}
