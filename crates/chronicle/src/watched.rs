//! The queries of a watch: what was current at an instant, page by page, and the lines of the log
//! after a position.

use sea_orm::sea_query::{
    Asterisk, Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement, SimpleExpr,
    UnionType,
};
use uuid::Uuid;

use crate::about;
use crate::columns::{KEY, id, v};
use crate::error::Error;
use crate::filter::{At, standing};
use crate::head::Head;
use crate::held::Held;
use crate::mark::{Mark, hash_at};
use crate::read::{ListRequest, matching, with_mark};
use crate::reader::{Reader, could_be_seen, seen_since, visible, within_seen};
use crate::resource::Resource;
use crate::rows;

/// Resources, or lines of the log, that are read at a time.
pub(crate) const BATCH: u64 = 100;

/// The resources that were current at an instant and could be seen then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stood<'a> {
    pub at: At,
    /// The change that the instant refers to, if it is not now.
    pub token: Option<&'a Mark>,
    /// Only what lies within this.
    pub parent: Option<&'a str>,
    /// Only after this one.
    pub after: Uuid,
}

/// The next of what stood: one more than a page, each with `shown`: whether it could be seen ever
/// since.
pub(crate) fn stood<V: Held>(
    request: &ListRequest,
    reader: &Reader,
    asked: Stood<'_>,
) -> Result<SelectStatement, Error> {
    let (clearance, at) = (&reader.clearance, asked.at);
    let mut inner = rows::select(&mut Query::select()).take();
    inner.from_as(id(V::Of::KIND), id("v"));
    match at {
        At::Time(time) => inner
            .cond_where(could_be_seen::<V::Of>(clearance, time))
            .expr_as(flag(seen_since::<V::Of>(clearance, &Expr::val(time))), id("shown")),
        _ => inner
            .cond_where(visible::<V::Of>(clearance, at))
            .expr_as(flag(Condition::all()), id("shown")),
    };
    if let (Some(parent), Some((_, field))) = (asked.parent, V::Of::PARENT) {
        inner.and_where(v(field).eq(parent));
    }
    inner
        .cond_where(standing("v", at))
        .cond_where(matching::<V::Of>(request, at)?)
        .and_where(v("uid").gt(asked.after))
        .order_by((id("v"), id("uid")), Order::Asc)
        .limit(BATCH + 1);
    Ok(with_mark(inner, reader, at, asked.token).order_by((id("v"), id("uid")), Order::Asc).take())
}

/// The lines of the log after a place, in order:
/// - of a resource: with the version it made, whether the resource was among those watched before
///   (`was_in`), or could be seen at least (`was_seen`), and is so from then on (`is_in`), whether
///   what it lies within could be seen then (`within`), whether it could be seen ever since
///   (`shown`), and whether the version is one of its own for the reader (`own`)
/// - of what resources lie within: `parent` is its name, and whether it could be seen before and
///   from then on
pub(crate) fn log<V: Held>(
    request: &ListRequest,
    reader: &Reader,
    after: &Mark,
) -> Result<SelectStatement, Error> {
    let own = own_lines::<V>(request, reader, after.time)?;
    let lines = match V::Of::PARENT.filter(|_| !reader.clearance.is_whole()) {
        None => own,
        // Each part is in order, and ends, by itself: the one index over kind and time serves both.
        Some((kind, _)) => {
            let both = all_of(own, "a")
                .union(UnionType::All, all_of(parent_lines(kind, reader, after.time), "b"))
                .to_owned();
            all_of(both, "u").order_by(id("changed"), Order::Asc).limit(BATCH).to_owned()
        }
    };
    let h = |column: &'static str| (id("h"), id(column));
    let head = Query::select()
        .expr_as(Expr::col(h("time")), id("head"))
        .expr_as(Expr::col(h("hash")), id("head_hash"))
        .expr_as(Expr::col(h(Head::column(&reader.clearance))), id("noticed"))
        .expr_as(SimpleExpr::from(hash_at([Expr::val(after.time)])), id("mark"))
        .from_as(id("head"), id("h"))
        .limit(1)
        .to_owned();
    Ok(Query::select()
        .columns(["head", "head_hash", "noticed", "mark"].map(h))
        .column((id("l"), Asterisk))
        .from_subquery(head, id("h"))
        .join_subquery(
            JoinType::LeftJoin,
            lines,
            id("l"),
            Condition::all().add(Expr::cust("1 = 1")),
        )
        .order_by((id("l"), id("changed")), Order::Asc)
        .take())
}

fn own_lines<V: Held>(
    request: &ListRequest,
    reader: &Reader,
    after: i64,
) -> Result<SelectStatement, Error> {
    let clearance = &reader.clearance;
    let matches = matching::<V::Of>(request, At::Version)?.add(clearance.condition("v"));
    let mut before = Query::select()
        .expr(Expr::val(1))
        .from_as(id(V::Of::KIND), id("v"))
        .and_where(v("uid").eq(c("uid")))
        .and_where(v("revision").eq(c("revision").sub(1)))
        .to_owned();
    let stood = before.clone().cond_where(clearance.condition("v")).to_owned();
    let before = before.cond_where(matches.clone()).to_owned();
    let same = v("uid").eq(c("uid")).and(v("revision").eq(c("revision")));
    Ok(rows::select(&mut lines(V::Of::KIND, after))
        .expr_as(flag(matches), id("is_in"))
        .expr_as(flag(Condition::all().add(Expr::exists(before))), id("was_in"))
        .expr_as(flag(Condition::all().add(Expr::exists(stood))), id("was_seen"))
        .expr_as(flag(within_seen::<V::Of>(clearance, c("time"))), id("within"))
        .expr_as(flag(seen_since::<V::Of>(clearance, &c("time"))), id("shown"))
        .expr_as(flag(clearance.condition_by("v", "shown")), id("own"))
        .expr_as(Expr::cust("''"), id("parent"))
        .join_as(JoinType::InnerJoin, id(V::Of::KIND), id("v"), same)
        .to_owned())
}

fn parent_lines(kind: &str, reader: &Reader, after: i64) -> SelectStatement {
    let o = |column: &str| Expr::col((id("o"), id(column)));
    let seen = reader.clearance.condition("o");
    let before = Query::select()
        .expr(Expr::val(1))
        .from_as(id(kind), id("o"))
        .and_where(o("uid").eq(c("uid")))
        .and_where(o("revision").eq(c("revision").sub(1)))
        .cond_where(seen.clone())
        .to_owned();
    let same = o("uid").eq(c("uid")).and(o("revision").eq(c("revision")));
    // As `rows::select` has them, but for what a parent is not asked for.
    let mut lines = lines(kind, after);
    about::select_none(lines.columns(KEY.map(|column| (id("o"), id(column)))))
        // Its type is named, as no engine guesses it here.
        .expr_as(Expr::cust("CAST(NULL AS bytea)"), id("document"))
        .expr_as(flag(seen), id("is_in"))
        .expr_as(flag(Condition::all().add(Expr::exists(before))), id("was_in"))
        .expr_as(flag(Condition::all()), id("was_seen"))
        .expr_as(flag(Condition::all()), id("within"))
        .expr_as(flag(Condition::all()), id("shown"))
        .expr_as(flag(Condition::all()), id("own"))
        .expr_as(o("name"), id("parent"))
        .join_as(JoinType::InnerJoin, id(kind), id("o"), same)
        .to_owned()
}

/// A change of a resource after a record time and before another that a reader could notice when it
/// was made, if there is one: by the index of the log over kind and time.
pub(crate) fn noticed<V: Held>(reader: &Reader, after: i64, until: i64) -> SelectStatement {
    let clearance = &reader.clearance;
    let came = Query::select()
        .expr(Expr::val(1))
        .from_as(id("head"), id("h"))
        .and_where(Expr::col((id("h"), id(Head::column(clearance)))).gt(after))
        .take();
    let same = v("uid").eq(c("uid")).and(v("revision").eq(c("revision")));
    let mut query = lines(V::Of::KIND, after);
    query
        .join_as(JoinType::InnerJoin, id(V::Of::KIND), id("v"), same)
        .and_where(c("time").lt(until))
        .and_where(Expr::exists(came))
        .limit(1);
    if !clearance.is_whole() {
        let p = |column: &str| Expr::col((id("p"), id(column)));
        let before = Query::select()
            .expr(Expr::val(1))
            .from_as(id(V::Of::KIND), id("p"))
            .and_where(p("uid").eq(c("uid")))
            .and_where(p("revision").eq(c("revision").sub(1)))
            .cond_where(clearance.condition("p"))
            .take();
        let hidden = Condition::all().add(clearance.condition("v").not()).add(Expr::exists(before));
        let shown = clearance.condition_by("v", "shown");
        query
            .cond_where(Condition::any().add(shown).add(hidden))
            .cond_where(within_seen::<V::Of>(clearance, c("time")));
    }
    query
}

/// The lines `c` of one kind that wrote a version, after a record time.
fn lines(kind: &str, after: i64) -> SelectStatement {
    Query::select()
        .expr_as(c("time"), id("changed"))
        .expr_as(c("hash"), id("hash"))
        .from_as(id("change"), id("c"))
        .and_where(c("kind").eq(kind))
        .and_where(c("operation").ne("read"))
        .and_where(c("time").gt(after))
        .order_by((id("c"), id("time")), Order::Asc)
        .limit(BATCH)
        .to_owned()
}

fn c(column: &str) -> SimpleExpr {
    Expr::col((id("c"), id(column)))
}

fn flag(condition: Condition) -> SimpleExpr {
    if condition.is_empty() {
        return Expr::cust("1");
    }
    Expr::case(condition, 1).finally(0).into()
}

fn all_of(query: SelectStatement, name: &str) -> SelectStatement {
    Query::select().column(Asterisk).from_subquery(query, id(name)).to_owned()
}
