//! `registan backup`: copies databases while they are served, checks each copy, and says in a
//! manifest what it holds.
//!
//! - `manifest`: the description of a backup
//! - `draft`: a folder that is there whole or not at all
//! - `files`: digests, copies, and that both are on the disk
//! - `sqlite`, `postgres`: how a database of each engine is copied

mod draft;
mod files;
mod manifest;
mod postgres;
mod sqlite;

use std::io::Write;
use std::path::Path;

use chassis::clock::{Clock, SystemClock};
use chassis::process::block_on;
use chassis::{Settings, private};
use chronicle::State;
use chronicle::verify::Checkpoint;
use indicatif::HumanBytes;
use standard::time::timestamp;

use self::draft::Draft;
pub use self::files::{copy, digest, flush, flush_folder};
pub use self::manifest::{Engine, Manifest, Part};
pub use self::postgres::{restore, tables};
pub use self::sqlite::at;
use crate::cli::{Backup, ServiceName};
use crate::record::{self, Record};

/// The services that keep a record, each before those that it refers to: so a copy of one never
/// refers to what the next copy does not have.
const ORDER: [ServiceName; 3] =
    [ServiceName::RightsReporting, ServiceName::Projects, ServiceName::Agreements];

pub fn run(arguments: Backup) -> anyhow::Result<()> {
    let settings = record::settings(arguments.service, arguments.settings)?;
    let services = arguments.service.map_or_else(|| ORDER.to_vec(), |service| vec![service]);
    let draft = Draft::make(&arguments.to)?;
    let mut manifest = Manifest::begin();
    block_on(async {
        for service in services {
            let part = part(service, &settings, draft.path()).await?;
            let Part { service, changes, checkpoint, size, .. } = &part;
            let size = HumanBytes(*size);
            let line = format!("{service}: {changes} changes, checkpoint {checkpoint}, {size}");
            manifest.parts.push(part);
            writeln!(std::io::stdout(), "{line}")?;
        }
        Ok(())
    })?;
    // After the last copy, so that nothing in it is later.
    manifest.made = timestamp(SystemClock.now()).to_string();
    manifest.write(draft.path())?;
    draft.finish()?;
    let to = arguments.to.display();
    let dumped = manifest.parts.iter().find(|part| part.engine == Engine::Postgres);
    let (what, target) = match dumped {
        Some(Part { service, .. }) => (
            "the record was verified; the dump was read whole",
            format!("{service} --database-url-file FILE, which names an empty database"),
        ),
        None => ("whole and verified", "--data-dir trial".to_owned()),
    };
    writeln!(
        std::io::stdout(),
        "{to}: {what}. Note the checkpoints elsewhere; try it: registan restore {to} {target}"
    )?;
    Ok(())
}

/// Copies the database of a service into a folder, and checks what it copied.
async fn part(service: ServiceName, settings: &Settings, folder: &Path) -> anyhow::Result<Part> {
    let record = record::open(service, settings).await.map_err(|error| {
        let file = settings.data_dir.join(Engine::Sqlite.file(record::name(service)));
        let is_missing = settings.database_url.is_none() && !file.exists();
        if is_missing || error.is::<chronicle::Error>() {
            return error;
        }
        error.context(
            "only a database that this program could serve is backed up: use the version that \
             serves it",
        )
    })?;
    let engine = Engine::of(&record.db);
    let (name, schema) = (record.name, record.schema().await?);
    let file = engine.file(name);
    let path = folder.join(&file);
    private::file_or_new(&path)?;
    let (checkpoint, last) = match &settings.database_url {
        Some(url) if engine == Engine::Postgres => {
            let state = postgres::dump(&record.db, url, &path, name).await?;
            let passes = Some(&state.checkpoint).filter(|checkpoint| checkpoint.seq > 0);
            checked(&record, passes).await?;
            postgres::read(&path).await?;
            (state.checkpoint, state.last)
        }
        _ => {
            sqlite::copy(&record.db, &path, name).await?;
            let copied = record::open(service, &sqlite::at(settings, &path)).await?;
            let checkpoint = checked(&copied, None).await?;
            let last = State::read(&copied.db).await?.last;
            copied.db.close().await?;
            (checkpoint, last)
        }
    };
    record.db.close().await?;
    flush(&path)?;
    let (size, sha256) = digest(&path, name)?;
    Ok(Part {
        service: name.to_owned(),
        engine,
        schema,
        changes: checkpoint.seq,
        checkpoint: checkpoint.to_string(),
        last_change: timestamp(last).to_string(),
        file,
        size,
        sha256,
    })
}

/// Verifies a record; an error where it does not fit.
pub async fn checked(record: &Record, passes: Option<&Checkpoint>) -> anyhow::Result<Checkpoint> {
    record.verify(passes).await?.map_err(|what| {
        anyhow::anyhow!(
            "{}: {what}: this is not the record that the suite wrote; keep the database as it is, and compare it with an \
             earlier backup",
            record.name
        )
    })
}
