//! Where in the record a token stands, and of which record: a database that goes back (a copy put
//! in its place, a standby that was behind) has another past, and what was given out in the one
//! that was lost must not be taken for it.

use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr,
};
use serde::{Deserialize, Serialize};

use crate::columns::id;
use crate::error::Error;

/// Digits of a hash that a token keeps.
const DIGITS: usize = 16;

/// An instant of the record, bound to what had happened by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Record time.
    pub time: i64,
    /// The first digits of the hash of the last change at or before it; empty where there is none.
    /// The hash covers all that came before.
    hash: String,
}

impl Mark {
    /// An instant, with the hash of the last change at or before it.
    pub fn new(time: i64, hash: Option<&str>) -> Self {
        let hash = hash.unwrap_or_default();
        Self { time, hash: hash.get(..DIGITS).unwrap_or(hash).to_owned() }
    }

    /// Refuses an instant that the log knows otherwise: `found` is the hash of the last change at
    /// or before it.
    pub fn check(&self, found: Option<&str>) -> Result<(), Error> {
        if *self == Self::new(self.time, found) { Ok(()) } else { Err(Error::WentBack) }
    }
}

/// Returns the part of a token that stands for the hash of the last change at or before an instant;
/// before the first of several.
pub(crate) fn hash_at(instants: impl IntoIterator<Item = SimpleExpr>) -> SelectStatement {
    let time = || Expr::col((id("m"), id("time")));
    let mut before = Condition::all();
    for instant in instants {
        before = before.add(time().lte(instant));
    }
    let hash = Expr::col((id("m"), id("hash")));
    Query::select()
        .expr(Func::cust(id("substr")).args([
            hash,
            Expr::cust("1"),
            Expr::cust(DIGITS.to_string()),
        ]))
        .from_as(id("change"), id("m"))
        .cond_where(before)
        .order_by((id("m"), id("time")), Order::Desc)
        .limit(1)
        .take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_holds_only_in_its_own_past() {
        let mark = Mark::new(7, Some("0123456789abcdef0123"));

        assert!(mark.check(Some("0123456789abcdef4567")).is_ok(), "what a token keeps is short");
        assert!(matches!(mark.check(Some("1123456789abcdef")), Err(Error::WentBack)));
        assert!(matches!(mark.check(None), Err(Error::WentBack)));
        assert!(Mark::new(0, None).check(None).is_ok());
        assert!(matches!(Mark::new(0, None).check(Some("0123")), Err(Error::WentBack)));
    }
}
