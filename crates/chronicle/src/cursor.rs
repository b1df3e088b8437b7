//! Where a page ended, so that the next begins after it.

use facts::{Day, ErrorReason};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, SimpleExpr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::columns::v;
use crate::error::Error;
use crate::fold::fold;
use crate::mark::Mark;
use crate::order::Order;
use crate::resource::Read;

/// A keyset cursor: where the page ended, and of which question.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub mark: Mark,
    /// The instant the first page was asked for, if any.
    pub asked: Option<i64>,
    /// As [`crate::read::arguments`] gives them.
    pub arguments: [i64; 4],
    pub after: Vec<serde_json::Value>,
    pub uid: Uuid,
    /// The day on which what is listed must have been known; tokens without one are as they were
    /// before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_by: Option<Day>,
    /// The day that the first page was for, as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Day>,
}

/// The value of a sortable field, as a cursor keeps it.
pub(crate) fn sort_value<T>(read: &Read<T>, of: &T) -> Option<serde_json::Value> {
    match read {
        Read::Words(read) => Some(fold(&read(of)).into()),
        Read::Text(read) => Some(read(of).into()),
        Read::Number(read) | Read::Day(read) => Some(read(of).into()),
        _ => None,
    }
}

/// Rows after the cursor: `(a, b, uid) > (x, y, z)` where all directions agree, spelled out where
/// they do not.
pub(crate) fn after<T>(order: &Order<T>, cursor: &Cursor) -> Result<Condition, Error> {
    let mut keys: Vec<(SimpleExpr, SimpleExpr, bool)> = Vec::new();
    for ((field, descending), value) in order.iter().zip(&cursor.after) {
        let value = match (value.as_str(), value.as_i64()) {
            (Some(text), _) => Expr::val(text),
            (None, Some(number)) => Expr::val(number),
            _ => {
                return Err(Error::invalid(
                    "page_token",
                    ErrorReason::PageTokenInvalid,
                    "page_token is not of this order",
                ));
            }
        };
        keys.push((v(field.path), value, *descending));
    }
    let last = order.last().is_some_and(|(_, descending)| *descending);
    keys.push((v("uid"), Expr::val(cursor.uid), last));
    if keys.iter().all(|(_, _, descending)| *descending == last) {
        let columns = Expr::tuple(keys.iter().map(|key| key.0.clone()));
        let values = Expr::tuple(keys.iter().map(|key| key.1.clone()));
        return Ok(Condition::all().add(if last {
            columns.lt(values)
        } else {
            columns.gt(values)
        }));
    }
    let mut any = Condition::any();
    for place in 0..keys.len() {
        let mut all = Condition::all();
        for (column, value, _) in &keys[..place] {
            all = all.add(column.clone().eq(value.clone()));
        }
        let (column, value, descending) = keys[place].clone();
        any = any.add(all.add(if descending { column.lt(value) } else { column.gt(value) }));
    }
    Ok(any)
}
