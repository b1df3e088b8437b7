//! Finds current resources by many names: one look-up by an index for each, on both engines.

use sea_orm::DbBackend;
use sea_orm::sea_query::{
    ArrayType, Asterisk, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr, Value,
};

use crate::Chronicle;
use crate::columns::{id, open_literal, v};
use crate::growth::doubled;
use crate::read::select_version;
use crate::resource::Resource;

/// The versions `v` of a kind that stand now, deleted ones too, and hold one of these texts in a
/// column that has an index; nothing is selected of them yet. `changes` is how many the record has.
///
/// PostgreSQL must look up one text after the other. Without statistics, which a table that has
/// just grown lacks, it takes "stands now" for rare, and would compare the texts with every row
/// that stands.
pub(crate) fn among(
    backend: DbBackend,
    changes: i64,
    kind: &str,
    column: &str,
    texts: Vec<String>,
) -> SelectStatement {
    let mut query = Query::select();
    query.and_where(doubled(changes));
    if backend != DbBackend::Postgres {
        query
            .from_as(id(kind), id("v"))
            .and_where(v(column).is_in(texts))
            .and_where(v("recorded_to").eq(open_literal()));
        return query;
    }
    let texts: Vec<Value> = texts.into_iter().map(Value::from).collect();
    let texts: SimpleExpr = Value::Array(ArrayType::String, Some(Box::new(texts))).into();
    let of_one = Query::select()
        .column(Asterisk)
        .from(id(kind))
        .and_where(Expr::col(id(column)).eq(Expr::col((id("wanted"), id("wanted")))))
        .and_where(Expr::col(id("recorded_to")).eq(open_literal()))
        // Keeps the planner from making a join of it.
        .offset(0)
        .to_owned();
    query.from_function(Func::cust(id("UNNEST")).arg(texts), id("wanted")).join_lateral(
        JoinType::InnerJoin,
        of_one,
        id("v"),
        Expr::cust("1 = 1"),
    );
    query
}

impl Chronicle {
    /// The versions `v` of a kind that stand now, deleted ones too, and hold one of these texts in
    /// a column that has an index; nothing is selected of them yet.
    pub fn among(&self, kind: &str, column: &str, texts: &[String]) -> SelectStatement {
        among(self.db.get_database_backend(), self.growth.changes(), kind, column, texts.to_vec())
    }

    /// The same, with all that a version is read from. Not to be shown: nobody was asked who may
    /// see it.
    pub fn versions_among<T: Resource>(&self, column: &str, texts: &[String]) -> SelectStatement {
        select_version(&mut self.among(T::KIND, column, texts)).to_owned()
    }
}
