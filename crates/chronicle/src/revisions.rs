//! The revisions of a resource: every version, who wrote it and when.

use facts::ErrorReason;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query};
use serde::{Deserialize, Serialize};

use crate::Chronicle;
use crate::columns::{id, v};
use crate::error::{Error, no_head};
use crate::filter::At;
use crate::lane::Lane;
use crate::layers::Stored;
use crate::limited::Limited;
use crate::mark::Mark;
use crate::read::{holds, marked, with_mark};
use crate::reader::{Reader, visible};
use crate::resource::Resource;
use crate::rows::{self, with_version};
use crate::shown::Shown;

const MOST_ON_A_PAGE: u64 = 100;

/// A version with its line in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision<T> {
    /// The version.
    pub stored: Shown<T>,
    /// 1, 2, 3, … of those the reader may see.
    pub number: i64,
    /// `create`, `update`, `delete` or `undelete`; `create` of the first that the reader may see.
    pub operation: String,
    /// The caller who wrote it; empty if anonymous.
    pub caller: String,
    /// The one before, if there is one that the reader may see.
    pub before: Option<Shown<T>>,
}

/// A version as it was found: it, its operation, and who wrote it.
type Row<T> = (Stored<T>, String, String);

/// Versions as they were found, the newest first, as many as there was room for, of how many; the
/// number of the first of them, and the head.
struct Found<T> {
    rows: Vec<Row<T>>,
    of: usize,
    number: i64,
    head: i64,
    mark: Mark,
}

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Cursor {
    name: String,
    mark: Mark,
    /// The instant the first page was asked for, if any.
    asked: Option<i64>,
    /// The record time of the last revision on the page.
    last: i64,
}

impl Cursor {
    /// Refuses a question that is not that of the first page.
    fn expect(&self, name: &str, read_time: Option<i64>) -> Result<(), Error> {
        let other_time =
            read_time.is_some() && ![self.asked, Some(self.mark.time)].contains(&read_time);
        let argument = match (self.name == name, other_time) {
            (false, _) => "name",
            (true, true) => "read_time",
            (true, false) => return Ok(()),
        };
        let message = format!(
            "`{argument}` differs from that of the first page; start again without page_token"
        );
        Err(Error::invalid("page_token", ErrorReason::PageTokenMismatch, message))
    }
}

/// A page of revisions: they, the token of the next page, and the record time they hold for.
pub type Revisions<T> = (Vec<Revision<T>>, String, i64);

impl Chronicle {
    /// The versions of a resource up to a record time, the newest first. Those are left out that
    /// the reader may not see, or that change nothing for them; the others are numbered without a
    /// gap. One query. `NotFound` where there is none.
    pub async fn revisions<T: Resource>(
        &self,
        name: &str,
        read_time: Option<i64>,
        page_size: u64,
        page_token: &str,
        reader: &Reader,
    ) -> Result<Revisions<T>, Error> {
        let purpose = format!("revisions {}", T::KIND);
        let cursor: Option<Cursor> = match page_token {
            "" => None,
            token => Some(self.keys.open(&purpose, "page_token", token)?),
        };
        if let Some(cursor) = &cursor {
            cursor.expect(name, read_time)?;
        }
        let asked = cursor.as_ref().map_or(read_time, |cursor| cursor.asked);
        let before = cursor.as_ref().map(|cursor| cursor.last);
        let token = cursor.as_ref().map(|cursor| &cursor.mark);
        let at = match token {
            Some(mark) => At::Time(mark.time),
            None => self.at(read_time, reader).await?,
        };
        let size = if page_size == 0 { 50 } else { Ord::min(page_size, MOST_ON_A_PAGE) };

        let Found { rows, of, mut number, head, mark } =
            self.rows::<T>(name, (at, token), before, size + 1, reader).await?;
        let read_time = holds(at, head);
        if rows.is_empty() && before.is_none() {
            return Err(Error::NotFound(name.to_owned()));
        }
        // The last is there for what the one after it changed.
        let more = rows.len() < of || u64::try_from(of).unwrap_or(u64::MAX) > size;
        let versions = rows.iter().map(|(stored, ..)| stored);
        let recorded = self.disclose(reader, reader.readings(At::Version, versions)).await?;
        let mut revisions: Vec<Revision<T>> = Vec::with_capacity(rows.len());
        for (stored, operation, caller) in rows {
            let stored = recorded.show(stored);
            if let Some(after) = revisions.last_mut() {
                after.before = Some(stored.clone());
            }
            let operation = if number == 1 { "create".to_owned() } else { operation };
            revisions.push(Revision { stored, number, operation, caller, before: None });
            number -= 1;
        }
        if more {
            revisions.pop();
        }
        let next = match revisions.last() {
            Some(last) if more => {
                let (name, last) = (name.to_owned(), last.stored.recorded);
                self.keys.seal(&purpose, &Cursor { name, mark, asked, last })?
            }
            _ => String::new(),
        };
        Ok((revisions, next, read_time))
    }

    /// The next versions, as many as an answer has room for, and two at least; how many there are;
    /// and the head, with the mark of the answer.
    async fn rows<T: Resource>(
        &self,
        name: &str,
        (at, token): (At, Option<&Mark>),
        before: Option<i64>,
        limit: u64,
        reader: &Reader,
    ) -> Result<Found<T>, Error> {
        let c = |column: &str| Expr::col((id("c"), id(column)));
        let mut versions = Query::select()
            .from_as(id(T::KIND), id("v"))
            .and_where(v("name").eq(name))
            .cond_where(visible::<T>(&reader.clearance, At::Version))
            .cond_where(reader.clearance.condition_by("v", "shown"))
            .to_owned();
        if let At::Time(time) = at {
            versions.and_where(v("recorded_from").lte(time));
        }
        if let Some(before) = before {
            versions.and_where(v("recorded_from").lt(before));
        }
        let number = versions.clone().expr(v("uid").count()).to_owned();
        let inner = rows::select(&mut versions)
            .columns(["operation", "caller"].map(|column| (id("c"), id(column))))
            .join_as(JoinType::InnerJoin, id("change"), id("c"), c("time").eq(v("recorded_from")))
            .order_by((id("v"), id("revision")), Order::Desc)
            .limit(limit)
            .to_owned();
        let query = with_mark(inner, reader, at, token)
            .expr_as(Expr::from(number), id("number"))
            .order_by((id("v"), id("revision")), Order::Desc)
            .to_owned();
        let turn = self.turn(Lane::Page).await;
        let found = self.db.query_all(&Limited(&query)).await?;
        drop(turn);
        let (head, mark) = marked(found.first(), at, token)?;
        let number = found.first().ok_or_else(no_head)?.try_get("", "number")?;
        let found = with_version(&found)?;
        let mut rows = Vec::with_capacity(found.len());
        for (stored, row) in self.load_fitting(Lane::Page, &found, 2).await?.into_iter().zip(&found)
        {
            rows.push((stored, row.try_get("", "operation")?, row.try_get("", "caller")?));
        }
        Ok(Found { rows, of: found.len(), number, head, mark })
    }
}
