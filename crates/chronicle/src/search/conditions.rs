//! Parts of the statements of a search.

use policy::Tier;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr,
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

    /// The most that its rows of words that meet a condition give a resource; a query of one value,
    /// which planners do not make a join of. The weight is in an expression, so that they go by the
    /// resource and not through all rows of a word in the order of their weights.
    pub(super) fn heaviest(
        &self,
        searched: &Searched,
        is_it: Condition,
        uid: SimpleExpr,
    ) -> SimpleExpr {
        let heaviest = Query::select()
            .expr(Func::max(Expr::cust("\"x\".\"weight\" + 0")))
            .from_as(id(words_of(searched.kind)), id("x"))
            .and_where(column("x", "uid").eq(uid))
            .cond_where(is_it)
            .cond_where(standing("x", self.at))
            .take();
        SimpleExpr::from(heaviest)
    }
}
