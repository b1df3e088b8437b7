//! A server of PostgreSQL that went away without a word: its packets are dropped. The driver would
//! wait for its answers for as long as the kernel does, a quarter of an hour, and keep the places
//! of its connections in their pool.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::pool::PoolOptions;
use sqlx::{Connection, Postgres};
use tokio::time::timeout;

/// No statement takes longer: calls end before, and a page of a stream is short.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection that was given back may take for a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);

/// The error of a statement that was not answered in time. It may have been carried out all the
/// same.
pub(crate) fn unanswered() -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(late())))
}

fn late() -> sqlx::Error {
    let why = "the database does not answer";
    sqlx::Error::Io(std::io::Error::new(ErrorKind::TimedOut, why))
}

/// Has a pool close a connection that gives no sign of life when it comes back, because its
/// statement was given up, or its server is gone: the pool itself asks for one, and waits.
pub(crate) fn expect_life(options: PoolOptions<Postgres>) -> PoolOptions<Postgres> {
    options.after_release(|connection, _| {
        Box::pin(async move {
            let tried = timeout(SIGN_OF_LIFE, connection.ping()).await;
            tried.unwrap_or_else(|_| Err(late())).map(|()| true)
        })
    })
}
