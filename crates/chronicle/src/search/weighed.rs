//! The weights of the words of a query: as the rows say that are gone through, or as looked up.

use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, Func, JoinType, Query, SelectStatement,
    WithClause,
};

use super::asked::Search;
use super::conditions::{Union, column, number, of, words_of};
use super::forms::Forms;
use super::kinds::Searched;
use crate::columns::id;
use crate::filter::standing;

/// The columns of a row of a word.
pub(super) const UID_AND_WEIGHT: [&str; 2] = ["uid", "weight"];

/// A word by whose rows a kind is searched.
pub(super) struct Driver {
    pub word: usize,
    /// Rows of the word: [`UID_AND_WEIGHT`].
    pub rows: Vec<SelectStatement>,
    /// True if the heaviest of them is what the word gives a resource.
    pub is_exact: bool,
}

impl Search<'_> {
    /// The resources in some rows, `w`, with the most that each word gives them. The rows of an
    /// only word say it; what they do not say of several is looked up.
    pub(super) fn weighed(
        &self,
        searched: &Searched,
        drivers: &[Driver],
        forms: &[Forms],
    ) -> WithClause {
        let mut with = WithClause::new();
        if forms.len() == 1 {
            return with.cte(once("w", driven(drivers))).to_owned();
        }
        let mut all = Union::default();
        for (word, forms) in forms.iter().enumerate() {
            let known = drivers.iter().any(|driver| driver.word == word && driver.is_exact);
            let said = column("c", &weight_of(word));
            if known {
                let mut rows = Query::select();
                rows.column((id("c"), id("uid"))).expr_as(said.clone(), id("weight"));
                all.add(rows.expr_as(number(word), id("word")).from(id("c")).take());
            }
            if known && drivers.len() == 1 {
                continue;
            }
            for part in forms.parts("x", &self.tiers(), true) {
                let mut rows = self.looked_up(searched, part);
                if known {
                    rows.and_where(said.clone().is_null());
                }
                all.add(rows.expr_as(number(word), id("word")).take());
            }
        }
        with.cte(once("c", driven(drivers)))
            .cte(once("w", heaviest(all, 0..forms.len())))
            .to_owned()
    }

    /// The rows of words that meet a condition, of the resources `c`. SQLite keeps the order of a
    /// cross join.
    fn looked_up(&self, searched: &Searched, is_it: Condition) -> SelectStatement {
        let mut rows = Query::select();
        rows.columns(of("x", UID_AND_WEIGHT))
            .from(id("c"))
            .join_as(JoinType::CrossJoin, id(words_of(searched.kind)), id("x"), Condition::all())
            .and_where(column("x", "uid").eq(column("c", "uid")))
            .cond_where(self.by_resource())
            .cond_where(is_it)
            .cond_where(standing("x", self.at));
        rows
    }
}

/// The resources in the rows of some words, with the most that these rows give them.
fn driven(drivers: &[Driver]) -> SelectStatement {
    let mut all = Union::default();
    for Driver { word, rows, .. } in drivers {
        for rows in rows {
            let mut one = Query::select();
            one.columns(of("s", UID_AND_WEIGHT)).expr_as(number(*word), id("word"));
            all.add(one.from_subquery(rows.clone(), id("s")).take());
        }
    }
    heaviest(all, drivers.iter().map(|driver| driver.word))
}

/// The resources in rows of uid, weight and word, each once, with the most of each word.
fn heaviest(all: Union, words: impl Iterator<Item = usize>) -> SelectStatement {
    let mut heaviest = Query::select();
    heaviest.column((id("r"), id("uid")));
    for word in words {
        let is_it = column("r", "word").eq(number(word));
        let of_word = Expr::case(is_it, column("r", "weight"));
        heaviest.expr_as(Func::max(of_word), id(weight_of(word)));
    }
    heaviest.from_subquery(all.rows(), id("r")).group_by_col((id("r"), id("uid"))).take()
}

/// A part of a statement that is computed once.
fn once(name: &str, query: SelectStatement) -> CommonTableExpression {
    CommonTableExpression::new().table_name(id(name)).query(query).materialized(true).to_owned()
}

/// The column of what a word gives a resource.
pub(super) fn weight_of(word: usize) -> String {
    format!("w{word}")
}
