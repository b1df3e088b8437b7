//! Opens a database of either engine the way the record needs it.
//!
//! - `address`: the address of a database of PostgreSQL, and why it cannot be reached

mod address;

use std::path::{Path, PathBuf};
use std::time::Duration;

use machine::private;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::time::{Instant, sleep};

use crate::error::{DatabaseFailure, Error};
use crate::meters::measured;
use crate::unanswered::expect_life;

/// Connections to a SQLite file for short reads and pages, beside the one that writes and those for
/// what is long. All are opened at once: each is a thread, and one that was opened by what is long
/// would step back with it.
const SQLITE_CONNECTIONS: (u32, u32) = (6, 6);
/// Statements that each connection to a SQLite file keeps prepared: some 60 kB each, at ten
/// connections.
const STATEMENTS: usize = 48;
/// Rows that a connection to a SQLite file reads ahead: a page of the usual size, or a batch of a
/// stream, so that its thread does not stop within.
const ROWS_AHEAD: usize = 128;
/// How long a SQLite file may be locked by others who open or close it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const LOCK_INTERVAL: Duration = Duration::from_millis(50);
/// Connections of one process to PostgreSQL for the same.
pub(crate) const POSTGRES_CONNECTIONS: (u32, u32) = (1, 12);

/// Returns how many connections a process has at most for short reads and pages of the database at
/// an address.
pub fn most_connections(url: &str) -> u32 {
    connections(url).1
}

/// The least and the most of them.
fn connections(url: &str) -> (u32, u32) {
    if url.starts_with("sqlite:") { SQLITE_CONNECTIONS } else { POSTGRES_CONNECTIONS }
}

/// Opens `sqlite:PATH?mode=rwc` or `postgres://…`. The address never reaches a log: sea-orm's own
/// tracing of it is silenced in `chassis::telemetry`, and errors here do not repeat it.
///
/// SQLite: WAL with `synchronous=FULL`, so an acknowledged write survives a crash; deleted content
/// is overwritten; no function of the schema is trusted. No ANALYZE ever: with statistics SQLite
/// takes the wrong index for pinned reads.
pub async fn open(url: &str) -> Result<DatabaseConnection, Error> {
    let sqlite = url.starts_with("sqlite:");
    if sqlite {
        close_files(url)?;
    } else {
        address::check(url)?;
    }
    let (least, most) = connections(url);
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(most)
        .min_connections(least)
        .connect_timeout(Duration::from_secs(5))
        // The pool waits up to a fifth of it between two tries to connect: so long can it come back
        // after the database.
        .acquire_timeout(Duration::from_secs(4))
        // A ping before every query would be a round trip more for each.
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .sqlx_logging(false)
        .map_sqlx_postgres_pool_opts(expect_life)
        .map_sqlx_sqlite_opts(|options| {
            options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .auto_vacuum(SqliteAutoVacuum::None)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(STATEMENTS)
                .row_buffer_size(ROWS_AHEAD)
                .foreign_keys(true)
                .pragma("secure_delete", "ON")
                .pragma("trusted_schema", "OFF")
        });
    if sqlite {
        // A connection that is replaced when it is old or idle is opened by the task that returns
        // it: by a long one, some day.
        options.max_lifetime(None).idle_timeout(None);
    }
    let connected = match connect(options).await {
        Err(error) if !sqlite && address::is_timeout(&error) => Err(address::refusal(url).await),
        connected => connected,
    };
    let db = measured(connected?);
    check_order(&db).await?;
    Ok(db)
}

/// Returns the file of a SQLite database at an address; nothing for a server, for a database in
/// memory, and for what is no address.
pub fn file(url: &str) -> Option<PathBuf> {
    url.starts_with("sqlite:").then(|| file_at(url).ok())?.flatten()
}

/// The file of an address of SQLite; nothing for a database in memory.
fn file_at(url: &str) -> Result<Option<PathBuf>, DbErr> {
    let options: SqliteConnectOptions =
        url.parse().map_err(|_| DbErr::Custom("this is no address of a SQLite file".to_owned()))?;
    let file = options.get_filename();
    // So the driver names one in memory.
    let is_in_memory = file.to_string_lossy().starts_with("file:");
    Ok((!is_in_memory).then(|| file.to_owned()))
}

/// Connects, and tries again while another process opens or closes the same SQLite file: the change
/// to WAL needs the file alone, and the busy timeout of SQLite does not wait for that.
async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match Database::connect(options.clone()).await {
            Err(error)
                if DatabaseFailure::of(&error) == DatabaseFailure::Locked
                    && Instant::now() < deadline =>
            {
                sleep(LOCK_INTERVAL).await;
            }
            outcome => return outcome,
        }
    }
}

/// Closes the files of a SQLite database to everybody but their owner; makes the first of them
/// where the address says that it may be made, for SQLite would make it as the umask has it. The
/// others get the mode of the first when SQLite makes them.
fn close_files(url: &str) -> Result<(), DbErr> {
    let failed = |error| DbErr::Custom(format!("{error:#}"));
    let Some(file) = file_at(url)? else { return Ok(()) };
    if url.contains("mode=rwc") {
        private::file_or_new(&file).map_err(failed)?;
    }
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut beside = file.clone().into_os_string();
        beside.push(end);
        private::file(Path::new(&beside)).map_err(failed)?;
    }
    Ok(())
}

/// Text must sort by bytes, or a page token cut on one order skips rows in the other.
async fn check_order(db: &DatabaseConnection) -> Result<(), Error> {
    let text = "SELECT CASE WHEN 'B' < 'a' AND 'a-c' < 'ab' THEN 1 ELSE 0 END AS bytewise";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), text)).await?;
    let bytewise: i32 =
        row.ok_or_else(|| DbErr::Custom("no row".to_owned()))?.try_get("", "bytewise")?;
    if bytewise == 1 {
        return Ok(());
    }
    let message = "the database does not sort text by bytes: create it with LC_COLLATE 'C.UTF-8'";
    Err(DbErr::Custom(message.to_owned()).into())
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_file_of_an_address_is_found() {
        for (url, expected) in [
            ("sqlite:data/a.db", "data/a.db"),
            ("sqlite:data/a.db?mode=rw", "data/a.db"),
            ("sqlite://data/a.db", "data/a.db"),
            ("sqlite:///data/a%20b.db", "/data/a b.db"),
        ] {
            assert_eq!(file(url), Some(expected.into()), "{url}");
        }
        for url in ["postgres://a@localhost/a", "sqlite::memory:", "sqlite:a.db?x=y", ""] {
            assert_eq!(file(url), None, "{url}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_not_repeated() {
        for url in [
            "postgres://agreements:hun/ter2@db/agreements",
            "postgress://a:hunter2@db/a",
            "postgres://a:hunter2@db/a?sslmode=hunter2",
            "hunter2",
        ] {
            let error = Box::pin(open(url)).await.unwrap_err();

            let source = error.source().map(ToString::to_string).unwrap_or_default();
            assert!(source.contains("its address is none"), "{url}: {source}");
            assert!(!format!("{error:?}{error}{source}").contains("ter2"), "{url}: {source}");
        }
    }
}
