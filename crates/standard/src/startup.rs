//! Opens the record of a service, and brings its database to the schema of this program.
//!
//! - `migrations`: those that a database has, beside those of this program

mod migrations;

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use chassis::Settings;
use chassis::config::renewed_database_url;
use chronicle::database;
use chronicle::desks::{self, Comparison};
use chronicle::schema::Schema;
use sea_orm::DatabaseConnection;
use sea_orm_migration::MigratorTrait;
use tokio::time::sleep;

use self::migrations::{Known, Migrations};

/// The advice about the address of a SQLite file that is not there.
pub const MISSING_FILE: &str = "there is no such file; with `?mode=rwc` at the end of database_url \
                                `registan migrate` makes it";
/// How long to wait before a database that is away is asked again.
const AGAIN: Duration = Duration::from_secs(1);
/// One in so many tries is logged.
const LINES: u64 = 10;

/// Opens the database of a service. With no `database_url` it is the SQLite file `NAME.db` in the
/// data folder, migrated here; a database that was named is never changed by a service, only by
/// `registan migrate`. Where somebody asks for the health of the process (`probe_address`), a
/// database that is away is waited for.
pub async fn open_record<M: MigratorTrait>(
    name: &str,
    settings: &Settings,
    _: &M,
    schema: &Schema,
) -> anyhow::Result<DatabaseConnection> {
    let db = connect(name, settings, settings.probe_address.is_some()).await?;
    if settings.database_url.is_none() {
        bring::<M>(name, &db, schema).await?;
        return Ok(db);
    }
    refuse_foreign(name, &db, schema, &read::<M>(name, &db).await?).await?;
    check::<M>(name, &db).await?;
    Ok(db)
}

/// Reads the address of the database again, where it stands in a file: gives it each time that it
/// was changed.
pub fn renewed(settings: &Settings) -> impl FnMut() -> Option<String> + Send + use<> {
    let mut known = settings.database_url.clone();
    move || {
        let next = renewed_database_url(known.as_ref()?)?;
        let url = next.expose().to_owned();
        known = Some(next);
        Some(url)
    }
}

/// Opens the database of a service to be read: makes no file, runs no migration.
pub async fn open_existing<M: MigratorTrait>(
    name: &str,
    settings: &Settings,
    _: &M,
) -> anyhow::Result<DatabaseConnection> {
    let url = if let Some(url) = &settings.database_url {
        url.expose().to_owned()
    } else {
        let file = settings.data_dir.join(format!("{name}.db"));
        anyhow::ensure!(
            file.exists(),
            "there is no database {}: choose the data folder of a suite with --data-dir",
            chassis::private::absolute(&file)
        );
        format!("sqlite:{}?mode=rw", file.display())
    };
    let db = open(name, settings, &url, false).await?;
    check::<M>(name, &db).await?;
    Ok(db)
}

/// Refuses a database that lacks migrations, or that was written with other desks. One that was
/// migrated by a later version is not refused, unless the name of a migration says that it must be.
pub async fn check<M: MigratorTrait>(name: &str, db: &DatabaseConnection) -> anyhow::Result<()> {
    let found = compared::<M>(name, db).await?;
    anyhow::ensure!(
        found.pending == 0,
        "the database of {name} is older than this program: run `registan migrate {name}` first"
    );
    match compare(name, db).await? {
        None => Ok(()),
        Some(what) => anyhow::bail!(
            "the desks are not those that the database of {name} was written with ({what}): stop what serves it and run \
             `registan migrate {name}` with the same desks first, or use those of before"
        ),
    }
}

/// Returns the migrations of a database that this program does not know: those of later versions.
pub async fn later<M: MigratorTrait>(db: &DatabaseConnection) -> anyhow::Result<Vec<String>> {
    Ok(Migrations::read::<M>(db).await?.later)
}

/// Compares the migrations of a database with those of this program; an error where one is of a
/// later version that no older one can follow.
async fn compared<M: MigratorTrait>(
    name: &str,
    db: &DatabaseConnection,
) -> anyhow::Result<Migrations> {
    let found = read::<M>(name, db).await?;
    refuse_breaking(name, &found)?;
    Ok(found)
}

async fn read<M: MigratorTrait>(name: &str, db: &DatabaseConnection) -> anyhow::Result<Migrations> {
    let found = Migrations::read::<M>(db).await;
    found.with_context(|| format!("the database of {name} cannot be read"))
}

/// Refuses a database with a migration that no older version can follow, and logs those of later
/// versions that this one can.
fn refuse_breaking(name: &str, found: &Migrations) -> anyhow::Result<()> {
    if let Some(breaking) = found.breaking() {
        // A later version has also run those that this one knows.
        let or = if found.pending > 0 { "; or is it the database of another service?" } else { "" };
        anyhow::bail!(
            "the database of {name} was migrated by a later version, and {breaking} changed what this version relies on: use \
             that version, or restore a backup of before{or}"
        );
    }
    if !found.later.is_empty() {
        let migrations = found.later.join(", ");
        tracing::info!(service = name, migrations, "the database was migrated by a later version");
    }
    Ok(())
}

/// Refuses a database of another service: it has migrations that this one does not know, and no
/// table of its own.
async fn refuse_foreign(
    name: &str,
    db: &DatabaseConnection,
    schema: &Schema,
    found: &Migrations,
) -> anyhow::Result<()> {
    if found.pending > 0 && !found.later.is_empty() {
        anyhow::ensure!(
            schema.is_begun(db).await?,
            "the database has migrations of another service ({}, …) and no table of {name}: is \
             database_url right?",
            found.later[0]
        );
    }
    Ok(())
}

/// Runs the migrations that a database lacks, and fills its rows for the desks of this process;
/// returns what it found.
async fn bring<M: MigratorTrait>(
    name: &str,
    db: &DatabaseConnection,
    schema: &Schema,
) -> anyhow::Result<Migrations> {
    let found = read::<M>(name, db).await?;
    refuse_foreign(name, db, schema, &found).await?;
    refuse_breaking(name, &found)?;
    if found.pending > 0 {
        // A migration may fill rows by the desks of this process.
        expect_desks(name, desks::compare_if_written(db).await?)?;
        Known::<M>::up(db, None)
            .await
            .with_context(|| format!("the database of {name} could not be migrated"))?;
    }
    renew_desks(name, db, schema).await?;
    Ok(found)
}

/// Returns what differs between the desks of this process and those that a database was written
/// with; an error where no migration helps.
async fn compare(name: &str, db: &DatabaseConnection) -> anyhow::Result<Option<String>> {
    expect_desks(name, desks::compare(db).await?)
}

fn expect_desks(name: &str, compared: Comparison) -> anyhow::Result<Option<String>> {
    match compared {
        Comparison::Same => Ok(None),
        Comparison::Changed(what) => Ok(Some(what)),
        Comparison::Refused(why) => anyhow::bail!(
            "the desks are not those that the database of {name} was written with: {why}; is --desks the right file?"
        ),
    }
}

/// Fills the rows for the desks of this process, where a database was written with others.
async fn renew_desks(name: &str, db: &DatabaseConnection, schema: &Schema) -> anyhow::Result<()> {
    let Some(what) = compare(name, db).await? else { return Ok(()) };
    tracing::info!(service = name, change = what, "desks changed: filling the rows again");
    let renewed = schema.renew_desks(db).await;
    renewed.with_context(|| format!("the database of {name} could not be filled for its desks"))
}

/// Brings the database of a service to the schema of this program, and its rows to the desks of
/// this process; returns how many migrations ran.
pub async fn migrate<M: MigratorTrait>(
    name: &str,
    settings: &Settings,
    _: &M,
    schema: &Schema,
) -> anyhow::Result<usize> {
    let db = connect(name, settings, false).await?;
    let found = bring::<M>(name, &db, schema).await?;
    // A SQLite file may be moved afterwards.
    db.close().await?;
    if !found.later.is_empty() {
        let later = found.later.join(", ");
        writeln!(io::stderr(), "{name}: migrated by a later version already: {later}")?;
    }
    Ok(found.pending)
}

async fn connect(
    name: &str,
    settings: &Settings,
    waits: bool,
) -> anyhow::Result<DatabaseConnection> {
    let url = match &settings.database_url {
        Some(url) => url.expose().to_owned(),
        None => file_url(name, &settings.data_dir)?,
    };
    open(name, settings, &url, waits).await
}

/// Opens a database; one that is away is waited for where that is wanted.
async fn open(
    name: &str,
    settings: &Settings,
    url: &str,
    waits: bool,
) -> anyhow::Result<DatabaseConnection> {
    let opened = if waits {
        opened_once_there(name, settings, url).await
    } else {
        database::open(url).await
    };
    opened.map_err(|error| {
        let advice = match &settings.database_url {
            Some(_) if is_missing_file(url) => MISSING_FILE.to_owned(),
            None if error.is_damaged() => error.remedy().to_owned(),
            Some(_) => error.remedy().to_owned(),
            None => {
                let folder = chassis::private::absolute(&settings.data_dir);
                format!("can the data folder {folder} be written? choose another with --data-dir")
            }
        };
        let colon = if advice.is_empty() { "" } else { ": " };
        let message = format!("the database of {name} cannot be opened{colon}{advice}");
        anyhow::Error::new(error).context(message)
    })
}

/// Opens a database when it answers; an error where waiting does not help. Where its address stands
/// in a file, that is read again before each try.
async fn opened_once_there(
    name: &str,
    settings: &Settings,
    url: &str,
) -> Result<DatabaseConnection, chronicle::Error> {
    let (mut url, mut renewed) = (url.to_owned(), renewed(settings));
    for tries in 0_u64.. {
        url = renewed().unwrap_or(url);
        match database::open(&url).await {
            Err(error) if error.is_away() => {
                if tries % LINES == 0 {
                    let error = error.source().map_or_else(String::new, ToString::to_string);
                    tracing::warn!(service = name, error, tries, "waiting for the database");
                }
                sleep(AGAIN).await;
            }
            opened => return opened,
        }
    }
    unreachable!("it is tried for ever")
}

/// True for the address of a SQLite file that is not there and may not be made.
pub fn is_missing_file(url: &str) -> bool {
    !url.contains("mode=") && database::file(url).is_some_and(|file| !file.exists())
}

fn file_url(name: &str, folder: &Path) -> anyhow::Result<String> {
    chassis::private::folder(folder).with_context(|| {
        format!(
            "the data folder {} cannot be made, or closed to others: choose another with --data-dir",
            chassis::private::absolute(folder)
        )
    })?;
    let file = folder.join(format!("{name}.db"));
    Ok(format!("sqlite:{}?mode=rwc", file.display()))
}
