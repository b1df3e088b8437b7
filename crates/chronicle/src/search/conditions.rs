//! Parts of the statements of a search.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, SimpleExpr};
use words::Ask;

use crate::columns::{id, side};
use crate::resource::WORDS;

/// The table of the words of a kind.
pub(super) fn words_of(kind: &str) -> String {
    side(kind, WORDS)
}

/// Returns whether a row of words `alias` is a word of the query.
pub(super) fn has(alias: &str, ask: &Ask) -> Condition {
    let mut any = Condition::any();
    for stem in &ask.stems {
        any = any.add(value(alias).eq(stem.as_str()));
    }
    match &ask.prefix {
        None => any,
        Some(prefix) => any.add(begins(alias, prefix)),
    }
}

/// Returns whether a row begins like the last word of the query.
pub(super) fn begins(alias: &str, prefix: &str) -> Condition {
    let end = format!("{prefix}{}", char::MAX);
    Condition::all().add(value(alias).gte(prefix)).add(value(alias).lt(end))
}

/// The form in a row.
pub(super) fn value(alias: &str) -> SimpleExpr {
    column(alias, "value")
}

/// A column of a table of a query.
pub(super) fn column(alias: &str, name: &str) -> SimpleExpr {
    Expr::col((id(alias), id(name)))
}
