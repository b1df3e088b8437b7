//! Parts of the statements of a search.

use policy::Tier;
use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr, UnionType,
};

use super::asked::Search;
use super::kinds::Searched;
use crate::columns::{id, side, v};
use crate::filter::standing;
use crate::resource::WORDS;
use crate::terms::at_tier;

/// The table of the words of a kind.
pub(super) fn words_of(kind: &str) -> String {
    side(kind, WORDS)
}

/// Returns whether a row of words `alias` has one of some forms, of one of some tiers.
pub(super) fn is(alias: &str, forms: &[String], tiers: &[Tier]) -> Condition {
    let of_tier = |tier: &Tier| forms.iter().map(|form| at_tier(*tier, form)).collect::<Vec<_>>();
    let all = tiers.iter().flat_map(of_tier);
    Condition::all().add(value(alias).is_in(all))
}

/// Returns whether a row begins like the last word of the query.
pub(super) fn begins(alias: &str, prefix: &str, tier: Tier) -> Condition {
    let begin = at_tier(tier, prefix);
    let end = end_of(&begin);
    Condition::all().add(value(alias).gte(begin)).add(value(alias).lt(end))
}

/// The text before which all end that begin so.
pub(super) fn end_of(begin: &str) -> String {
    format!("{begin}{}", char::MAX)
}

/// The form in a row.
pub(super) fn value(alias: &str) -> SimpleExpr {
    column(alias, "value")
}

/// A column of a table of a query.
pub(super) fn column(alias: &str, name: &str) -> SimpleExpr {
    Expr::col((id(alias), id(name)))
}

/// These columns of a table of a query.
pub(super) fn of<const N: usize>(table: &str, names: [&'static str; N]) -> [(Alias, Alias); N] {
    names.map(|name| (id(table), id(name)))
}

/// A number that is a part of the text of a statement.
pub(super) fn number(it: usize) -> SimpleExpr {
    Expr::cust(it.to_string())
}

/// All rows of some statements.
#[derive(Default)]
pub(super) struct Union(Option<SelectStatement>);

impl Union {
    pub fn add(&mut self, rows: SelectStatement) {
        match &mut self.0 {
            None => self.0 = Some(rows),
            Some(all) => {
                all.union(UnionType::All, rows);
            }
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// One statement; of none one that has no row.
    pub fn rows(self) -> SelectStatement {
        self.0.unwrap_or_else(|| {
            Query::select().expr(Expr::cust("1")).and_where(Expr::cust("1 = 0")).take()
        })
    }
}

impl Search<'_> {
    /// The rows of words `d` of a kind that meet a condition; where not all of them are of
    /// resources that the reader may see, only those that are.
    pub(super) fn rows(
        &self,
        searched: &Searched,
        is_it: Condition,
        is_free: bool,
    ) -> SelectStatement {
        let mut rows = Query::select();
        rows.from_as(id(words_of(searched.kind)), id("d"));
        if is_free {
            return rows.cond_where(is_it).cond_where(standing("d", self.at)).take();
        }
        self.with_versions(searched, &mut rows, "d");
        rows.cond_where(is_it).cond_where(standing("d", self.at)).take()
    }

    /// A condition that always holds of rows of words `x` that are looked up by their resources.
    ///
    /// The index of the values has all that is asked of a row, and PostgreSQL would rather go
    /// through all rows of a word in that index alone than look into two places. Of where a row
    /// lies no index says anything. Beside it the schema says that words are frequent.
    pub(super) fn by_resource(&self) -> Condition {
        let is_postgres = self.chronicle.db.get_database_backend() == DbBackend::Postgres;
        Condition::all().add_option(is_postgres.then(|| column("x", "ctid").is_not_null()))
    }

    /// Adds the versions `v` of the resources of rows that the reader may see.
    ///
    /// SQLite keeps the order of a cross join: by its statistics it would go through all resources
    /// for a frequent word, and sort them.
    pub(super) fn with_versions(
        &self,
        searched: &Searched,
        rows: &mut SelectStatement,
        alias: &str,
    ) {
        rows.join_as(JoinType::CrossJoin, id(searched.kind), id("v"), Condition::all())
            .and_where(v("uid").eq(column(alias, "uid")))
            .cond_where(standing("v", self.at))
            .cond_where((searched.visible)(&self.reader.clearance, self.at, self.is_now));
    }
}
