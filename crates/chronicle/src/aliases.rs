//! Other names of what a field refers to: asked by one of them, it finds what is recorded under
//! any.

use std::collections::{BTreeSet, HashMap};

use policy::Tier;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr, UnionType,
};

use crate::Chronicle;
use crate::columns::{id, side};
use crate::error::Error;
use crate::filter::{At, standing};
use crate::lane::Lane;
use crate::reader::public_since;
use crate::resource::Resource;
pub use crate::spelling::Aliases;

/// Other names that are looked up one by one; of more all are read.
const FEW: usize = 500;

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

impl Aliases {
    /// The name of each that everybody may see, after each of its other names; of these, where they
    /// are few.
    fn named(self, few: Option<&BTreeSet<&String>>, at: At) -> SelectStatement {
        let seen = |known: SimpleExpr| {
            let since = match at {
                At::Time(time) => Some(public_since(self.kind, col("o", "name"), time)),
                _ => None,
            };
            Query::select()
                .expr_as(known.clone(), id("known"))
                .column((id("o"), id("name")))
                .from_as(id(self.kind), id("o"))
                .cond_where(standing("o", at))
                .and_where(col("o", "deleted").eq(false))
                .and_where(col("o", "tier").eq(Tier::Public.level()))
                .and_where_option(since)
                .and_where(known.clone().is_not_null())
                .and_where_option(few.map(|few| known.is_in(few.iter().copied())))
                .to_owned()
        };
        let single = self.single.iter().map(|path| seen(col("o", path)));
        let many = self.many.iter().map(|path| {
            let same = Condition::all().add(col("a", "uid").eq(col("o", "uid")));
            let same = same.add(standing("a", at));
            let table = id(side(self.kind, path));
            seen(col("a", "value")).join_as(JoinType::InnerJoin, table, id("a"), same).to_owned()
        });
        let mut all = single.chain(many);
        let mut first = all.next().unwrap_or_default();
        for next in all {
            first.union(UnionType::Distinct, next);
        }
        first
    }
}

impl Chronicle {
    /// The names of what the list `path` refers to, after the others by which it is known, of
    /// these: of several with one the first. Only of what everybody may see. One query, and none
    /// where there is nothing to look up.
    pub async fn named_by<T: Resource>(
        &self,
        path: &str,
        asked: impl ExactSizeIterator<Item = &String>,
        at: At,
    ) -> Result<HashMap<String, String>, Error> {
        let asked: BTreeSet<&String> = asked.collect();
        let field = T::fields().into_iter().find(|field| field.path == path);
        let Some(aliases) = field.and_then(|field| field.aliases) else {
            return Ok(HashMap::new());
        };
        if asked.is_empty() {
            return Ok(HashMap::new());
        }
        let few = (asked.len() <= FEW).then_some(&asked);
        let _turn = self.turn(Lane::Page).await;
        let rows = self.readers.query_all(&aliases.named(few, at)).await?;
        let mut names: HashMap<String, String> = HashMap::new();
        for row in &rows {
            let (known, name): (String, String) =
                (row.try_get("", "known")?, row.try_get("", "name")?);
            if asked.contains(&known) {
                let first = names.entry(known).or_insert_with(|| name.clone());
                if name < *first {
                    *first = name;
                }
            }
        }
        Ok(names)
    }
}

fn col(table: &str, column: &str) -> SimpleExpr {
    Expr::col((id(table), id(column)))
}
