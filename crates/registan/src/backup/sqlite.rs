//! Copies a SQLite file while a server writes to it.

use std::path::Path;

use anyhow::{Context, Result};
use chassis::Settings;
use chassis::config::Secret;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::output::growing;

/// Copies a database to an empty file: what stands at one instant, without the pages that were
/// freed. Writers go on meanwhile.
pub async fn copy(db: &DatabaseConnection, to: &Path, what: &str) -> Result<()> {
    let into = std::path::absolute(to)?.display().to_string().replace('\'', "''");
    let statement = format!("VACUUM INTO '{into}'");
    let copied = growing(what, to, db.execute_unprepared(&statement)).await;
    copied.with_context(|| format!("the database of {what} cannot be copied to {into}"))?;
    Ok(())
}

/// The settings by which a file is the database.
pub fn at(settings: &Settings, file: &Path) -> Settings {
    let url = format!("sqlite:{}?mode=rw", file.display());
    Settings { database_url: Some(Secret::new(url)), ..settings.clone() }
}
