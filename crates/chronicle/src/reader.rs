//! Who reads: what they may see decides what a query finds.

use policy::{Desks, Sight, Tier};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};

use crate::Chronicle;
use crate::error::Error;
use crate::filter::At;
use crate::resource::Resource;
use crate::schema::{hidden_literal, id, open_literal};

/// Somebody who reads.
#[derive(Clone, Debug)]
pub struct Reader {
    /// What they may see.
    pub sight: Sight,
    /// Who they are, as the log keeps it.
    pub caller: String,
    /// What they do: `agreements.read`.
    pub action: String,
}

impl Reader {
    /// The record's own machinery, which sees everything and answers nobody.
    pub fn machinery() -> Self {
        Self { sight: Sight::whole(), caller: String::new(), action: "machinery".to_owned() }
    }

    /// Somebody without a name.
    pub fn public() -> Self {
        Self { sight: Sight::public(), caller: String::new(), action: "read".to_owned() }
    }
}

/// What a reader may see of the versions `v` of a resource at `at`: what the version itself allows, and, of an old version, what
/// the one that stands now allows: raising a tier hides the past too. What lies within a hidden resource is hidden.
pub fn visible<T: Resource>(sight: &Sight, at: At) -> Condition {
    let mut all = Condition::all();
    if sight.is_whole() {
        return all;
    }
    all = all.add(sight.condition("v"));
    if at != At::Now {
        let hidden = hidden(T::KIND, "uid", sight);
        all = all.add(Expr::col((id("v"), id("uid"))).not_in_subquery(hidden));
    }
    if let Some((kind, field)) = T::PARENT {
        let hidden = hidden(kind, "name", sight);
        all = all.add(Expr::col((id("v"), id(field))).not_in_subquery(hidden));
    }
    all
}

/// Those of a kind that stand now and may not be seen.
fn hidden(kind: &str, column: &str, sight: &Sight) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column((id("o"), id(column)))
        .from_as(id(kind), id("o"))
        .and_where(Expr::col((id("o"), id("recorded_to"))).eq(open_literal()))
        // For the index: what is public is never hidden.
        .and_where(hidden_literal())
        .cond_where(sight.condition("o").not())
        .to_owned()
}

impl Chronicle {
    /// Tier and desks of what stands under a name, of a kind that is known by its table; for checks.
    pub async fn access(&self, kind: &str, name: &str) -> Result<Option<(Tier, Desks)>, Error> {
        let query = Query::select()
            .columns(["tier", "desks"].map(id))
            .from(id(kind))
            .and_where(Expr::col(id("name")).eq(name))
            .and_where(Expr::col(id("recorded_to")).eq(open_literal()))
            .to_owned();
        let Some(row) = self.db.query_one(&query).await? else { return Ok(None) };
        let (tier, desks): (i64, i64) = (row.try_get("", "tier")?, row.try_get("", "desks")?);
        Ok(Some((Tier::from_level(tier), Desks::from_bits(desks))))
    }
}
