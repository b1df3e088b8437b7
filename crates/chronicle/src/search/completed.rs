//! The longer words that a frequent last word of a query may be the beginning of: those that weigh
//! most, and not the last of the alphabet.

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr,
    UnionType, WithClause,
};
use words::Key;

use super::asked::Search;
use super::conditions::{Union, column, end_of, value};
use super::kinds::Searched;
use crate::columns::id;
use crate::error::Error;
use crate::limited::Limited;
use crate::terms::{at_tier, without_tier};

/// Longer words that are looked at, of each tier.
const MAX_LOOKED: i64 = 48;

impl Search<'_> {
    /// The longer words of a kind, the heaviest first; without those whose stem is asked for.
    pub(super) async fn completed(
        &self,
        searched: &Searched,
        prefix: &str,
        stems: &[String],
    ) -> Result<Vec<String>, Error> {
        let mut with = WithClause::new();
        with.recursive(true);
        let mut all = Union::default();
        for of in self.tiers_of(searched) {
            for tier in of.tiers {
                let name = format!("f{}", tier.level());
                with.cte(self.forms_of_tier(searched, &name, &at_tier(tier, prefix), of.is_free));
                let is_it = Condition::all().add(value("d").eq(value(&name)));
                let heaviest = self.one(searched, is_it, of.is_free, "weight");
                let one = Query::select()
                    .column((id(&name), id("value")))
                    .expr_as(SimpleExpr::from(heaviest), id("weight"))
                    .from(id(&name))
                    .and_where(value(&name).is_not_null())
                    .take();
                all.add(one);
            }
        }
        let all = all.rows().with_cte(with).take();
        let mut found: BTreeMap<String, i64> = BTreeMap::new();
        for row in self.chronicle.db.query_all(&Limited(&all)).await? {
            let form: String = row.try_get("", "value")?;
            let weight: Option<i64> = row.try_get("", "weight")?;
            let heaviest = found.entry(without_tier(&form).to_owned()).or_default();
            *heaviest = Ord::max(*heaviest, weight.unwrap_or_default());
        }
        let is_stem = |form: &String| {
            let mut keys = words::tokens(form).filter_map(|token| Key::of(&token));
            stems.contains(form) || keys.any(|key| stems.contains(&key.stem))
        };
        let mut forms: Vec<_> = found.into_iter().filter(|(form, _)| !is_stem(form)).collect();
        forms.sort_by_key(|(form, weight)| (-weight, form.len()));
        Ok(forms.into_iter().map(|(form, _)| form).collect())
    }

    /// The forms that begin so, one after the other, each by one look into the index.
    fn forms_of_tier(
        &self,
        searched: &Searched,
        name: &str,
        begin: &str,
        is_free: bool,
    ) -> CommonTableExpression {
        let end = end_of(begin);
        let next = |after: SimpleExpr| {
            let is_it = Condition::all().add(after).add(value("d").lt(end.as_str()));
            SimpleExpr::from(self.one(searched, is_it, is_free, "value"))
        };
        let first = Query::select()
            .expr_as(next(value("d").gte(begin)), id("value"))
            .expr_as(Expr::cust("1"), id("number"))
            .take();
        let others = Query::select()
            .expr(next(value("d").gt(value(name))))
            .expr(column(name, "number").add(Expr::cust("1")))
            .from(id(name))
            .and_where(value(name).is_not_null())
            .and_where(column(name, "number").lt(Expr::cust(MAX_LOOKED.to_string())))
            .take();
        let mut all = first;
        all.union(UnionType::All, others);
        CommonTableExpression::new()
            .table_name(id(name))
            .columns(["value", "number"].map(id))
            .query(all)
            .to_owned()
    }

    /// Of the rows that meet a condition: the first form, or the highest weight.
    fn one(
        &self,
        searched: &Searched,
        is_it: Condition,
        is_free: bool,
        of: &str,
    ) -> SelectStatement {
        let order = if of == "weight" { Order::Desc } else { Order::Asc };
        let mut one = self.rows(searched, is_it, is_free);
        one.column((id("d"), id(of))).order_by((id("d"), id(of)), order).limit(1).take()
    }
}
