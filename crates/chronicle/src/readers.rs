//! The connections of reads.
//!
//! The driver asks for a sign of life each time a connection goes back to its pool, which makes a
//! second round trip of every read. So a connection goes from one reader to the next, and back to
//! the pool when its statement failed or was given up, when it lay idle, or after a while: the pool
//! tries it, and replaces it.
//!
//! One that is being opened is opened to its end, though its reader may give up meanwhile. Else
//! readers that give up soon, such as watchers who are cut off again and again, would only ever
//! begin, and PostgreSQL would start processes for nobody.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::{
    ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, QueryResult, RuntimeErr, Statement,
    StatementBuilder,
};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Database, Executor, IntoArguments, Pool, Postgres, Sqlite};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::meters::{Statements, Waits};
use crate::unanswered::{ANSWER_TIMEOUT, unanswered};

/// The reads at a time: fewer than there are connections, for those of the pool serve all other
/// statements.
const SQLITE: usize = 4;
const POSTGRES: usize = 10;
/// How long a read waits for its turn: as long as it would for a connection.
const WAIT: Duration = Duration::from_secs(4);
/// A connection that was idle for longer is tried before it is used.
const MAX_IDLE: Duration = Duration::from_secs(1);
/// How long one stays out of its pool, which looks at its age.
const MAX_OUT: Duration = Duration::from_mins(1);

/// The connections for reads of a database.
pub(crate) struct Readers {
    backend: DbBackend,
    held: Engine,
    noted: Option<Note>,
    statements: Statements,
    waits: Waits,
}

/// Is called with each statement.
pub(crate) type Note = Box<dyn Fn(&Statement) + Send + Sync>;

enum Engine {
    Sqlite(Hold<Sqlite>),
    Postgres(Hold<Postgres>),
}

impl Readers {
    /// Readers by the pool of a database, which serves other statements too.
    pub fn of(db: &DatabaseConnection) -> Self {
        let is_postgres = db.get_database_backend() == DbBackend::Postgres;
        Self::by(db, if is_postgres { POSTGRES } else { SQLITE })
    }

    /// So many at a time, by a pool of at least so many connections.
    pub fn by(db: &DatabaseConnection, most: usize) -> Self {
        let backend = db.get_database_backend();
        let held = if backend == DbBackend::Postgres {
            Engine::Postgres(Hold::of(db.get_postgres_connection_pool().clone(), most))
        } else {
            Engine::Sqlite(Hold::of(db.get_sqlite_connection_pool().clone(), most))
        };
        let (statements, waits) = (Statements::of(db), Waits::of(db));
        Self { backend, held, noted: None, statements, waits }
    }

    /// Calls `note` with each statement from now on.
    pub fn note(&mut self, note: Note) {
        self.noted = Some(note);
    }

    /// The rows of a query.
    pub async fn query_all(
        &self,
        query: &impl StatementBuilder,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let statement = query.build(&self.backend);
        if let Some(note) = &self.noted {
            note(&statement);
        }
        match &self.held {
            Engine::Sqlite(held) => held.query(statement, self).await,
            Engine::Postgres(held) => held.query(statement, self).await,
        }
    }

    /// The first row of a query for one.
    pub async fn query_one(
        &self,
        query: &impl StatementBuilder,
    ) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all(query).await?.into_iter().next())
    }
}

/// The connections of one engine that are out of their pool.
struct Hold<DB: Database> {
    pool: Pool<DB>,
    turns: Semaphore,
    /// The one that was used last is used next.
    free: Mutex<Vec<Out<DB>>>,
}

/// A connection that is out of its pool. It goes back when it is dropped.
struct Out<DB: Database> {
    connection: PoolConnection<DB>,
    since: Instant,
    used: Instant,
}

impl<DB: Database> Hold<DB> {
    const fn of(pool: Pool<DB>, most: usize) -> Self {
        Self { pool, turns: Semaphore::const_new(most), free: Mutex::new(Vec::new()) }
    }

    async fn query(&self, statement: Statement, of: &Readers) -> Result<Vec<QueryResult>, DbErr>
    where
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
        SqlxValues: IntoArguments<DB>,
        QueryResult: From<DB::Row>,
    {
        let late = |_| {
            of.waits.late.one();
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
        };
        let waiting = of.waits.waiting.hold();
        // Held until the connection is free again, so that there is one for the next.
        let _turn = timeout(WAIT, self.turns.acquire()).await.map_err(late)?;
        let mut out = self.take().await?;
        drop(waiting);
        let values = SqlxValues(statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new())));
        let timed = of.statements.begin(&statement.sql);
        let query = sqlx::query_with(AssertSqlSafe(statement.sql), values);
        let asked = query.fetch_all(&mut *out.connection);
        let rows = match of.backend {
            DbBackend::Postgres => timeout(ANSWER_TIMEOUT, asked).await,
            _ => Ok(asked.await),
        };
        timed.end(!matches!(rows, Ok(Ok(_))));
        let rows = rows.map_err(|_| unanswered())?;
        let rows = rows.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))?;
        out.used = Instant::now();
        let idle = {
            let mut free = self.free();
            free.push(out);
            // Those of a burst lie below, and would stay out of the pool for ever.
            free.extract_if(.., |out| out.used.elapsed() >= MAX_IDLE).collect::<Vec<_>>()
        };
        drop(idle);
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    async fn take(&self) -> Result<Out<DB>, DbErr> {
        let last = self.free().pop();
        let is_fresh =
            |out: &Out<DB>| out.used.elapsed() < MAX_IDLE && out.since.elapsed() < MAX_OUT;
        if let Some(out) = last.filter(is_fresh) {
            return Ok(out);
        }
        let connection = self.acquire().await.map_err(|error| match error {
            sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            other => DbErr::Conn(RuntimeErr::SqlxError(other.into())),
        })?;
        let now = Instant::now();
        Ok(Out { connection, since: now, used: now })
    }

    /// A connection of the pool. Where one may have to be opened, that goes on without this caller.
    async fn acquire(&self) -> Result<PoolConnection<DB>, sqlx::Error> {
        if self.pool.size() >= self.pool.options().get_max_connections() {
            return self.pool.acquire().await;
        }
        let pool = self.pool.clone();
        let opened = tokio::spawn(async move { pool.acquire().await });
        opened.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }

    fn free(&self) -> MutexGuard<'_, Vec<Out<DB>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;
    use sea_orm::sea_query::{Expr, Query, SelectStatement};
    use testkit::Engine::{Postgres, Sqlite};

    use super::*;
    use crate::columns::id;

    fn number(number: i64) -> SelectStatement {
        Query::select().expr_as(Expr::val(number), id("number")).take()
    }

    #[tokio::test]
    async fn what_fails_or_is_given_up_disturbs_no_other_read() {
        for (engine, turns) in [(Sqlite, SQLITE), (Postgres, POSTGRES)] {
            let Some(database) = testkit::database(engine).await else { continue };
            let db = crate::database::open(&database.url).await.unwrap();
            let readers = Readers::of(&db);
            let wrong = Query::select().column(id("none")).from(id("nothing")).take();

            for round in 0..100_i64 {
                let moment = Duration::from_micros(u64::try_from(round).unwrap() * 10);
                let _given_up = timeout(moment, readers.query_all(&number(-1))).await;
                readers.query_one(&wrong).await.unwrap_err();

                let row = readers.query_one(&number(round)).await.unwrap().unwrap();

                assert_eq!(row.try_get::<i64>("", "number").unwrap(), round);
            }

            let (free, held) = match &readers.held {
                Engine::Sqlite(held) => (held.turns.available_permits(), held.free().len()),
                Engine::Postgres(held) => (held.turns.available_permits(), held.free().len()),
            };
            assert_eq!(free, turns);
            assert!((1..=turns).contains(&held), "{held}");
        }
    }

    #[tokio::test]
    async fn a_connection_is_opened_to_its_end_where_its_reader_gives_up() {
        for engine in [Sqlite, Postgres] {
            let Some(database) = testkit::database(engine).await else { continue };
            let db = crate::database::open(&database.url).await.unwrap();
            let apart = crate::connection::apart(&db, 3);
            let readers = Readers::by(&apart, 3);

            timeout(Duration::ZERO, readers.query_one(&number(1))).await.unwrap_err();

            let idle = || match engine {
                Sqlite => apart.get_sqlite_connection_pool().num_idle(),
                Postgres => apart.get_postgres_connection_pool().num_idle(),
            };
            let until = Instant::now() + Duration::from_secs(10);
            while idle() == 0 && Instant::now() < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(idle(), 1, "{engine:?}");
        }
    }

    /// More readers than connections come one after the other, and leave some connections to
    /// others.
    #[tokio::test]
    async fn many_readers_share_the_connections() {
        for engine in [Sqlite, Postgres] {
            let Some(database) = testkit::database(engine).await else { continue };
            let db = crate::database::open(&database.url).await.unwrap();
            let readers = std::sync::Arc::new(Readers::of(&db));

            let mut all = tokio::task::JoinSet::new();
            for one in 0..200_i64 {
                let readers = std::sync::Arc::clone(&readers);
                all.spawn(async move { readers.query_one(&number(one)).await.unwrap().is_some() });
            }
            let found = all.join_all().await;

            assert!(found.into_iter().all(|it| it));
            db.execute_unprepared("SELECT 1").await.unwrap();
        }
    }
}
