//! What an import must know of the record. Each function is a constant number of queries, however large the batch.

use chronicle::filter::standing;
use chronicle::read::{v, versions};
use chronicle::{At, Chronicle, Error, Reader, Resource, Stored};
use policy::{Desks, Sight, Tier};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Condition, ExprTrait, Query};

use crate::domain::{Project, Transaction};

/// How the names of imported transactions begin; others are never touched by an import.
pub const IMPORTED: &str = "iati-";

/// Names of one query: the engines take only so many parameters.
const NAMES: usize = 500;

/// A transaction that an import recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Whether whoever imports may not see it.
    pub hidden: bool,
}

/// The projects that have one of the names or identifiers, deleted ones too.
pub async fn projects_of(
    chronicle: &Chronicle,
    names: &[String],
    identifiers: &[String],
) -> Result<Vec<Stored<Project>>, Error> {
    let known =
        Condition::any().add(v("name").is_in(names)).add(v("iati_identifier").is_in(identifiers));
    let query = versions::<Project>(At::Now, &Reader::machinery()).cond_where(known).to_owned();
    chronicle.db.query_all(&query).await?.iter().map(|row| chronicle.stored(row)).collect()
}

/// The imported transactions of some projects, deleted and hidden ones too; `sight` is that of whoever imports.
pub async fn transactions_of(
    chronicle: &Chronicle,
    projects: &[String],
    sight: &Sight,
) -> Result<Vec<Imported>, Error> {
    if projects.is_empty() {
        return Ok(Vec::new());
    }
    let query = Query::select()
        .columns(
            ["name", "deleted", "tier", "desks"].map(|path| (Alias::new("v"), Alias::new(path))),
        )
        .from_as(Alias::new(Transaction::KIND), Alias::new("v"))
        .cond_where(standing("v", At::Now))
        .and_where(v("project").is_in(projects))
        .to_owned();
    let mut found = Vec::new();
    for row in chronicle.db.query_all(&query).await? {
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
        let query = versions::<Transaction>(At::Now, &Reader::machinery())
            .and_where(v("name").is_in(some))
            .to_owned();
        for row in chronicle.db.query_all(&query).await? {
            found.push(chronicle.stored(&row)?);
        }
    }
    Ok(found)
}
