//! Checks again and again whether the database is available, on a connection of its own: in the
//! pool a busy database looks like one that is away.

use std::time::Duration;

use sea_orm::{DatabaseConnection, DbBackend};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{PgPool, SqlitePool};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::address::is_same_place;
use crate::file::File;
use crate::meters;

const EVERY: Duration = Duration::from_secs(1);
/// A database that has not answered by then is away.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Follows whether the database is there, for as long as somebody listens. `renewed` gives another
/// address of PostgreSQL when there is one. A new user and password are used at once: an open
/// connection goes on without them, and hides that a new one would be refused. Another place is
/// used when the database does not answer. Must be called in a runtime.
pub fn pulse(
    db: &DatabaseConnection,
    mut renewed: impl FnMut() -> Option<String> + Send + 'static,
) -> watch::Receiver<bool> {
    let (told, is_there) = watch::channel(true);
    let (probe, up, db) = (Probe::of(db), meters::up(db), db.clone());
    up.set(1.0);
    tokio::spawn(async move {
        let mut turn = interval(EVERY);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut waiting = None;
        loop {
            tokio::select! {
                _ = turn.tick() => {}
                () = told.closed() => return,
            }
            let answers = timeout(TIMEOUT, probe.answers()).await.unwrap_or(false);
            up.set(f64::from(u8::from(answers)));
            told.send_if_modified(|known| std::mem::replace(known, answers) != answers);
            waiting = renewed().or(waiting);
            if let Some(url) = waiting.take_if(|url| !answers || probe.is_there(url)) {
                probe.renew(&db, &url);
            }
        }
    });
    is_there
}

/// A connection that nothing else uses.
enum Probe {
    Postgres(PgPool),
    Sqlite(SqlitePool, Option<File>),
}

impl Probe {
    fn of(db: &DatabaseConnection) -> Self {
        if db.get_database_backend() == DbBackend::Postgres {
            let options = db.get_postgres_connection_pool().connect_options();
            let one = PgPoolOptions::new().max_connections(1).acquire_timeout(TIMEOUT);
            return Self::Postgres(one.connect_lazy_with((*options).clone()));
        }
        let options = db.get_sqlite_connection_pool().connect_options();
        let one = SqlitePoolOptions::new().max_connections(1).acquire_timeout(TIMEOUT);
        // A file that was moved away must not come into being again.
        let options = (*options).clone().create_if_missing(false);
        Self::Sqlite(one.connect_lazy_with(options), File::of(db))
    }

    /// Takes another address, for itself and for the readers; who else connects follows them.
    fn renew(&self, db: &DatabaseConnection, url: &str) {
        let Self::Postgres(one) = self else { return };
        let Ok(options) = url.parse::<PgConnectOptions>() else {
            tracing::warn!("the address of the database was changed to what is none");
            return;
        };
        let options = options.disable_statement_logging();
        one.set_connect_options(options.clone());
        db.get_postgres_connection_pool().set_connect_options(options);
        tracing::info!("the address of the database was changed: it is used from now on");
    }

    /// Returns whether an address leads to where the database is, with other credentials.
    fn is_there(&self, url: &str) -> bool {
        let Self::Postgres(one) = self else { return false };
        let other = url.parse::<PgConnectOptions>();
        other.is_ok_and(|other| is_same_place(&one.connect_options(), &other))
    }

    async fn answers(&self) -> bool {
        match self {
            Self::Postgres(one) => sqlx::query("SELECT 1").execute(one).await.is_ok(),
            Self::Sqlite(one, file) => {
                file.as_ref().is_none_or(File::stands)
                    && sqlx::query("SELECT 1 FROM head").execute(one).await.is_ok()
            }
        }
    }
}
