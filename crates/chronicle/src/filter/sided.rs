//! Versions by the rows of their side tables.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, SelectStatement};
use sea_orm::sea_query::{Query, SimpleExpr};

use super::{At, standing};
use crate::columns::{id, side};

/// That one of these rows `s` of the side table of a field belongs to the version `v`; `each`:
/// looked for by the version, and not the versions by the rows.
pub(crate) fn holds(
    kind: &str,
    path: &str,
    mut rows: SelectStatement,
    at: At,
    each: bool,
) -> Condition {
    // IN, not EXISTS: SQLite then starts from the side table when that is the short way.
    let s = |column: &str| Expr::col((id("s"), id(column)));
    let b = |column: &str| Expr::col((id("b"), id(column)));
    let uid: SimpleExpr = Expr::col((id("v"), id("uid")));
    rows.column((id("s"), id("uid")))
        .from_as(id(side(kind, path)), id("s"))
        .cond_where(standing("s", at));
    if each {
        rows.and_where(s("uid").eq(uid.clone()));
    }
    let time = match at {
        At::Time(time) if !each => time,
        _ => return Condition::all().add(uid.in_subquery(rows)),
    };
    // With when the version that stands then began: so each is found at once, however many there
    // are of it.
    let began = Query::select()
        .expr(b("recorded_from").max())
        .from_as(id(kind), id("b"))
        .and_where(b("uid").eq(s("uid")))
        .and_where(b("recorded_from").lte(time))
        .to_owned();
    rows.expr(Expr::from(began));
    let version = Expr::tuple([uid, Expr::col((id("v"), id("recorded_from")))]);
    Condition::all().add(version.in_subquery(rows))
}
