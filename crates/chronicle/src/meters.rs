//! The measures of a record and of its database.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use instruments::table::{
    BATCH_SIZE, CLOCK_REFUSALS, COMMIT_DURATION, CONNECTION_TIMEOUTS, DATABASE_CONNECTIONS,
    DATABASE_CONNECTIONS_MAX, DATABASE_UP, HEAD_SEQUENCE, HEAD_TIME, READS_WAITING,
    STATEMENT_DURATION, STATEMENT_ERRORS, WATCH_LAG, WATCHERS, WRITER_QUEUE, WRITER_RETRIES,
};
use instruments::{Counter, Gauge, Histogram, OTHER, Span, span, trace};
use sea_orm::{DatabaseConnection, DbBackend};

/// The statements that are told apart, by their first word.
const OPERATIONS: [&str; 5] = ["SELECT", "INSERT", "UPDATE", "DELETE", OTHER];

/// Nanoseconds of a microsecond, of which record time is made.
const MICRO: u64 = 1_000;

/// The measures of the statements of a database. All that count the same database share it.
pub(crate) struct Statements {
    system: &'static str,
    namespace: String,
    took: [Arc<Histogram>; OPERATIONS.len()],
    failed: [Arc<Counter>; OPERATIONS.len()],
}

impl Statements {
    /// Returns those of a database.
    pub fn of(db: &DatabaseConnection) -> Self {
        let (system, namespace) = (system(db), namespace(db));
        Self {
            took: OPERATIONS.map(|word| STATEMENT_DURATION.with(&[system, &namespace, word])),
            failed: OPERATIONS.map(|word| STATEMENT_ERRORS.with(&[system, &namespace, word])),
            system,
            namespace,
        }
    }

    /// Begins to measure one.
    pub fn begin(&self, sql: &str) -> Timed<'_> {
        Timed { of: self, place: operation(sql), begun: Instant::now() }
    }

    fn count(&self, place: usize, took: Duration, has_failed: bool) {
        self.took[place].time(took);
        if has_failed {
            self.failed[place].one();
        }
        self.note(OPERATIONS[place], took, has_failed);
    }

    /// Notes a piece of work of the database in the trace at hand, if that is sampled.
    pub fn note(&self, operation: &str, took: Duration, has_failed: bool) {
        let Some(parent) = trace::current().filter(|it| span::wanted(*it)) else { return };
        let attributes = vec![
            ("db.system.name", self.system.to_owned()),
            ("db.namespace", self.namespace.clone()),
            ("db.operation.name", operation.to_owned()),
        ];
        span::note(Span {
            trace: parent.below(parent.service),
            parent: Some(parent),
            name: format!("{operation} {}", self.namespace),
            is_server: false,
            time: span::until_now(took),
            attributes,
            has_failed,
        });
    }
}

/// A statement that is measured.
pub(crate) struct Timed<'a> {
    of: &'a Statements,
    place: usize,
    begun: Instant,
}

impl Timed<'_> {
    /// Counts it.
    pub fn end(self, has_failed: bool) {
        self.of.count(self.place, self.begun.elapsed(), has_failed);
    }
}

/// The position of a statement in [`OPERATIONS`].
fn operation(sql: &str) -> usize {
    let known = OPERATIONS.iter().position(|word| sql.starts_with(word));
    // A query with named parts before it.
    known.unwrap_or(if sql.starts_with("WITH") { 0 } else { OPERATIONS.len() - 1 })
}

/// Has every statement of a database counted.
pub(crate) fn measured(mut db: DatabaseConnection) -> DatabaseConnection {
    let statements = Statements::of(&db);
    db.set_metric_callback(move |info| {
        statements.count(operation(&info.statement.sql), info.elapsed, info.failed);
    });
    db
}

/// The measures of reads that wait for a connection.
pub(crate) struct Waits {
    pub waiting: Arc<Gauge>,
    pub late: Arc<Counter>,
}

impl Waits {
    /// Returns those of a database.
    pub fn of(db: &DatabaseConnection) -> Self {
        let namespace = namespace(db);
        let (waiting, late) = (&READS_WAITING, &CONNECTION_TIMEOUTS);
        Self { waiting: waiting.with(&[&namespace]), late: late.with(&[&namespace]) }
    }
}

/// The measures of the writer of a record.
pub(crate) struct Writes {
    pub queue: Arc<Gauge>,
    pub batch: Arc<Histogram>,
    pub commit: Arc<Histogram>,
    pub moved: Arc<Counter>,
    pub aborted: Arc<Counter>,
    pub refused_by_clock: Arc<Counter>,
    pub head: Heads,
    pub statements: Statements,
}

impl Writes {
    /// Returns those of a database.
    pub fn of(db: &DatabaseConnection) -> Self {
        let namespace = &*namespace(db);
        Self {
            queue: WRITER_QUEUE.with(&[namespace]),
            batch: BATCH_SIZE.with(&[namespace]),
            commit: COMMIT_DURATION.with(&[namespace]),
            moved: WRITER_RETRIES.with(&[namespace, "moved"]),
            aborted: WRITER_RETRIES.with(&[namespace, "aborted"]),
            refused_by_clock: CLOCK_REFUSALS.with(&[namespace]),
            head: Heads::of(db),
            statements: Statements::of(db),
        }
    }
}

/// The head of a record, as far as this process knows.
pub(crate) struct Heads {
    sequence: Arc<Gauge>,
    time: Arc<Gauge>,
}

impl Heads {
    /// Returns that of a database.
    pub fn of(db: &DatabaseConnection) -> Self {
        let namespace = namespace(db);
        Self { sequence: HEAD_SEQUENCE.with(&[&namespace]), time: HEAD_TIME.with(&[&namespace]) }
    }

    /// Notes a head: its number, and its record time.
    pub fn reached(&self, seq: i64, time: i64) {
        self.sequence.set_count(usize::try_from(seq).unwrap_or_default());
        self.time.set(Duration::from_micros(u64::try_from(time).unwrap_or_default()).as_secs_f64());
    }
}

/// The measures of those who watch a record.
pub(crate) struct Watches {
    pub watchers: Arc<Gauge>,
    lag: Arc<Histogram>,
}

impl Watches {
    /// Returns those of a database.
    pub fn of(db: &DatabaseConnection) -> Self {
        let namespace = namespace(db);
        Self { watchers: WATCHERS.with(&[&namespace]), lag: WATCH_LAG.with(&[&namespace]) }
    }

    /// Notes that a change of a record time is sent now.
    pub fn sent(&self, time: i64, now: i64) {
        let late = u64::try_from(now.saturating_sub(time)).unwrap_or_default();
        self.lag.note(late.saturating_mul(MICRO));
    }
}

/// Notes whether a database answers.
pub(crate) fn up(db: &DatabaseConnection) -> Arc<Gauge> {
    DATABASE_UP.with(&[system(db), &namespace(db)])
}

/// The pools of a record, which are looked at when somebody reads the metrics.
pub(crate) struct Pools([(&'static str, DatabaseConnection); 2]);

impl Pools {
    /// The pool of single reads and pages, and that of what is long. They are looked at until what
    /// is returned is dropped.
    pub fn watch(read: DatabaseConnection, long: DatabaseConnection) -> Arc<Self> {
        let pools = Arc::new(Self([("read", read), ("long", long)]));
        let watched = Arc::downgrade(&pools);
        instruments::on_read(move || Weak::upgrade(&watched).is_some_and(|pools| pools.look()));
        pools
    }

    fn look(&self) -> bool {
        for (pool, db) in &self.0 {
            let namespace = &*namespace(db);
            let (open, idle, most) = if db.get_database_backend() == DbBackend::Postgres {
                let pool = db.get_postgres_connection_pool();
                (pool.size(), pool.num_idle(), pool.options().get_max_connections())
            } else {
                let pool = db.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle(), pool.options().get_max_connections())
            };
            let open = usize::try_from(open).unwrap_or_default();
            let count = |state| DATABASE_CONNECTIONS.with(&[namespace, pool, state]);
            count("idle").set_count(idle);
            count("used").set_count(open.saturating_sub(idle));
            DATABASE_CONNECTIONS_MAX.with(&[namespace, pool]).set(f64::from(most));
        }
        true
    }
}

/// The name of an engine, as OpenTelemetry has it.
fn system(db: &DatabaseConnection) -> &'static str {
    if db.get_database_backend() == DbBackend::Postgres { "postgresql" } else { "sqlite" }
}

/// The name of a database: that of PostgreSQL, or of the file without its ending.
fn namespace(db: &DatabaseConnection) -> String {
    if db.get_database_backend() == DbBackend::Postgres {
        let options = db.get_postgres_connection_pool().connect_options();
        return options.get_database().unwrap_or(OTHER).to_owned();
    }
    let options = db.get_sqlite_connection_pool().connect_options();
    let file = options.get_filename();
    if file.to_string_lossy().contains(':') {
        return "memory".to_owned();
    }
    file.file_stem().map_or_else(|| OTHER.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_its_first_word() {
        let words =
            ["SELECT 1", "WITH \"a\" AS (SELECT 1) SELECT 2", "DELETE FROM \"a\"", "PRAGMA x"];
        let found = words.map(|sql| OPERATIONS[operation(sql)]);

        assert_eq!(found, ["SELECT", "SELECT", "DELETE", OTHER]);
    }

    #[tokio::test]
    async fn the_statements_of_either_engine_are_counted() {
        for engine in [testkit::Engine::Sqlite, testkit::Engine::Postgres] {
            let Some(database) = testkit::database(engine).await else { continue };
            let db = crate::database::open(&database.url).await.unwrap();
            let (pools, label) = (Pools::watch(db.clone(), db.clone()), namespace(&db));

            let text = instruments::text();

            let count = format!(
                "db_client_operation_duration_seconds_count{{db_system_name=\"{}\",\
                 db_namespace=\"{label}\",db_operation_name=\"SELECT\"}} 1\n",
                system(&db)
            );
            assert!(text.contains(&count), "{text}");
            let most = format!("db_client_connection_max{{db_namespace=\"{label}\"");
            assert!(text.contains(&most), "{text}");
            drop(pools);
        }
    }
}
