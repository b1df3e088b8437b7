//! The database of a service: whether it answers, its version, its schema, and its clock.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use chassis::Settings;
use chassis::clock::{Clock, SystemClock};
use chassis::failure::chain;
use chronicle::{State, database};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use standard::startup::{MISSING_FILE, is_missing_file};
use standard::time::timestamp;
use tokio::time::timeout;

use super::connections;
use super::finding::Finding;
use crate::cli::ServiceName;
use crate::record;
use crate::verify::later;

/// How long a database may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The oldest PostgreSQL that the record runs on, as it numbers its versions.
const OLDEST: i64 = 150_000;
const SECOND: i64 = 1_000_000;

/// Looks at the database of a service.
pub async fn look(service: ServiceName, settings: &Settings) -> Vec<Finding> {
    let name = record::name(service);
    let opened = match &settings.database_url {
        None => {
            let file = settings.data_dir.join(format!("{name}.db"));
            if !file.exists() {
                let said = format!("{} is not there", file.display());
                return vec![Finding::warning(name, said, "`registan serve` makes it")];
            }
            read_only(&file).await
        }
        Some(url) => match database::file(url.expose()) {
            Some(file) if !file.exists() => {
                let remedy = if is_missing_file(url.expose()) {
                    MISSING_FILE.to_owned()
                } else {
                    format!("`registan migrate {name}` makes it; is database_url right?")
                };
                let said = format!("{} is not there", file.display());
                return vec![Finding::problem(name, said, &remedy)];
            }
            Some(file) => read_only(&file).await,
            None => opened(url.expose()).await,
        },
    };
    let db = match opened {
        Ok(db) => db,
        Err(error) => {
            let said = format!("the database cannot be opened: {}", chain(error.as_ref()));
            let known = error.downcast_ref().map(chronicle::Error::remedy);
            let remedy = known.unwrap_or("is it running, and is its address right?");
            return vec![Finding::problem(name, said, remedy)];
        }
    };
    let found = examine(service, name, settings, &db).await;
    // Nothing was written, so nothing is lost if it does not close well.
    let _closed = db.close().await;
    found
}

async fn examine(
    service: ServiceName,
    name: &str,
    settings: &Settings,
    db: &DatabaseConnection,
) -> Vec<Finding> {
    let mut found = vec![version(name, db).await];
    found.extend(connections::look(name, db).await);
    let state = match State::read(db).await {
        Ok(state) => state,
        Err(error) if error.is_damaged() => {
            found.push(Finding::problem(name, chain(&error), error.remedy()));
            return found;
        }
        Err(_) => {
            let remedy = format!("is it the right one? `registan migrate {name}` makes the tables");
            found.push(Finding::problem(name, "there is no record in the database", &remedy));
            return found;
        }
    };
    found.push(schema(service, name, &state, db).await);
    let tolerance = i64::try_from(settings.clock_tolerance_seconds).unwrap_or(i64::MAX);
    found.push(clock(name, &state, SystemClock.now(), tolerance.saturating_mul(SECOND)));
    found
}

/// Compares the schema and the desks of a database with those of this program.
async fn schema(
    service: ServiceName,
    name: &str,
    state: &State,
    db: &DatabaseConnection,
) -> Finding {
    let examined = async {
        record::check(service, db).await?;
        later(service, db).await
    };
    let last = timestamp(state.last);
    let changes = format!("{} changes, the last at {last}", state.checkpoint.seq);
    match examined.await {
        Err(error) => Finding::problem(name, format!("{error:#}"), ""),
        Ok(later) if later.is_empty() => {
            let said = format!("{changes}; its schema and desks are those of this program");
            Finding::good(name, said)
        }
        Ok(later) => {
            let said = format!("{changes}; a later version migrated it ({})", later.join(", "));
            Finding::warning(name, said, "use that version as soon as it can be used")
        }
    }
}

/// Opens a SQLite file without a change to it, to its mode, or to what lies beside it.
async fn read_only(file: &Path) -> anyhow::Result<DatabaseConnection> {
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    // Only a file that nobody serves can be read without making files beside it.
    let rest = if Path::new(&wal).exists() { "" } else { "&immutable=true" };
    let mut options = ConnectOptions::new(format!("sqlite:{}?mode=ro{rest}", file.display()));
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await.map_err(chronicle::Error::from)?)
}

async fn opened(url: &str) -> anyhow::Result<DatabaseConnection> {
    let opened = timeout(TIMEOUT, database::open(url)).await.context("it does not answer")?;
    Ok(opened?)
}

async fn version(name: &str, db: &DatabaseConnection) -> Finding {
    let engine = db.get_database_backend();
    let query = match engine {
        DbBackend::Sqlite => "SELECT sqlite_version() AS version, 0 AS number",
        _ => {
            "SELECT current_setting('server_version') AS version, \
             CAST(current_setting('server_version_num') AS bigint) AS number"
        }
    };
    let asked = db.query_one_raw(Statement::from_string(engine, query)).await;
    let told = asked.ok().flatten().and_then(|row| {
        let number = match engine {
            DbBackend::Sqlite => OLDEST,
            _ => row.try_get::<i64>("", "number").ok()?,
        };
        Some((row.try_get::<String>("", "version").ok()?, number))
    });
    match told {
        None => Finding::problem(name, "the database does not say its version", "is it readable?"),
        Some((version, number)) if number < OLDEST => Finding::problem(
            name,
            format!("PostgreSQL {version} is too old"),
            "the record needs PostgreSQL 15 or newer",
        ),
        Some((version, _)) => {
            let engine = if engine == DbBackend::Sqlite { "SQLite" } else { "PostgreSQL" };
            Finding::good(name, format!("{engine} {version} answers"))
        }
    }
}

/// Compares the clock of this machine with that of the database server, where there is one, and
/// with the last change.
fn clock(name: &str, state: &State, now: i64, tolerance: i64) -> Finding {
    let what = format!("clock of {name}");
    let ahead = state.last.saturating_sub(now);
    if ahead > tolerance {
        let said = format!("the last change is {} s ahead of this machine", ahead / SECOND);
        let remedy = "put the clock right (NTP); if the record is wrong, clock_tolerance_seconds lets it be written";
        return Finding::problem(&what, said, remedy);
    }
    let Some(server) = state.server else {
        return Finding::good(&what, "the last change is not ahead of this machine");
    };
    let off = now.saturating_sub(server);
    let tenths = off.abs() / (SECOND / 10);
    let side = if off < 0 { "behind" } else { "ahead of" };
    let (whole, part) = (tenths / 10, tenths % 10);
    let said = format!("this machine is {whole}.{part} s {side} the database server");
    if off.abs() > tolerance {
        return Finding::problem(&what, said, "put the clocks right (NTP): writes are refused");
    }
    if off.abs() > SECOND {
        return Finding::warning(&what, said, "put the clocks right (NTP)");
    }
    Finding::good(&what, said)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;
    use chronicle::verify::Checkpoint;

    #[test]
    fn a_clock_is_compared_with_the_server_and_the_last_change() {
        let now = 1_000_000 * SECOND;
        for (last, server, level) in [
            (now, None, Level::Good),
            (now + 29 * SECOND, None, Level::Good),
            (now + 31 * SECOND, None, Level::Problem),
            (0, Some(now), Level::Good),
            (0, Some(now - 2 * SECOND), Level::Warning),
            (0, Some(now + 31 * SECOND), Level::Problem),
        ] {
            let checkpoint = Checkpoint { seq: 1, hash: String::new() };
            let state = State { checkpoint, last, server };

            let found = clock("agreements", &state, now, 30 * SECOND);

            assert_eq!(found.level, level, "{found}");
        }
    }
}
