//! Queries of an import. Each function is a constant number of queries, however large the batch.

use chronicle::filter::standing;
use chronicle::read::v;
use chronicle::{At, Chronicle, Error, Resource, Stored};
use policy::{Desks, Sight, Tier};
use sea_orm::sea_query::{Alias, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::domain::{Project, Transaction};

/// How the names of imported transactions begin; others are never touched by an import.
pub const IMPORTED: &str = "iati-";

/// Transactions that are compared at once, and those of one page where they are more.
const MOST: u64 = 5000;
const PAGE: u64 = 1000;
/// Names of one query: the engines take only so many parameters.
const NAMES: usize = 500;

/// A transaction that an import recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// True if it is deleted.
    pub deleted: bool,
    /// True if the caller may not see it.
    pub hidden: bool,
}

/// The projects that have one of the names or identifiers, deleted ones too. Two queries.
pub async fn projects_of(
    chronicle: &Chronicle,
    names: &[String],
    identifiers: &[String],
) -> Result<Vec<Stored<Project>>, Error> {
    let by_name = chronicle.versions_among::<Project>("name", names);
    let by_identifier = chronicle
        .versions_among::<Project>("iati_identifier", identifiers)
        .and_where(v("name").is_not_in(names))
        .to_owned();
    let mut found = Vec::new();
    for query in [by_name, by_identifier] {
        for row in chronicle.db.query_all(&query).await? {
            found.push(chronicle.stored(&row)?);
        }
    }
    Ok(found)
}

/// The imported transactions of some projects, deleted and hidden ones too; `sight` is that of the caller. Nothing if
/// they are more than can be held at once.
pub async fn transactions_of(
    chronicle: &Chronicle,
    projects: &[String],
    sight: &Sight,
) -> Result<Option<Vec<Imported>>, Error> {
    if projects.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut query = chronicle.among(Transaction::KIND, "project", projects);
    let query = select_imported(&mut query).limit(MOST + 1).to_owned();
    let rows = chronicle.db.query_all(&query).await?;
    if u64::try_from(rows.len()).is_ok_and(|found| found > MOST) {
        return Ok(None);
    }
    all_imported(&rows, sight).map(Some)
}

/// The imported ones among the next transactions of a project after a uid, and the uid of the last that was looked at; nothing
/// when there are no more.
pub async fn imported_after(
    chronicle: &Chronicle,
    project: &str,
    after: Uuid,
    sight: &Sight,
) -> Result<Option<(Vec<Imported>, Uuid)>, Error> {
    let query = select_imported(&mut Query::select())
        .from_as(Alias::new(Transaction::KIND), Alias::new("v"))
        .cond_where(standing("v", At::Now))
        .and_where(v("project").eq(project))
        .and_where(v("uid").gt(after))
        .order_by((Alias::new("v"), Alias::new("uid")), Order::Asc)
        .limit(PAGE)
        .to_owned();
    let rows = chronicle.db.query_all(&query).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    Ok(Some((all_imported(&rows, sight)?, last.try_get("", "uid")?)))
}

/// The imported transactions of these names, deleted and hidden ones too.
pub async fn imported_named(
    chronicle: &Chronicle,
    names: &[String],
    sight: &Sight,
) -> Result<Vec<Imported>, Error> {
    let mut found = Vec::with_capacity(names.len());
    for some in names.chunks(NAMES) {
        let mut query = chronicle.among(Transaction::KIND, "name", some);
        let query = select_imported(&mut query).to_owned();
        found.extend(all_imported(&chronicle.db.query_all(&query).await?, sight)?);
    }
    Ok(found)
}

fn select_imported(query: &mut SelectStatement) -> &mut SelectStatement {
    let columns = ["uid", "name", "deleted", "tier", "desks"];
    query.columns(columns.map(|path| (Alias::new("v"), Alias::new(path))))
}

fn all_imported(rows: &[QueryResult], sight: &Sight) -> Result<Vec<Imported>, Error> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let name: String = row.try_get("", "name")?;
        if name.rsplit('/').next().is_some_and(|id| id.starts_with(IMPORTED)) {
            let tier = Tier::from_level(row.try_get("", "tier")?);
            let desks = Desks::from_bits(row.try_get("", "desks")?);
            let hidden = !sight.sees(tier, desks, &name);
            found.push(Imported { name, deleted: row.try_get("", "deleted")?, hidden });
        }
    }
    Ok(found)
}

/// The transactions of these names, deleted ones too.
pub async fn transactions_named(
    chronicle: &Chronicle,
    names: &[String],
) -> Result<Vec<Stored<Transaction>>, Error> {
    let mut found = Vec::with_capacity(names.len());
    for some in names.chunks(NAMES) {
        let query = chronicle.versions_among::<Transaction>("name", some);
        for row in chronicle.db.query_all(&query).await? {
            found.push(chronicle.stored(&row)?);
        }
    }
    Ok(found)
}
