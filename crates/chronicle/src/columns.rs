//! Columns and literals of statements, as the tables have them.

use policy::Tier;
use sea_orm::sea_query::{Alias, Expr, SimpleExpr};

/// `recorded_to` of a version that still stands. A number, not NULL: compared, indexed and bound
/// like any other.
pub const OPEN: i64 = i64::MAX;

/// The same as a literal: a bound parameter would keep the planners from the partial indexes over
/// open versions.
pub fn open_literal() -> SimpleExpr {
    Expr::cust(OPEN.to_string())
}

/// `tier > PUBLIC`, as a literal for the same reason.
pub(crate) fn hidden_literal() -> SimpleExpr {
    Expr::cust(format!("\"tier\" > {}", Tier::Public.level()))
}

pub(crate) fn id(name: impl Into<String>) -> Alias {
    Alias::new(name)
}

/// The side table of a field with many values.
pub(crate) fn side(kind: &str, path: &str) -> String {
    format!("{kind}_{path}").replace('.', "_")
}

/// A column of the versions `v` of a query.
pub fn v(column: &str) -> SimpleExpr {
    Expr::col((id("v"), id(column)))
}

/// The columns from which a version is read, besides its document and [`about`](crate::about).
pub(crate) const KEY: [&str; 2] = ["uid", "revision"];
