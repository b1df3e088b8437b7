//! The connections that a server of PostgreSQL takes, and those that the services open.

use chronicle::POSTGRES_CONNECTIONS;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::finding::Finding;

/// The processes of the overlays for production while they roll: two of each of the three services,
/// and one more of each.
const PROCESSES: usize = 9;

/// Compares the connections that the server takes with those of the services. Nothing is found on
/// SQLite, nor where the server does not say.
pub async fn look(name: &str, db: &DatabaseConnection) -> Option<Finding> {
    if db.get_database_backend() != DbBackend::Postgres {
        return None;
    }
    // PostgreSQL 15 knows no `reserved_connections`.
    let query = "SELECT CAST(current_setting('max_connections') AS bigint) \
         - CAST(current_setting('superuser_reserved_connections') AS bigint) \
         - CAST(coalesce(current_setting('reserved_connections', true), '0') AS bigint) AS taken";
    let asked = db.query_one_raw(Statement::from_string(DbBackend::Postgres, query)).await;
    let taken: i64 = asked.ok().flatten()?.try_get("", "taken").ok()?;
    Some(compared(name, usize::try_from(taken).ok()?))
}

fn compared(name: &str, taken: usize) -> Finding {
    let what = format!("connections of {name}");
    let processes = taken / POSTGRES_CONNECTIONS;
    let said = format!(
        "the server takes {taken}, enough for {processes} processes of {POSTGRES_CONNECTIONS} at most"
    );
    if processes < PROCESSES {
        let remedy = format!(
            "raise max_connections where more use it: two replicas of three services are {PROCESSES} while they roll"
        );
        return Finding::warning(&what, said, &remedy);
    }
    Finding::good(&what, said)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    /// deploy/README.md and docs/runbook.md say it, too.
    #[test]
    fn a_process_has_as_many_as_the_documents_say() {
        assert_eq!(POSTGRES_CONNECTIONS, 20);
    }

    #[test]
    fn the_default_of_postgres_is_too_few_for_the_default_of_production() {
        for (taken, level) in [(97, Level::Warning), (179, Level::Warning), (180, Level::Good)] {
            let found = compared("agreements", taken);

            assert_eq!(found.level, level, "{found}");
        }
    }
}
