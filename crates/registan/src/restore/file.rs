//! A SQLite file on its way to its place: it gets its name only when its record was verified, so
//! that nobody serves it before.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chassis::{disk, private};

use crate::backup::{flush, flush_folder};

/// The endings of the files that SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file that is being restored, beside its place; removed there when dropped.
pub struct Restoring {
    draft: PathBuf,
    to: PathBuf,
}

impl Restoring {
    /// Begins one; an error where something is in its place.
    pub fn to(path: &Path) -> Result<Self> {
        nothing_at(path)?;
        let draft = with(path, ".restoring");
        // Made here: of two restores at once, one has it.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
        made.with_context(|| {
            format!(
                "{} cannot be made: if it is there, another restore is under way, or one broke off; if none is, remove it",
                private::absolute(&draft)
            )
        })?;
        // Of a restore that broke off: SQLite would bring it into what is restored now.
        for end in BESIDE {
            match fs::remove_file(with(&draft, end)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).context(format!(
                        "{} cannot be removed",
                        private::absolute(&with(&draft, end))
                    ));
                }
                _ => {}
            }
        }
        Ok(Self { draft, to: path.to_owned() })
    }

    /// Where it is until then.
    pub fn draft(&self) -> &Path {
        &self.draft
    }

    /// Gives it its name; an error where something got there meanwhile.
    pub fn finish(self) -> Result<()> {
        let wal = with(&self.draft, "-wal");
        ensure!(!wal.exists(), "{} is still in use", private::absolute(&wal));
        flush(&self.draft)?;
        nothing_at(&self.to)?;
        disk::place(&self.draft, &self.to)
            .with_context(|| format!("{} cannot be put in its place", self.to.display()))?;
        flush_folder(self.to.parent().unwrap_or(&self.to))
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        for end in [""].iter().chain(&BESIDE) {
            // Few of them are there.
            let _ = fs::remove_file(with(&self.draft, end));
        }
    }
}

/// Refuses a place where a file of a database is.
fn nothing_at(path: &Path) -> Result<()> {
    for end in [""].iter().chain(&BESIDE) {
        let file = with(path, end);
        ensure!(
            fs::symlink_metadata(&file).is_err(),
            "{} is there already, and nothing is overwritten: stop what serves it and move all files of the record away, \
             or name an empty folder with --data-dir",
            private::absolute(&file)
        );
    }
    Ok(())
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_to_its_place_meanwhile_is_not_overwritten() {
        for end in ["", "-wal"] {
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("agreements.db");
            let restoring = Restoring::to(&to).unwrap();
            fs::write(with(&to, end), "served").unwrap();

            assert!(restoring.finish().is_err());

            assert_eq!(fs::read_to_string(with(&to, end)).unwrap(), "served");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn nothing_of_a_restore_that_broke_off_gets_into_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("agreements.db");
        fs::write(with(&with(&to, ".restoring"), "-wal"), "of another record").unwrap();

        let restoring = Restoring::to(&to).unwrap();

        assert!(!with(restoring.draft(), "-wal").exists());
        restoring.finish().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn of_two_restores_at_once_the_second_leaves_the_first_alone() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("agreements.db");
        let first = Restoring::to(&to).unwrap();

        assert!(Restoring::to(&to).is_err());

        assert!(first.draft().exists());
        first.finish().unwrap();
        assert!(to.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
