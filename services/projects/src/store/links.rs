//! Queries for the relations between activities: which project has an identifier, and which names
//! one. One query each, however many identifiers there are.

use std::collections::HashMap;

use chronicle::filter::standing;
use chronicle::read::{v, versions};
use chronicle::{At, Chronicle, Error, Reader, Resource, Stored};
use policy::Tier;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, JoinType, Order, Query, SimpleExpr};
use uuid::Uuid;

use crate::domain::Project;

/// Identifiers of one query: the engines take only so many parameters.
const IDENTIFIERS: usize = 500;
/// Projects of one page: each has up to a MiB.
const PAGE: u64 = 10;
/// Where the values of the field `relations` are.
const RELATIONS: &str = "project_relations";

/// The names of the projects that have these IATI identifiers; of several with one, the first. Only
/// those that stand and that everybody may see: the reader of a relation learns that the other is
/// recorded.
pub async fn public_projects_of(
    chronicle: &Chronicle,
    identifiers: &[String],
) -> Result<HashMap<String, String>, Error> {
    let mut found = HashMap::new();
    for some in identifiers.chunks(IDENTIFIERS) {
        let query = chronicle
            .among(Project::KIND, "iati_identifier", some)
            .columns(["name", "iati_identifier"].map(|path| (Alias::new("v"), Alias::new(path))))
            .and_where(v("deleted").eq(false))
            .and_where(v("tier").eq(Tier::Public.level()))
            .order_by((Alias::new("v"), Alias::new("name")), Order::Asc)
            .to_owned();
        for row in chronicle.db.query_all(&query).await? {
            found.entry(row.try_get("", "iati_identifier")?).or_insert(row.try_get("", "name")?);
        }
    }
    Ok(found)
}

/// The next projects after a uid that stand and whose relations name one of these identifiers and
/// not the project of these names that has it, besides others.
pub async fn projects_naming(
    chronicle: &Chronicle,
    identifiers: &[&String],
    names: &[&String],
    besides: &[String],
    after: Uuid,
) -> Result<Vec<Stored<Project>>, Error> {
    let id = |name: &str| Alias::new(name);
    let of = |table: &str, column: &str| -> SimpleExpr { Expr::col((id(table), id(column))) };
    let leads_to = Condition::all()
        .add(of("p", "iati_identifier").eq(of("s", "value")))
        .add(of("p", "name").is_in(names.iter().copied()))
        .add(standing("p", At::Now));
    let linked = Query::select()
        .expr(Expr::val(1))
        .from_as(id(RELATIONS), id("l"))
        .cond_where(standing("l", At::Now))
        .and_where(of("l", "uid").eq(of("s", "uid")))
        .and_where(of("l", "value").eq(of("p", "name")))
        .to_owned();
    let naming = Query::select()
        .column((id("s"), id("uid")))
        .from_as(id(RELATIONS), id("s"))
        .join_as(JoinType::InnerJoin, id(Project::KIND), id("p"), leads_to)
        .cond_where(standing("s", At::Now))
        .and_where(of("s", "value").is_in(identifiers.iter().copied()))
        .and_where(Expr::exists(linked).not())
        .to_owned();
    let query = versions::<Project>(At::Now, &Reader::system())
        .and_where(v("uid").in_subquery(naming))
        .and_where(v("uid").gt(after))
        .and_where(v("deleted").eq(false))
        .and_where(chronicle.doubled())
        .and_where(v("name").is_not_in(besides))
        .order_by((id("v"), id("uid")), Order::Asc)
        .limit(PAGE)
        .to_owned();
    chronicle.db.query_all(&query).await?.iter().map(|row| chronicle.stored(row)).collect()
}
