//! Queries of an import. Each function is a constant number of queries, however large the batch.

use std::collections::HashSet;

use chronicle::filter::standing;
use chronicle::read::v;
use chronicle::{At, Chronicle, Error, Resource, Stored};
use policy::{Clearance, Desks, Tier};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::children::parts;
use crate::importer::Importer;

/// Children that are compared at once, and those of one page where they are more.
const MAX: u64 = 5000;
const PAGE: u64 = 1000;
/// Names of one query: the engines take only so many parameters.
const NAMES: usize = 500;

/// A child that an import recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// True if it is deleted.
    pub deleted: bool,
    /// True if it has other versions than its first, or more than what names it, so that it may not
    /// be as the file has it.
    pub rewritten: bool,
    /// True if the caller may not see it.
    pub hidden: bool,
}

/// Returns the parents that have one of the names or identifiers, deleted ones too. A query for the
/// names, and one for each 500 identifiers.
pub async fn parents<I: Importer>(
    chronicle: &Chronicle,
    names: &[String],
    identifiers: &[String],
) -> Result<Vec<Stored<I::Parent>>, Error> {
    let by_name = chronicle.versions_among::<I::Parent>("name", names);
    let by_identifier = identifiers.chunks(NAMES).map(|some| {
        let mut query = chronicle.versions_among::<I::Parent>(I::IDENTIFIER, some);
        query.and_where(v("name").is_not_in(names)).to_owned()
    });
    let mut found = Vec::new();
    for query in std::iter::once(by_name).chain(by_identifier) {
        for row in chronicle.db.query_all(&query).await? {
            found.push(chronicle.stored(&row)?);
        }
    }
    Ok(found)
}

/// Returns the imported children that have one of these texts in a column, deleted and hidden ones
/// too; `clearance` is that of the caller. Nothing if they are more than can be held at once. One
/// query for each 500 texts.
pub async fn children<I: Importer>(
    chronicle: &Chronicle,
    column: &str,
    texts: &[String],
    clearance: &Clearance,
) -> Result<Option<Vec<Imported>>, Error> {
    let mut found = Vec::new();
    for some in texts.chunks(NAMES) {
        let mut query = chronicle.among(I::Child::KIND, column, some);
        let query = select_imported::<I>(&mut query).limit(MAX + 1).to_owned();
        let rows = chronicle.db.query_all(&query).await?;
        if u64::try_from(rows.len()).is_ok_and(|found| found > MAX) {
            return Ok(None);
        }
        found.extend(imported::<I>(&rows, clearance)?);
    }
    Ok(Some(found))
}

/// Returns the imported ones among the next children of a parent after a uid, and the uid of the
/// last that was looked at; nothing when there are no more.
pub async fn children_after<I: Importer>(
    chronicle: &Chronicle,
    parent: &str,
    after: Uuid,
    clearance: &Clearance,
) -> Result<Option<(Vec<Imported>, Uuid)>, Error> {
    let Some((_, column)) = I::Child::PARENT else { return Ok(None) };
    let query = select_imported::<I>(&mut Query::select())
        .from_as(Alias::new(I::Child::KIND), Alias::new("v"))
        .cond_where(standing("v", At::Now))
        .and_where(v(column).eq(parent))
        .and_where(v("uid").gt(after))
        .order_by((Alias::new("v"), Alias::new("uid")), Order::Asc)
        .limit(PAGE)
        .to_owned();
    let rows = chronicle.db.query_all(&query).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    Ok(Some((imported::<I>(&rows, clearance)?, last.try_get("", "uid")?)))
}

fn select_imported<I: Importer>(query: &mut SelectStatement) -> &mut SelectStatement {
    let columns = ["uid", "revision", "name", "deleted", "tier", "desks"];
    if let Some(more) = I::has_more() {
        query.expr_as(more, Alias::new("more"));
    }
    query.columns(columns.map(|path| (Alias::new("v"), Alias::new(path))))
}

fn imported<I: Importer>(
    rows: &[QueryResult],
    clearance: &Clearance,
) -> Result<Vec<Imported>, Error> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let name: String = row.try_get("", "name")?;
        if parts(I::MARK, &name).is_some() {
            let tier = Tier::from_level(row.try_get("", "tier")?);
            let desks = Desks::from_bits(row.try_get("", "desks")?);
            let hidden = !clearance.sees(tier, desks, &name);
            let has_more = I::has_more().is_some() && row.try_get("", "more")?;
            let rewritten = has_more || row.try_get::<i64>("", "revision")? > 1;
            let deleted = row.try_get("", "deleted")?;
            found.push(Imported { name, deleted, rewritten, hidden });
        }
    }
    Ok(found)
}

/// Returns the children of these names as they stand, deleted ones too.
pub async fn versions<I: Importer>(
    chronicle: &Chronicle,
    names: &[String],
) -> Result<Vec<Stored<I::Child>>, Error> {
    let mut found = Vec::with_capacity(names.len());
    for some in names.chunks(NAMES) {
        let query = chronicle.versions_among::<I::Child>("name", some);
        for row in chronicle.db.query_all(&query).await? {
            found.push(chronicle.stored(&row)?);
        }
    }
    Ok(found)
}

/// Returns those of the record times at which something else than an import wrote. One query for
/// each 500.
pub async fn by_hand<I: Importer>(
    chronicle: &Chronicle,
    times: &[i64],
) -> Result<HashSet<i64>, Error> {
    let mut found = HashSet::new();
    for some in times.chunks(NAMES) {
        let query = Query::select()
            .column(Alias::new("time"))
            .from(Alias::new("change"))
            .and_where(Expr::col(Alias::new("time")).is_in(some.iter().copied()))
            .and_where(Expr::col(Alias::new("method")).ne(I::METHOD))
            .to_owned();
        for row in chronicle.db.query_all(&query).await? {
            found.insert(row.try_get("", "time")?);
        }
    }
    Ok(found)
}
