//! Other names of what a field refers to: asked by one of them, it finds what is recorded under
//! any.

use std::collections::BTreeSet;

use policy::Tier;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, Query, SelectStatement, SimpleExpr, UnionType,
};

use crate::Chronicle;
use crate::columns::{id, side};
use crate::error::Error;
use crate::filter::{At, standing};
use crate::lane::Lane;
use crate::reader::public_since;
use crate::resource::Resource;
pub use crate::spelling::Aliases;

impl Aliases {
    /// Returns whether a value is the wanted one, or another name of it. The one meant is judged by
    /// what stands now or stood at a record time, and only by what everybody may see, then and ever
    /// since: else an answer would tell that something hidden is recorded.
    pub(crate) fn same(self, value: &SimpleExpr, asked: &str, at: At) -> SimpleExpr {
        value.clone().in_subquery(self.all(asked, at))
    }

    /// Returns the wanted value, and all other names of it.
    fn all(self, asked: &str, at: At) -> SelectStatement {
        let at = if at == At::Version { At::Now } else { at };
        let mut same = Query::select().expr_as(Expr::val(asked), id("known")).to_owned();
        for path in ["name"].iter().chain(self.single) {
            same.union(UnionType::Distinct, self.meant(path, asked, at));
        }
        for path in self.many {
            let all = self
                .listed("i", path, at)
                .column((id("i"), id("value")))
                .and_where(col("i", "uid").in_subquery(self.meant("uid", asked, at)))
                .to_owned();
            same.union(UnionType::Distinct, all);
        }
        same
    }

    /// A column of those that have this name.
    fn meant(self, column: &str, asked: &str, at: At) -> SelectStatement {
        let mut named = Condition::any();
        for path in ["name"].iter().chain(self.single) {
            named = named.add(col("o", path).eq(asked));
        }
        for path in self.many {
            let listed = self
                .listed("a", path, at)
                .column((id("a"), id("uid")))
                .and_where(col("a", "value").eq(asked))
                .to_owned();
            named = named.add(col("o", "uid").in_subquery(listed));
        }
        let since = match at {
            At::Time(time) => Some(public_since(self.kind, col("o", "name"), time)),
            _ => None,
        };
        Query::select()
            .column((id("o"), id(column)))
            .from_as(id(self.kind), id("o"))
            .cond_where(standing("o", at))
            .and_where(col("o", column).is_not_null())
            .and_where(col("o", "deleted").eq(false))
            .and_where(col("o", "tier").eq(Tier::Public.level()))
            .and_where_option(since)
            .cond_where(named)
            .to_owned()
    }

    fn listed(self, table: &str, path: &str, at: At) -> SelectStatement {
        Query::select()
            .from_as(id(side(self.kind, path)), id(table))
            .cond_where(standing(table, at))
            .to_owned()
    }
}

impl Chronicle {
    /// All by which what is asked for in the list `path` is known: itself, in the spelling of
    /// [`crate::filter::meant`], and its other names. One query, and none where it has none.
    pub async fn known_as<T: Resource>(
        &self,
        path: &str,
        asked: &str,
        at: At,
    ) -> Result<BTreeSet<String>, Error> {
        let field = T::fields().into_iter().find(|field| field.path == path);
        let Some(aliases) = field.and_then(|field| field.aliases) else {
            return Ok([asked.to_owned()].into());
        };
        let _turn = self.turn(Lane::Page).await;
        let rows = self.readers.query_all(&aliases.all(asked, at)).await?;
        let known = rows.iter().map(|row| row.try_get::<Option<String>>("", "known"));
        Ok(known.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

fn col(table: &str, column: &str) -> SimpleExpr {
    Expr::col((id(table), id(column)))
}
