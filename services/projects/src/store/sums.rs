//! The one statement of the sums.

use chronicle::filter::{filter, standing};
use chronicle::read::{holds, v, with_head};
use chronicle::reader::visible;
use chronicle::{At, Chronicle, Error, Lane, Reader, Resource};
use facts::total::Total;
use facts::vocabulary::Vocabulary;
use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::domain::shares::Shares;
use crate::domain::sum::Group;
use crate::domain::transaction::Type;
use crate::domain::{Project, Transaction};

/// Units are summed in two halves, so that no sum leaves 64 bits: the whole billions, and what is left of each.
const BILLION: i64 = 1_000_000_000;

/// What the statement tells apart, besides type and currency.
#[derive(Clone, Copy, Debug, Default)]
pub struct Apart {
    /// By year.
    pub years: bool,
    /// By project.
    pub projects: bool,
    /// By how the amounts are split.
    pub shares: bool,
}

/// The sums of the transactions that match a filter and stand undeleted, and the record time they hold for. One query.
pub async fn groups(
    chronicle: &Chronicle,
    text: &str,
    apart: Apart,
    read_time: Option<i64>,
    reader: &Reader,
) -> Result<(Vec<Group>, i64), Error> {
    let at = chronicle.at(read_time).await?;
    let turn = chronicle.turn(Lane::Page).await;
    let rows =
        chronicle.db.query_all(&with_head(statement(text, apart, at, reader)?, reader)).await?;
    drop(turn);
    let head: i64 = match rows.first() {
        Some(row) => row.try_get("", "head")?,
        None => return Err(Error::Corrupt("the head row is gone".to_owned())),
    };
    let read_time = holds(at, head);
    let groups = rows.iter().filter_map(|row| group(row, apart).transpose());
    Ok((groups.collect::<Result<_, Error>>()?, read_time))
}

fn id(name: &str) -> Alias {
    Alias::new(name)
}

fn statement(text: &str, apart: Apart, at: At, reader: &Reader) -> Result<SelectStatement, Error> {
    let column = |table: &str, path: &str| Expr::col((id(table), id(path)));
    let sum = |value: SimpleExpr| Expr::expr(Func::sum(value)).cast_as(id("bigint"));
    let mut keys = vec![v("type"), v("currency")];
    let mut query = Query::select()
        .column((id("v"), id("type")))
        .column((id("v"), id("currency")))
        .expr_as(sum(v("units").div(BILLION)), id("billions"))
        .expr_as(sum(v("units").modulo(BILLION)), id("units"))
        .expr_as(sum(v("nanos")), id("nanos"))
        .expr_as(Expr::expr(Func::count(v("uid"))).cast_as(id("bigint")), id("transactions"))
        .from_as(id(Transaction::KIND), id("v"))
        .cond_where(standing("v", at))
        .cond_where(visible::<Transaction>(&reader.sight, at))
        .and_where(v("deleted").eq(false))
        .and_where(v("project").not_in_subquery(deleted_projects(at)))
        .cond_where(filter::<Transaction>(text, at)?)
        .to_owned();
    for (wanted, path) in
        [(apart.years, "year"), (apart.projects, "project"), (apart.shares, "shares")]
    {
        if wanted {
            query.column((id("v"), id(path)));
            keys.push(v(path));
        }
    }
    if apart.shares {
        let same = Condition::all().add(column("p", "name").eq(v("project")));
        query.join_as(JoinType::LeftJoin, id(Project::KIND), id("p"), same.add(standing("p", at)));
        query.expr_as(column("p", "shares"), id("project_shares"));
        keys.push(column("p", "shares"));
    }
    query.add_group_by(keys);
    Ok(query)
}

/// The projects that are deleted at `at`: what stands within them counts no more.
fn deleted_projects(at: At) -> SelectStatement {
    Query::select()
        .column((id("d"), id("name")))
        .from_as(id(Project::KIND), id("d"))
        .cond_where(standing("d", at))
        .and_where(Expr::col((id("d"), id("deleted"))).eq(true))
        .to_owned()
}

/// A row as a group; nothing where no transaction matched.
fn group(row: &QueryResult, apart: Apart) -> Result<Option<Group>, Error> {
    let Some(word) = row.try_get::<Option<String>>("", "type")? else { return Ok(None) };
    let corrupt = |what: &str| Error::Corrupt(format!("a sum of transactions: {what}"));
    let r#type = Type::ALL.iter().copied().find(|known| known.word() == word);
    let shares = |path: &str| -> Result<Shares, Error> {
        let label: Option<String> = if apart.shares { row.try_get("", path)? } else { None };
        Shares::from_label(&label.unwrap_or_default()).map_err(|error| corrupt(&error.to_string()))
    };
    let number = |path: &str| row.try_get::<i64>("", path);
    let total = Total::new(number("billions")?, number("units")?, number("nanos")?);
    let year: i64 = if apart.years { row.try_get("", "year")? } else { 0 };
    Ok(Some(Group {
        r#type: r#type.ok_or_else(|| corrupt(&format!("the type {word} is not known")))?,
        currency: row.try_get("", "currency")?,
        year: i32::try_from(year).map_err(|error| corrupt(&error.to_string()))?,
        project: if apart.projects { row.try_get("", "project")? } else { String::new() },
        own: shares("shares")?,
        of_project: shares("project_shares")?,
        total,
        transactions: row.try_get("", "transactions")?,
    }))
}
