//! `registan restore`: puts a backup where nothing is, and checks the record before anybody can
//! serve it.
//!
//! - `file`: a SQLite file on its way to its place

mod file;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use chassis::process::block_on;
use chassis::{Settings, private};
use chronicle::verify::Checkpoint;
use chronicle::{State, database};
use clap::ValueEnum;
use standard::time::timestamp;

use self::file::Restoring;
use crate::backup::{self, Engine, Manifest, Part, checked};
use crate::cli::{Restore, ServiceName};
use crate::serve::{SEEDED, write_marker};
use crate::{migrate, record};

pub fn run(arguments: Restore) -> anyhow::Result<()> {
    let settings = record::settings(arguments.service, arguments.settings)?;
    let manifest = Manifest::read(&arguments.from)?;
    let parts = manifest.parts_of(arguments.service.map(record::name))?;
    block_on(async {
        let mut files = Vec::new();
        for part in &parts {
            files.push(empty(part, &settings).await?);
        }
        let mut restored = Vec::new();
        for (part, file) in parts.iter().zip(files) {
            let line = one(part, file.as_ref(), &arguments.from, &settings).await;
            restored.push((line.with_context(|| of_version(&manifest.version))?, file));
        }
        for (line, file) in restored {
            file.map(Restoring::finish).transpose()?;
            writeln!(std::io::stdout(), "{line}")?;
        }
        Ok(())
    })?;
    if settings.database_url.is_none() && is_whole(&settings.data_dir) {
        write_marker(&settings.data_dir.join(SEEDED))?;
    }
    writeln!(
        std::io::stdout(),
        "restored: what was written to a service after its last change here is lost, and \
         `registan verify SERVICE --expect CHECKPOINT` names how much; tokens that were given out \
         later are refused (RECORD_WENT_BACK)"
    )?;
    Ok(())
}

/// Returns whether a data folder has the databases of all services: nothing is seeded into what was
/// restored. While one is missing the folder is not marked, for the suite would begin that one
/// empty.
fn is_whole(folder: &Path) -> bool {
    migrate::ALL
        .into_iter()
        .all(|service| folder.join(Engine::Sqlite.file(record::name(service))).exists())
}

/// Says what a restore that fails may come from.
fn of_version(version: &str) -> String {
    let this = env!("CARGO_PKG_VERSION");
    if version == this {
        return "the backup is not restored".to_owned();
    }
    format!("the backup is not restored (it is of registan {version}, and this is {this})")
}

/// The place for a database, where nothing may be; none for a server.
async fn empty(part: &Part, settings: &Settings) -> anyhow::Result<Option<Restoring>> {
    let service = &part.service;
    let Some(url) = &settings.database_url else {
        ensure!(
            part.engine == Engine::Sqlite,
            "the backup of {service} is of PostgreSQL: name an empty database, `registan restore FOLDER {service} \
             --database-url-file FILE`"
        );
        private::folder(&settings.data_dir).with_context(|| {
            format!("the data folder {} cannot be used", private::absolute(&settings.data_dir))
        })?;
        let file = settings.data_dir.join(part.engine.file(service));
        return Restoring::to(&file).map(Some);
    };
    let url = url.expose();
    ensure!(
        Engine::at(url) == part.engine,
        "the backup of {service} is of {}, and the database that was named is not",
        part.engine.name()
    );
    if let Some(file) = database::file(url) {
        return Restoring::to(&file).map(Some);
    }
    let db = database::open(url).await.map_err(|error| {
        let remedy = error.remedy();
        let message = format!("the database for {service} cannot be opened: {remedy}");
        anyhow::Error::new(error).context(message)
    })?;
    let tables = backup::tables(&db).await?;
    db.close().await?;
    ensure!(
        tables == 0,
        "the database for {service} is not empty, it has {tables} tables, and nothing is overwritten: name a new one, made by \
         CREATE DATABASE … TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
    );
    Ok(None)
}

/// Restores one database and verifies it; returns what to say of it.
async fn one(
    part: &Part,
    file: Option<&Restoring>,
    from: &Path,
    settings: &Settings,
) -> anyhow::Result<String> {
    let service = ServiceName::from_str(&part.service, false)
        .map_err(|_| anyhow::anyhow!("{} is no service of this program", part.service))?;
    let copied = from.join(&part.file);
    let settings = match (file, &settings.database_url) {
        (None, Some(url)) => {
            part.check_in(from)?;
            backup::restore(url, &copied).await?;
            settings.clone()
        }
        (Some(file), _) => {
            let (size, sha256) = backup::copy(&copied, file.draft(), &part.service)?;
            part.check(size, &sha256)?;
            backup::at(settings, file.draft())
        }
        (None, None) => anyhow::bail!("no database was named for {}", part.service),
    };
    let (_, ran) = migrate::one(service, &settings).await?;
    let record = record::open(service, &settings).await?;
    let expected: Checkpoint = part.checkpoint.parse().map_err(anyhow::Error::msg)?;
    let found = checked(&record, Some(&expected).filter(|checkpoint| checkpoint.seq > 0)).await;
    let last = State::read(&record.db).await;
    record.db.close().await?;
    let (found, last) = (found?, last?.last);
    let migrated = if ran > 0 { format!(", {ran} migrations ran") } else { String::new() };
    let last = match found.seq {
        0 => "nothing was recorded yet".to_owned(),
        _ => format!("the last recorded at {}", timestamp(last)),
    };
    let service = &part.service;
    Ok(format!("{service}: {} changes fit, checkpoint {found}, {last}{migrated}", found.seq))
}
