//! Queries of limits and lists, as the engines keep them prepared.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{DbBackend, Statement, StatementBuilder};
use uuid::Uuid;

/// These uids, the last of them again, so that there are few numbers of them: the statement that was
/// prepared is found again.
pub(crate) fn padded(mut uids: Vec<Uuid>) -> Vec<Uuid> {
    if let Some(last) = uids.last().copied() {
        uids.resize(uids.len().next_power_of_two(), last);
    }
    uids
}

/// A query of a bounded number of rows.
///
/// SQLite plans by a limit that is a parameter, and so prepares the statement again each time the
/// parameter is bound: a third of the time that a page of 50 took in its threads. It does not look
/// into an expression.
pub(crate) struct Limited<'a>(pub &'a SelectStatement);

impl StatementBuilder for Limited<'_> {
    fn build(&self, backend: &DbBackend) -> Statement {
        let mut statement = StatementBuilder::build(self.0, backend);
        if *backend == DbBackend::Sqlite {
            statement.sql = statement.sql.replace(" LIMIT ?", " LIMIT 0 + ?");
        }
        statement
    }
}
