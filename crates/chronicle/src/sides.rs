//! Side tables: the values of fields with many, the periods of fields that have one value a day,
//! and words. Each row is an interval of record time of its own: a version that keeps its values
//! writes no row.

use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement, Value};
use uuid::Uuid;

use crate::columns::{OPEN, id};
use crate::error::Error;

/// A kind of side table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SideKind {
    /// Values, and nothing besides.
    Values,
    /// Values that hold on days: no two of a resource on the same.
    Days,
    /// Words with their weights.
    Words,
}

impl SideKind {
    /// The columns that hold a value.
    pub const fn value_columns(self) -> &'static [&'static str] {
        match self {
            Self::Values => &["value"],
            Self::Days => &["value", "valid_from", "valid_to"],
            Self::Words => &["value", "weight"],
        }
    }

    /// All columns.
    pub fn columns(self) -> Vec<&'static str> {
        [&["uid", "recorded_from", "recorded_to"][..], self.value_columns()].concat()
    }
}

/// The numbers that a side table keeps beside a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Beside {
    /// None.
    Nothing,
    /// Of a period: its first day and the day after its last.
    Days(i64, i64),
    /// Of a word: how much it says of the resource.
    Weight(i64),
}

/// A value that a side table keeps for a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SideValue {
    pub value: String,
    pub beside: Beside,
}

impl From<String> for SideValue {
    fn from(value: String) -> Self {
        Self { value, beside: Beside::Nothing }
    }
}

impl SideValue {
    /// Reads the columns of [`SideKind::value_columns`] in a row.
    pub fn of(row: &QueryResult, kind: SideKind) -> Result<Self, Error> {
        let value = row.try_get("", "value")?;
        let beside = match kind {
            SideKind::Values => Beside::Nothing,
            SideKind::Days => {
                Beside::Days(row.try_get("", "valid_from")?, row.try_get("", "valid_to")?)
            }
            SideKind::Words => Beside::Weight(row.try_get("", "weight")?),
        };
        Ok(Self { value, beside })
    }

    /// The kind of table that keeps it.
    pub const fn kind(&self) -> SideKind {
        match self.beside {
            Beside::Nothing => SideKind::Values,
            Beside::Days(..) => SideKind::Days,
            Beside::Weight(_) => SideKind::Words,
        }
    }

    /// The row of a resource that has it from a record time on, in the order of
    /// [`SideKind::columns`].
    pub fn row(&self, uid: Uuid, from: i64) -> impl Iterator<Item = Value> {
        let fixed = [uid.into(), from.into(), OPEN.into(), self.value.as_str().into()];
        let beside: [Option<Value>; 2] = match self.beside {
            Beside::Nothing => [None, None],
            Beside::Days(first, end) => [Some(first.into()), Some(end.into())],
            Beside::Weight(weight) => [Some(weight.into()), None],
        };
        fixed.into_iter().chain(beside.into_iter().flatten())
    }
}

/// The kind of table that keeps some values.
pub(crate) fn kind_of(values: &[SideValue]) -> SideKind {
    values.first().map_or(SideKind::Values, SideValue::kind)
}

/// Ends values of a resource at a record time. On a day a field with periods has one value: the
/// first day says which is meant.
pub(crate) fn end(table: &str, uid: Uuid, values: &[SideValue], time: i64) -> UpdateStatement {
    let is_dated = kind_of(values) == SideKind::Days;
    let key = |value: &SideValue| match value.beside {
        Beside::Days(first, _) => Value::from(first),
        Beside::Nothing | Beside::Weight(_) => Value::from(value.value.as_str()),
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
