//! The file of a SQLite database. One that is gone is still written to, and nobody finds what was
//! written.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sea_orm::{DatabaseConnection, DbBackend, DbErr, RuntimeErr};

use crate::error::Error;

/// The file, as it was when the database was opened.
pub(crate) struct File {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl File {
    /// None where there is no file: a database in memory, or PostgreSQL.
    pub fn of(db: &DatabaseConnection) -> Option<Self> {
        if db.get_database_backend() != DbBackend::Sqlite {
            return None;
        }
        let options = db.get_sqlite_connection_pool().connect_options();
        let path = options.get_filename().to_owned();
        Some(Self { identity: identity(&path)?, path })
    }

    /// Returns whether it is still in its place.
    pub fn stands(&self) -> bool {
        identity(&self.path) == Some(self.identity)
    }

    /// Refuses what rests on a file that is not: as a database that is away.
    pub fn expect(&self) -> Result<(), Error> {
        if self.stands() {
            return Ok(());
        }
        let gone = "its file was moved or replaced while it was served: put it back, or restart the service".to_owned();
        Err(DbErr::Conn(RuntimeErr::Internal(gone)).into())
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.dev(), data.ino()))
}
