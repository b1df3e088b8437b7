//! Side tables: the values of fields with many, and the periods of fields that have one value a day. Each row is an interval of
//! record time of its own: a version that keeps its values writes no row.

use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement, Value};
use uuid::Uuid;

use crate::columns::{OPEN, id};
use crate::error::Error;

/// A value that a side table keeps for a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SideValue {
    pub value: String,
    /// Of a period: its first day and the day after its last.
    pub days: Option<(i64, i64)>,
}

impl From<String> for SideValue {
    fn from(value: String) -> Self {
        Self { value, days: None }
    }
}

impl SideValue {
    /// Reads the columns of [`value_columns`] in a row.
    pub fn of(row: &QueryResult, dated: bool) -> Result<Self, Error> {
        let value = row.try_get("", "value")?;
        let days = if dated {
            Some((row.try_get("", "valid_from")?, row.try_get("", "valid_to")?))
        } else {
            None
        };
        Ok(Self { value, days })
    }

    /// True if the values hold on days.
    pub const fn is_dated(&self) -> bool {
        self.days.is_some()
    }

    /// The row of a resource that has it from a record time on, in the order of [`columns`].
    pub fn row(&self, uid: Uuid, from: i64) -> impl Iterator<Item = Value> {
        let fixed = [uid.into(), from.into(), OPEN.into(), self.value.as_str().into()];
        let days = self.days.map(|(first, end)| [first.into(), end.into()]);
        fixed.into_iter().chain(days.into_iter().flatten())
    }
}

/// The columns that hold a value.
pub(crate) const fn value_columns(dated: bool) -> &'static [&'static str] {
    if dated { &["value", "valid_from", "valid_to"] } else { &["value"] }
}

/// All columns.
pub(crate) fn columns(dated: bool) -> Vec<&'static str> {
    [&["uid", "recorded_from", "recorded_to"][..], value_columns(dated)].concat()
}

/// Ends values of a resource at a record time. On a day a field with periods has one value: the first day says which is meant.
pub(crate) fn end(table: &str, uid: Uuid, values: &[SideValue], time: i64) -> UpdateStatement {
    let is_dated = values.iter().any(SideValue::is_dated);
    let key = |value: &SideValue| match value.days {
        Some((first, _)) => Value::from(first),
        None => Value::from(value.value.as_str()),
    };
    Query::update()
        .table(id(table))
        .value(id("recorded_to"), time)
        .and_where(Expr::col(id("uid")).eq(uid))
        .and_where(
            Expr::col(id(if is_dated { "valid_from" } else { "value" }))
                .is_in(values.iter().map(key)),
        )
        .and_where(Expr::col(id("recorded_to")).eq(OPEN))
        .to_owned()
}
