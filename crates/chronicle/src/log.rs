//! The change log for those who watch over it: who wrote or read what, when, by which method. No
//! contents.

use sea_orm::sea_query::{Expr, ExprTrait, Func, JoinType, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::chain;
use crate::columns::id;
use crate::error::Error;
use crate::verify::Kind;

/// Which lines are asked for; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The caller, as the log records it.
    pub caller: Option<String>,
    /// The name of the resource.
    pub name: Option<String>,
    /// `read`, `create`, `update`, `delete` or `undelete`.
    pub operation: Option<String>,
}

/// A line of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub seq: i64,
    /// Its record time.
    pub time: i64,
    /// `read`, `create`, `update`, `delete` or `undelete`.
    pub operation: String,
    /// The name of the resource; its kind and uid where the version is gone.
    pub name: String,
    /// The version that was written or read.
    pub revision: i64,
    /// The caller; empty if anonymous.
    pub caller: String,
    /// The request that wrote it, or the action that read it.
    pub method: String,
}

/// The lines asked for after a record time, in order: one page, empty at the end. One query.
pub async fn page(
    db: &impl ConnectionTrait,
    kinds: &[Kind],
    asked: &Asked,
    after: i64,
) -> Result<Vec<Line>, Error> {
    let c = |column: &str| Expr::col((id("c"), id(column)));
    let columns =
        ["seq", "time", "kind", "uid", "revision", "operation", "caller", "method"].map(id);
    let mut query = Query::select();
    query
        .columns(columns.map(|column| (id("c"), column)))
        .from_as(id("change"), id("c"))
        .and_where(c("time").gt(after))
        .order_by((id("c"), id("time")), Order::Asc)
        .limit(chain::PAGE);
    let mut names = vec![Expr::val(None::<String>)];
    for kind in kinds {
        let of = |column: &str| Expr::col((id(kind.name), id(column)));
        let same = c("kind").eq(kind.name).and(of("uid").eq(c("uid")));
        let same = same.and(of("revision").eq(c("revision")));
        query.join(JoinType::LeftJoin, id(kind.name), same);
        names.push(of("name"));
    }
    let name = Expr::expr(Func::coalesce(names));
    query.expr_as(name.clone(), id("name"));
    if let Some(asked) = &asked.name {
        query.and_where(name.eq(asked.as_str()));
    }
    for (column, asked) in [("caller", &asked.caller), ("operation", &asked.operation)] {
        if let Some(asked) = asked {
            query.and_where(c(column).eq(asked.as_str()));
        }
    }
    db.query_all(&query).await?.iter().map(line).collect()
}

fn line(row: &QueryResult) -> Result<Line, Error> {
    let name: Option<String> = row.try_get("", "name")?;
    let (kind, uid): (String, Uuid) = (row.try_get("", "kind")?, row.try_get("", "uid")?);
    Ok(Line {
        seq: row.try_get("", "seq")?,
        time: row.try_get("", "time")?,
        operation: row.try_get("", "operation")?,
        name: name.unwrap_or_else(|| format!("{kind} {uid}")),
        revision: row.try_get("", "revision")?,
        caller: row.try_get("", "caller")?,
        method: row.try_get("", "method")?,
    })
}
