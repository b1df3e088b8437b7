//! A clock of a process that can be set from outside: libfaketime, preloaded into the program as it
//! was built, reads how far to be off from a file each time somebody asks for the time. The
//! monotonic clock, by which timers run, stays what it is.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The clock of one process.
#[derive(Clone, Debug)]
pub struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// A clock that is right, kept in `file`. Nothing where the library is not installed.
    pub fn make(file: &Path) -> anyhow::Result<Option<Self>> {
        let Some(library) = library() else {
            testkit::skip("libfaketime is not there: run `cargo xtask tools`");
            return Ok(None);
        };
        let clock = Self { library, file: file.to_owned() };
        clock.set(0)?;
        Ok(Some(clock))
    }

    /// Puts it off by so many milliseconds, forwards or backwards.
    pub fn set(&self, milliseconds: i64) -> anyhow::Result<()> {
        let sign = if milliseconds < 0 { '-' } else { '+' };
        let off = milliseconds.unsigned_abs();
        let text = format!("{sign}{}.{:03}\n", off / 1000, off % 1000);
        // Nobody reads half of it.
        let next = self.file.with_extension("next");
        fs::write(&next, text)?;
        fs::rename(&next, &self.file).context("the clock cannot be set")
    }

    /// Returns what a program must be started with.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.clone()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            ("DONT_FAKE_MONOTONIC", "1".into()),
            ("NO_FAKE_STAT", "1".into()),
        ]
    }
}

/// Where Debian puts it, for any machine.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let files = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    files.chain(["/usr/lib/faketime/libfaketimeMT.so.1".into()]).find(|file| file.is_file())
}
