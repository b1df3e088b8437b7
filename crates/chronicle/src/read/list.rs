//! List: what it asks, what it answers, and its statement.

use aws_lc_rs::digest;
use facts::{Day, ErrorReason};
use sea_orm::QueryResult;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, JoinType, Order as Direction, Query, SelectStatement,
};

use super::{add_mark, holds, marked, v, with_mark};
use crate::Chronicle;
use crate::columns::id;
use crate::cursor::{Cursor, after, sort_value};
use crate::error::Error;
use crate::filter::{At, expect_timeless, filter, filter_by, standing};
use crate::held::Held;
use crate::lane::{LONG, Lane};
use crate::layers::Stored;
use crate::limited::Limited;
use crate::mark::Mark;
use crate::order::{Order, order_by};
use crate::reader::{Reader, visible};
use crate::resource::Resource;
use crate::rows::{self, with_version};
use crate::shown::Shown;

const DEFAULT_PAGE: u64 = 50;
const MOST_ON_A_PAGE: u64 = 1000;

/// The request of a List.
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
    /// Only where this text field equals one of these: the resources of one parent, or of several.
    pub scope: Option<(&'static str, Vec<String>)>,
    /// The day on which what is listed must have been known. The record does not read it: it is
    /// only bound to the page token.
    pub known_by: Option<Day>,
    /// The day that the answer is for, where it is for one: bound to the page token too.
    pub as_of: Option<AsOf>,
}

/// The day in the world that an answer is for.
#[derive(Clone, Copy, Debug)]
pub struct AsOf {
    /// The day that was asked for, if any.
    pub asked: Option<Day>,
    /// The day of a first page where none was: those after it keep to that.
    pub today: Day,
}

impl AsOf {
    /// The day of a first page.
    pub fn day(self) -> Day {
        self.asked.unwrap_or(self.today)
    }
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
    /// The day that the answer is for, where it is for one.
    pub as_of: Option<Day>,
}

impl Chronicle {
    /// Returns a page, in its turn among short ones: of resources, or of [`Kept`](crate::Kept). One
    /// query, whatever its size; two for an empty one.
    pub async fn list<V: Held>(
        &self,
        request: &ListRequest,
        reader: &Reader,
    ) -> Result<Page<Shown<V>>, Error> {
        self.list_in::<V>(Lane::Page, request, reader).await
    }

    /// As [`Chronicle::list`], where the page is a short one, whatever was asked; none where it is
    /// long and its place is in [`Lane::Long`].
    pub async fn list_if_short<V: Held>(
        &self,
        request: &ListRequest,
        reader: &Reader,
    ) -> Result<Option<Page<Shown<V>>>, Error> {
        if request.page_size <= LONG {
            return self.list::<V>(request, reader).await.map(Some);
        }
        if !request.page_token.is_empty() {
            return Ok(None);
        }
        let turn = self.turn(Lane::Page).await;
        let first = ListRequest { page_size: LONG, ..request.clone() };
        let page = self.page::<V>(Lane::Page, &first, None, reader).await?;
        drop(turn);
        // One that ends before, with a token, ends where large resources leave no more room.
        if !page.next_page_token.is_empty() && page.items.len() as u64 >= LONG {
            return Ok(None);
        }
        self.show_page(request.read_time, page, reader).await.map(Some)
    }

    /// As [`Chronicle::list`], in another lane.
    pub async fn list_in<V: Held>(
        &self,
        lane: Lane,
        request: &ListRequest,
        reader: &Reader,
    ) -> Result<Page<Shown<V>>, Error> {
        let cursor = self.cursor::<V::Of>(request)?;
        let pinned = cursor.as_ref().map(|cursor| cursor.mark.time).or(request.read_time);
        let turn = self.turn(lane).await;
        let page = self.page::<V>(lane, request, cursor, reader).await?;
        drop(turn);
        self.show_page(pinned, page, reader).await
    }

    /// The page as it may leave, when its reading is recorded.
    async fn show_page<V: Held>(
        &self,
        pinned: Option<i64>,
        page: Page<Stored<V>>,
        reader: &Reader,
    ) -> Result<Page<Shown<V>>, Error> {
        let at = pinned.map_or(At::Now, At::Time);
        let recorded = self.disclose(reader, reader.readings(at, &page.items)).await?;
        let Page { items, next_page_token, read_time, resume_token, as_of } = page;
        let items = items.into_iter().map(|stored| recorded.show(stored)).collect();
        Ok(Page { items, next_page_token, read_time, resume_token, as_of })
    }

    /// The page after a cursor, not yet shown.
    pub(crate) async fn page<V: Held>(
        &self,
        lane: Lane,
        request: &ListRequest,
        cursor: Option<Cursor>,
        reader: &Reader,
    ) -> Result<Page<Stored<V>>, Error> {
        let mut plan = self.plan::<V>(request, cursor.as_ref(), reader).await?;
        let asked = cursor.as_ref().map_or(request.read_time, |cursor| cursor.asked);
        let before = cursor.as_ref().and_then(|cursor| cursor.as_of);
        let as_of = request.as_of.map(|it| before.unwrap_or_else(|| it.day()));
        let Found { rows, head, mark } = self.found(lane, &mut plan).await?;
        let read_time = holds(plan.at, head);
        let found = with_version(&rows)?;
        let size = Ord::min(found.len(), usize::try_from(plan.size).unwrap_or(usize::MAX));
        let items: Vec<Stored<V>> = self.load_fitting(lane, &found[..size], 1).await?;
        let next_page_token = match items.last() {
            Some(last) if found.len() > items.len() => {
                let value = last.value.resource().map_err(Error::Corrupt)?;
                let order = plan.order.iter();
                let after =
                    order.filter_map(|(field, _)| sort_value(&field.read, &*value)).collect();
                let (mark, arguments) = (mark.clone(), arguments(request));
                let (uid, known_by) = (last.uid, request.known_by);
                let cursor = Cursor { mark, asked, arguments, after, uid, known_by, as_of };
                self.keys.seal(&page_of::<V::Of>(), &cursor)?
            }
            _ => String::new(),
        };
        let resume_token = self.resume_token_of_list::<V::Of>(arguments(request), mark, reader)?;
        Ok(Page { items, next_page_token, read_time, resume_token, as_of })
    }

    /// The rows of a plan. An instant that is likely now is asked for as now, which takes less, and
    /// by itself only where it is not.
    async fn found<V: Held>(&self, lane: Lane, plan: &mut Plan<'_, V>) -> Result<Found, Error> {
        let asked = plan.at;
        if let At::Time(time) = asked
            && self.heads.has(&plan.reader.clearance, time)
        {
            plan.at = At::Now;
            let found = self.found_at(lane, plan).await?;
            if found.head == time {
                return Ok(found);
            }
            plan.at = asked;
        }
        self.found_at(lane, plan).await
    }

    async fn found_at<V: Held>(&self, lane: Lane, plan: &Plan<'_, V>) -> Result<Found, Error> {
        let mut rows = self.ask(lane, &Limited(&plan.rows()?)).await?;
        if rows.is_empty() {
            rows = self.ask(lane, &Limited(&plan.rows_or_head()?)).await?;
        }
        let (head, mark) = marked(rows.first(), plan.at, plan.token())?;
        self.heads.note(&plan.reader.clearance, head);
        Ok(Found { rows, head, mark })
    }

    /// A list request of which all but the filter is checked.
    async fn plan<'a, V: Held>(
        &self,
        request: &'a ListRequest,
        cursor: Option<&'a Cursor>,
        reader: &'a Reader,
    ) -> Result<Plan<'a, V>, Error> {
        let at = match cursor {
            Some(cursor) => At::Time(cursor.mark.time),
            None => self.at(request.read_time, reader).await?,
        };
        let size = if request.page_size == 0 {
            DEFAULT_PAGE
        } else {
            Ord::min(request.page_size, MOST_ON_A_PAGE)
        };
        let order = order_by::<V::Of>(&request.order_by)?;
        Ok(Plan { request, cursor, reader, at, size, order })
    }

    fn cursor<T: Resource>(&self, request: &ListRequest) -> Result<Option<Cursor>, Error> {
        if request.page_token.is_empty() {
            return Ok(None);
        }
        let cursor: Cursor = self.keys.open(&page_of::<T>(), "page_token", &request.page_token)?;
        let changed =
            arguments(request).iter().zip(&cursor.arguments).position(|(now, then)| now != then);
        let names = ["filter", "order_by", "show_deleted", "parent"];
        let other_day = request.known_by != cursor.known_by;
        let changed = changed.map(|place| names[place]).or(other_day.then_some("known_by"));
        let as_of = request.as_of.and_then(|it| it.asked).zip(cursor.as_of);
        let changed = changed.or(as_of.filter(|(now, then)| now != then).map(|_| "as_of"));
        let pinned = [cursor.asked, Some(cursor.mark.time)];
        let other_time = request.read_time.is_some() && !pinned.contains(&request.read_time);
        if let Some(argument) = changed.or(other_time.then_some("read_time")) {
            let message = format!(
                "`{argument}` differs from that of the first page; start again without page_token"
            );
            return Err(Error::invalid("page_token", ErrorReason::PageTokenMismatch, message));
        }
        Ok(Some(cursor))
    }
}

/// Returns the condition of a list request on the versions `v`, without that of the reader.
pub(crate) fn matching<T: Resource>(request: &ListRequest, at: At) -> Result<Condition, Error> {
    if request.known_by.is_some() {
        expect_timeless(&request.filter)?;
    }
    let mut all = Condition::all().add(filter::<T>(&request.filter, at)?);
    if let Some((path, values)) = &request.scope {
        all = all.add(match &values[..] {
            [value] => v(path).eq(value),
            values => v(path).is_in(values),
        });
    }
    if !request.show_deleted {
        all = all.add(v("deleted").eq(false));
    }
    Ok(all)
}

/// The rows of a plan, and the head of the record that they were read at.
struct Found {
    rows: Vec<QueryResult>,
    head: i64,
    mark: Mark,
}

/// The plan of a list request.
struct Plan<'a, V: Held> {
    request: &'a ListRequest,
    cursor: Option<&'a Cursor>,
    reader: &'a Reader,
    at: At,
    size: u64,
    order: Order<V::Of>,
}

impl<'a, V: Held> Plan<'a, V> {
    fn token(&self) -> Option<&'a Mark> {
        self.cursor.map(|cursor| &cursor.mark)
    }

    /// The rows, each with the head and the mark: no row, no head.
    fn rows(&self) -> Result<SelectStatement, Error> {
        let mut query = if self.is_found_in_order() { self.versions()? } else { self.chosen()? };
        add_mark(&mut query, self.reader, self.at, self.token());
        Ok(self.sorted(query))
    }

    /// The rows, or the head and the mark alone where there are none.
    fn rows_or_head(&self) -> Result<SelectStatement, Error> {
        let mut inner = self.versions()?;
        for (field, _) in &self.order {
            inner.column((id("v"), id(field.path)));
        }
        // Sorted inside, where the index serves the page, and outside, where a join promises no
        // order.
        Ok(self.sorted(with_mark(self.sorted(inner), self.reader, self.at, self.token())))
    }

    /// Returns whether an index has what matches in the order of the page, more or less.
    fn is_found_in_order(&self) -> bool {
        let is_single = |path: &str| V::Of::fields().iter().any(|it| it.path == path && !it.many());
        match self.order.len() {
            0 => true,
            1 if self.request.scope.is_none() => {
                filter_by::<V::Of>(&self.request.filter, self.at, is_single).is_ok()
            }
            _ => false,
        }
    }

    /// The versions of the page and one more, in no order yet.
    fn versions(&self) -> Result<SelectStatement, Error> {
        self.matching(rows::select(&mut Query::select()).take())
    }

    /// The same, chosen by their keys alone: what is sorted to choose them are no documents.
    fn chosen(&self) -> Result<SelectStatement, Error> {
        let key = ["uid", "revision"];
        let keys = Query::select().columns(key.map(|column| (id("v"), id(column)))).take();
        let keys = self.sorted(self.matching(keys)?);
        let same = |column| v(column).eq(Expr::col((id("k"), id(column))));
        let is_chosen = key.into_iter().fold(Condition::all(), |all, column| all.add(same(column)));
        let mut query = rows::select(&mut Query::select()).take();
        query.from_subquery(keys, id("k")).join_as(
            JoinType::InnerJoin,
            id(V::Of::KIND),
            id("v"),
            is_chosen,
        );
        Ok(query)
    }

    /// A query for what is asked of the versions `v` of the page and one more.
    fn matching(&self, mut query: SelectStatement) -> Result<SelectStatement, Error> {
        query
            .from_as(id(V::Of::KIND), id("v"))
            .cond_where(standing("v", self.at))
            .cond_where(visible::<V::Of>(&self.reader.clearance, self.at))
            .cond_where(matching::<V::Of>(self.request, self.at)?)
            .limit(self.size + 1);
        if let Some(cursor) = self.cursor {
            query.cond_where(after(&self.order, cursor)?);
        }
        Ok(query)
    }

    fn sorted(&self, mut query: SelectStatement) -> SelectStatement {
        let last = self.order.last().is_some_and(|(_, descending)| *descending);
        let keys = self.order.iter().map(|(field, descending)| (field.path, *descending));
        for (column, descending) in keys.chain([("uid", last)]) {
            let direction = if descending { Direction::Desc } else { Direction::Asc };
            query.order_by((id("v"), id(column)), direction);
        }
        query
    }
}

/// Returns what a page token is of. Tokens of before words were folded were of `page KIND`: the
/// places they name are others now.
fn page_of<T: Resource>() -> String {
    format!("list {}", T::KIND)
}

/// Returns the arguments that a token belongs to: a hash each of filter, order, whether deleted
/// ones are shown, and parent. A token stays short whatever the filter.
pub(crate) fn arguments(request: &ListRequest) -> [i64; 4] {
    let scope = request.scope.as_ref().map(|(_, values)| values.join(" ")).unwrap_or_default();
    let shown = if request.show_deleted { "deleted" } else { "" };
    [&request.filter, &request.order_by, shown, &scope].map(argument)
}

/// A hash of an argument.
pub(crate) fn argument(text: &str) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..8]);
    i64::from_be_bytes(first)
}
