//! The manifest of a backup: which databases it has, how far each record was, and the digest of
//! each file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use sea_orm::{DatabaseConnection, DbBackend};
use serde::{Deserialize, Serialize};

use super::files::digest;

/// The file of the manifest, in the folder of a backup.
const FILE: &str = "manifest.json";
/// The form of the manifest; a program refuses those that it does not know.
const FORMAT: u32 = 1;

/// The engine of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// The engine of an open database.
    pub fn of(db: &DatabaseConnection) -> Self {
        if db.get_database_backend() == DbBackend::Sqlite { Self::Sqlite } else { Self::Postgres }
    }

    /// The engine of the database at an address.
    pub fn at(url: &str) -> Self {
        if url.starts_with("sqlite:") { Self::Sqlite } else { Self::Postgres }
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// The name of the file in which a backup keeps the database of a service.
    pub fn file(self, service: &str) -> String {
        match self {
            Self::Sqlite => format!("{service}.db"),
            Self::Postgres => format!("{service}.dump"),
        }
    }
}

/// The database of one service in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The name of the service.
    pub service: String,
    /// The engine of its database.
    pub engine: Engine,
    /// The last migration that was applied to it.
    pub schema: String,
    /// The number of changes in it.
    pub changes: i64,
    /// The last of them, as `registan verify` prints it.
    pub checkpoint: String,
    /// When that was recorded.
    pub last_change: String,
    /// The file beside the manifest.
    pub file: String,
    /// The bytes of that file.
    pub size: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Part {
    /// Refuses a file that is not the one that was backed up.
    pub fn check(&self, size: u64, sha256: &str) -> Result<()> {
        let file = &self.file;
        ensure!(
            size == self.size && sha256 == self.sha256,
            "{file} is not the file that was backed up, it was altered or damaged: use another copy or an earlier backup"
        );
        Ok(())
    }

    /// Reads its file in the folder of a backup, and refuses another than was backed up.
    pub fn check_in(&self, folder: &Path) -> Result<()> {
        let (size, sha256) = digest(&folder.join(&self.file), &self.service)?;
        self.check(size, &sha256)
    }
}

/// The description of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this file.
    pub format: u32,
    /// The version of the program that made the backup.
    pub version: String,
    /// When all of it was copied.
    pub made: String,
    /// The databases.
    pub parts: Vec<Part>,
}

impl Manifest {
    /// A manifest of this program, of no database yet.
    pub fn begin() -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, version, made: String::new(), parts: Vec::new() }
    }

    /// Writes it into the folder of the backup, for its owner alone and flushed to the disk.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.with_context(|| format!("{} cannot be made", path.display()))?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.write_all(b"\n")?;
        Ok(file.sync_all()?)
    }

    /// Reads that of the backup in a folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let shown = path.display();
        let text = fs::read(&path).with_context(|| {
            format!("{} is no backup that came to its end: there is no {FILE}", folder.display())
        })?;
        let found: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{shown} is no manifest that this version knows"))?;
        ensure!(
            found.format == FORMAT,
            "{shown} is of a form that this version does not know: it was made by registan {}",
            found.version
        );
        for part in &found.parts {
            ensure!(
                part.file == part.engine.file(&part.service) && !part.file.contains('/'),
                "{shown}: {} is not the name of a file of a backup",
                part.file
            );
        }
        Ok(found)
    }

    /// The database of a service, or all where none is named.
    pub fn parts_of(&self, service: Option<&str>) -> Result<Vec<&Part>> {
        let Some(name) = service else { return Ok(self.parts.iter().collect()) };
        let Some(part) = self.parts.iter().find(|part| part.service == name) else {
            let all: Vec<&str> = self.parts.iter().map(|part| &*part.service).collect();
            bail!("the backup has no {name}: it has {}", all.join(", "));
        };
        Ok(vec![part])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(part: Part) -> Manifest {
        Manifest { parts: vec![part], made: "2026-11-29T01:00:00Z".to_owned(), ..Manifest::begin() }
    }

    fn part() -> Part {
        Part {
            service: "agreements".to_owned(),
            engine: Engine::Sqlite,
            schema: "m1".to_owned(),
            changes: 0,
            checkpoint: "0:".to_owned(),
            last_change: "1970-01-01T00:00:00Z".to_owned(),
            file: "agreements.db".to_owned(),
            size: 3,
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned(),
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let written = manifest(part());
        written.write(folder.path()).unwrap();

        assert_eq!(Manifest::read(folder.path()).unwrap(), written);
        assert!(written.parts_of(Some("projects")).is_err());
    }

    #[test]
    fn a_file_of_another_folder_is_refused() {
        for (service, file) in [("agreements", "../x.db"), ("../x", "../x.db")] {
            let folder = tempfile::tempdir().unwrap();
            let (service, file) = (service.to_owned(), file.to_owned());
            manifest(Part { service, file, ..part() }).write(folder.path()).unwrap();

            let refused = Manifest::read(folder.path()).unwrap_err().to_string();

            assert!(refused.contains("not the name of a file"), "{refused}");
        }
    }

    #[test]
    fn a_file_that_was_altered_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agreements.db");
        fs::write(&file, "abc").unwrap();
        part().check_in(folder.path()).unwrap();

        fs::write(&file, "abd").unwrap();

        assert!(part().check_in(folder.path()).is_err());
    }
}
