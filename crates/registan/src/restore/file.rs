//! A SQLite file on its way to its place: it gets its name only when its record was verified, so
//! that nobody serves it before.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chassis::private;

use crate::backup::{flush, flush_folder};

/// The endings of the files that SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file that is being restored; removed when dropped before it is finished.
pub struct Restoring {
    draft: PathBuf,
    to: PathBuf,
}

impl Restoring {
    /// Begins one; an error where something is in its place.
    pub fn to(path: &Path) -> Result<Self> {
        for end in [""].iter().chain(&BESIDE) {
            let file = with(path, end);
            ensure!(
                fs::symlink_metadata(&file).is_err(),
                "{} is there already, and nothing is overwritten: stop what serves it and move all files of the record away, \
                 or name an empty folder with --data-dir",
                private::absolute(&file)
            );
        }
        let draft = with(path, ".restoring");
        ensure!(
            fs::symlink_metadata(&draft).is_err(),
            "{} is there: another restore is under way, or one broke off; if none is, remove it",
            private::absolute(&draft)
        );
        Ok(Self { draft, to: path.to_owned() })
    }

    /// Where it is until then.
    pub fn draft(&self) -> &Path {
        &self.draft
    }

    /// Gives it its name.
    pub fn finish(self) -> Result<()> {
        let wal = with(&self.draft, "-wal");
        ensure!(!wal.exists(), "{} is still in use", private::absolute(&wal));
        flush(&self.draft)?;
        fs::rename(&self.draft, &self.to)
            .with_context(|| format!("{} cannot be put in its place", self.to.display()))?;
        flush_folder(self.to.parent().unwrap_or(&self.to))
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        for end in [""].iter().chain(&BESIDE) {
            // Gone already when it was finished.
            let _ = fs::remove_file(with(&self.draft, end));
        }
    }
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
