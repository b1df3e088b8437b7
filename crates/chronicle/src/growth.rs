//! New plans for a record that has grown.
//!
//! PostgreSQL keeps the plan of a statement for as long as a connection sends the same text, and so
//! scans a table that was small when it made the plan, until its statistics are renewed, which
//! takes up to a minute. An import would ask in vain for its indexes all that time. So a statement
//! that looks up many names says the same in other words when the record has doubled.

use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::sea_query::{Expr, SimpleExpr};

use crate::Chronicle;

/// How many changes the record has, as far as this process knows.
#[derive(Debug)]
pub(crate) struct Growth(AtomicI64);

impl Growth {
    /// A record with so many changes.
    pub const fn from(changes: i64) -> Self {
        Self(AtomicI64::new(changes))
    }

    /// Takes note of a commit.
    pub fn reached(&self, changes: i64) {
        self.0.store(changes, Ordering::Relaxed);
    }

    /// The number of changes.
    pub fn changes(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Chronicle {
    /// Returns a condition that is always true, in other words each time the record has doubled.
    pub fn doubled(&self) -> SimpleExpr {
        doubled(self.growth.changes())
    }
}

pub(crate) fn doubled(changes: i64) -> SimpleExpr {
    let times = Ord::max(changes, 1).ilog2();
    Expr::cust(format!("{times} = {times}"))
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Query, SqliteQueryBuilder};

    use super::*;

    fn text(changes: i64) -> String {
        Query::select().expr(doubled(changes)).to_owned().to_string(SqliteQueryBuilder)
    }

    #[test]
    fn the_words_are_others_when_the_record_has_doubled() {
        assert_eq!(text(0), text(1));
        assert_eq!(text(1024), text(2047));
        assert_ne!(text(1024), text(2048));
    }
}
