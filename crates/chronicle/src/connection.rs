//! The connection by which a process writes. It belongs to the writer alone, so no reader waits for
//! it or takes it away.
//!
//! On PostgreSQL there are two of them, which take turns: the driver asks for a sign of life when a
//! transaction has ended, and the next one need not wait for that. Only one is ever in a
//! transaction. On SQLite there is one: what another one writes makes it forget all pages that it
//! has read.
//!
//! After a failed BEGIN, COMMIT or ROLLBACK nobody knows how deep in a transaction the driver
//! believes itself to be: one level too deep, and the next "transaction" is a savepoint that is
//! never committed. Such a connection is closed, which rolls back whatever was open, and replaced.

use std::time::Duration;

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    SqlxPostgresConnector, SqlxSqliteConnector, TransactionOptions, TransactionTrait,
};
use sqlx::pool::PoolOptions;
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::address::Address;
use crate::meters::measured;
use crate::unanswered::expect_life;

/// The connections of SQLite that take turns.
const SQLITE_CONNECTIONS: u32 = 1;
pub(crate) const POSTGRES_CONNECTIONS: u32 = 2;
/// How long a write waits for the lock of another process on a SQLite file: less than a call may
/// take, so that its caller is told the reason.
const LOCK_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the database may take to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long closing a connection may take before it is left to itself.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The bounds of a session that writes to PostgreSQL. It waits 2 s within a transaction for a
/// process that does not go on, halted or cut off: that one holds the head row, for which all others
/// wait. It waits 4 s for a lock, so that one that is held for long is told apart from a server that
/// does not answer; a deadlock, and a process that does not go on, are found before.
const SESSION_BOUNDS: &str =
    "SET idle_in_transaction_session_timeout = '2s'; SET lock_timeout = '4s'";
/// A connection that was idle for longer is tried before it is used.
const MAX_IDLE: Duration = Duration::from_secs(1);

/// Statements that a connection for what is long keeps prepared.
const STATEMENTS_APART: usize = 24;

/// The connection that writes.
pub(crate) struct WriteConnection {
    /// The connections of the readers: they know the address and the settings.
    readers: DatabaseConnection,
    /// A pool of them, opened when first used.
    current: DatabaseConnection,
    address: Address,
}

impl WriteConnection {
    /// A connection beside those of the readers, to the same database.
    pub fn beside(readers: DatabaseConnection) -> Self {
        Self { current: open(&readers), address: Address::of(&readers), readers }
    }

    /// The connection, for what needs no transaction.
    pub fn get(&self) -> &DatabaseConnection {
        self.address.follow(&self.readers, &self.current);
        &self.current
    }

    /// Begins a transaction, never within another.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        self.get().begin_with_options(options).await
    }

    /// Closes what there is and takes new ones. The old ones are closed first: one may hold a lock
    /// that a new one needs.
    pub async fn replace(&mut self) {
        let next = open(&self.readers);
        let former = std::mem::replace(&mut self.current, next);
        if timeout(CLOSE_TIMEOUT, former.close()).await.is_err() {
            tracing::warn!("a connection to the database does not close");
        }
    }
}

fn open(readers: &DatabaseConnection) -> DatabaseConnection {
    measured(if readers.get_database_backend() == DbBackend::Sqlite {
        let options = readers.get_sqlite_connection_pool().connect_options();
        let options = (*options).clone().busy_timeout(LOCK_TIMEOUT);
        SqlxSqliteConnector::from_sqlx_sqlite_pool(
            pool_of(SQLITE_CONNECTIONS).connect_lazy_with(options),
        )
    } else {
        let options = readers.get_postgres_connection_pool().connect_options();
        let options = (*options).clone();
        let pool =
            pool_of(POSTGRES_CONNECTIONS).after_connect(|connection: &mut PgConnection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SESSION_BOUNDS).execute(connection).await.map(drop)
                })
            });
        SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options))
    })
}

/// So many connections beside those of the readers, each opened when first used, by its user.
pub(crate) fn apart(readers: &DatabaseConnection, most: u32) -> DatabaseConnection {
    measured(if readers.get_database_backend() == DbBackend::Sqlite {
        let options = readers.get_sqlite_connection_pool().connect_options();
        let options = (*options).clone().statement_cache_capacity(STATEMENTS_APART);
        let pool = pool_of(most).connect_lazy_with(options);
        SqlxSqliteConnector::from_sqlx_sqlite_pool(pool)
    } else {
        let options = readers.get_postgres_connection_pool().connect_options();
        let pool = expect_life(pool_of(most)).connect_lazy_with((*options).clone());
        SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
    })
}

fn pool_of<DB: sqlx::Database>(most: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(most)
        .acquire_timeout(CONNECT_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut DB::Connection, usage| {
            Box::pin(async move {
                if connection.is_in_transaction() {
                    return Ok(false);
                }
                if usage.idle_for > MAX_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;
    use testkit::Engine;

    use super::*;

    #[tokio::test]
    async fn a_process_that_halts_within_a_transaction_stops_nobody_for_long() {
        let Some(database) = testkit::database(Engine::Postgres).await else { return };
        let others = crate::database::open(&database.url).await.unwrap();
        let writer = WriteConnection::beside(others.clone());
        others.execute_unprepared("CREATE TABLE held (one integer)").await.unwrap();
        others.execute_unprepared("INSERT INTO held VALUES (1)").await.unwrap();
        let halted = writer.begin().await.unwrap();
        halted.execute_unprepared("UPDATE held SET one = 2").await.unwrap();

        let update = others.execute_unprepared("UPDATE held SET one = 3");

        let updated = timeout(Duration::from_secs(10), update).await;
        updated.expect("it waits no longer").unwrap();
        halted.commit().await.unwrap_err();
    }
}
