//! List: what it asks, what it answers, and its one statement.

use aws_lc_rs::digest;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Condition, ExprTrait, Order as Direction, Query, SelectStatement};

use super::{holds, marked, v, with_mark};
use crate::Chronicle;
use crate::cursor::{Cursor, after, sort_value};
use crate::error::Error;
use crate::filter::{At, filter, standing};
use crate::lane::Lane;
use crate::order::{Order, order_by};
use crate::reader::{Reader, visible};
use crate::resource::{Resource, Stored};
use crate::rows::{self, fitting, with_version};
use crate::schema::id;
use crate::shown::Shown;

const DEFAULT_PAGE: u64 = 50;
const MOST_ON_A_PAGE: u64 = 1000;

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

impl Chronicle {
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
