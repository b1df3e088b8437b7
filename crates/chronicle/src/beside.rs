//! The side tables of the record, to be verified: the values of repeated fields, and the times of
//! the head row.

use std::collections::BTreeMap;

use policy::Tier;
use sea_orm::sea_query::{Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::columns::{OPEN, id, side};
use crate::error::Error;
use crate::head::Head;
use crate::sides::{SideKind, SideValue};

fn column(table: &'static str, column: &str) -> SimpleExpr {
    Expr::col((id(table), id(column)))
}

/// The values a side table holds at the record time of each change of a kind after `after` up to
/// `last`, by that time.
pub(crate) async fn values(
    db: &DatabaseTransaction,
    kind: &str,
    (path, sides): (&str, SideKind),
    (after, last): (i64, i64),
) -> Result<BTreeMap<i64, Vec<SideValue>>, Error> {
    let stands = column("s", "recorded_from")
        .lte(column("c", "time"))
        .and(column("s", "recorded_to").gt(column("c", "time")))
        .and(column("s", "uid").eq(column("c", "uid")));
    let query = Query::select()
        .column((id("c"), id("time")))
        .columns(sides.value_columns().iter().map(|column| (id("s"), id(*column))))
        .from_as(id("change"), id("c"))
        .join_as(JoinType::InnerJoin, id(side(kind, path)), id("s"), stands)
        .and_where(column("c", "kind").eq(kind))
        .and_where(column("c", "time").gt(after))
        .and_where(column("c", "time").lte(last))
        .to_owned();
    let mut all: BTreeMap<i64, Vec<SideValue>> = BTreeMap::new();
    for row in db.query_all(&query).await? {
        all.entry(row.try_get("", "time")?).or_default().push(SideValue::of(&row, sides)?);
    }
    // Sorted here: databases sort texts in ways of their own.
    for values in all.values_mut() {
        values.sort();
    }
    Ok(all)
}

/// A value of a side table that begins or ends where no version of its resource does, if there is
/// one. With what [`values`] finds at the versions this makes certain what holds between them.
pub(crate) async fn orphaned(
    db: &DatabaseTransaction,
    kind: &str,
    path: &str,
) -> Result<Option<String>, Error> {
    for end in ["recorded_from", "recorded_to"] {
        let begins = column("v", "recorded_from").eq(column("s", end));
        let query = Query::select()
            .column((id("s"), id("value")))
            .from_as(id(side(kind, path)), id("s"))
            .join_as(
                JoinType::LeftJoin,
                id(kind),
                id("v"),
                column("v", "uid").eq(column("s", "uid")).and(begins),
            )
            .and_where(column("v", "uid").is_null())
            .and_where(column("s", end).ne(OPEN))
            .limit(1)
            .to_owned();
        if let Some(row) = db.query_one(&query).await? {
            return Ok(Some(row.try_get("", "value")?));
        }
    }
    Ok(None)
}

/// The record times of the last versions of a kind that readers up to PUBLIC, RESTRICTED and
/// CONFIDENTIAL can notice: because they see it, or because they no longer see what was before it;
/// and by what it lies within, as that stood then.
pub(crate) async fn noticed(
    db: &impl ConnectionTrait,
    kind: &str,
    parent: Option<(&str, &str)>,
) -> Result<[i64; 3], Error> {
    let row = db.query_one(&noticed_query(kind, parent)).await?;
    let row = row.ok_or_else(|| Error::Corrupt("a count gave no row".to_owned()))?;
    let mut times = [0; 3];
    for (time, name) in times.iter_mut().zip(Head::SEEN) {
        *time = row.try_get("", name)?;
    }
    Ok(times)
}

fn noticed_query(kind: &str, parent: Option<(&str, &str)>) -> SelectStatement {
    let before = column("p", "uid")
        .eq(column("v", "uid"))
        .and(column("p", "revision").eq(column("v", "revision").sub(1)));
    let mut query = Query::select();
    for (tier, name) in [Tier::Public, Tier::Restricted, Tier::Confidential].iter().zip(Head::SEEN)
    {
        let level = tier.level();
        let gone = column("p", "tier").lte(level).and(column("v", "tier").gt(level));
        let mut seen = column("v", "shown").lte(level).or(gone);
        if parent.is_some() {
            seen = seen.and(column("o", "tier").lte(level).or(column("o", "tier").is_null()));
        }
        let time = Expr::case(seen, column("v", "recorded_from")).finally(0_i64);
        query.expr_as(Func::coalesce([Func::max(time).into(), Expr::val(0_i64)]), id(name));
    }
    query.from_as(id(kind), id("v")).join_as(JoinType::LeftJoin, id(kind), id("p"), before);
    if let Some((of, field)) = parent {
        let around = Expr::col((id("o"), id("name")))
            .eq(Expr::col((id("v"), id(field))))
            .and(column("o", "recorded_from").lte(column("v", "recorded_from")))
            .and(column("o", "recorded_to").gt(column("v", "recorded_from")));
        query.join_as(JoinType::LeftJoin, id(of), id("o"), around);
    }
    query
}
