//! Names of hosts that programs resolve to what a file says: the resolver of the system, with
//! `nss_wrapper` preloaded into the program as it was built.

use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use chassis::clock::{Clock, SystemClock};

/// Names with their addresses, of which each may have several.
#[derive(Debug)]
pub struct Names {
    library: PathBuf,
    file: PathBuf,
    /// The time of the file. The resolver sees whole seconds alone.
    changed: SystemTime,
}

impl Names {
    /// No name yet, kept in `file`. Nothing where the library is not installed.
    pub fn make(file: &Path) -> anyhow::Result<Option<Self>> {
        let Some(library) = library() else {
            testkit::skip("nss_wrapper is not there: run `cargo xtask tools`");
            return Ok(None);
        };
        let now = Duration::from_micros(SystemClock.now().unsigned_abs());
        let changed = UNIX_EPOCH + now;
        let mut names = Self { library, file: file.to_owned(), changed };
        names.set(&[])?;
        Ok(Some(names))
    }

    /// Gives each name these addresses and no others.
    pub fn set(&mut self, all: &[(String, IpAddr)]) -> anyhow::Result<()> {
        let mut text = String::new();
        for (name, address) in all {
            writeln!(text, "{address} {name}")?;
        }
        self.changed += Duration::from_secs(1);
        // Nobody reads half of it.
        let next = self.file.with_extension("next");
        fs::write(&next, text)?;
        fs::File::options().write(true).open(&next)?.set_modified(self.changed)?;
        fs::rename(&next, &self.file).context("the names cannot be changed")
    }

    /// Returns what a program must be started with.
    pub fn environment(&self) -> [(&'static str, &Path); 2] {
        [("LD_PRELOAD", &self.library), ("NSS_WRAPPER_HOSTS", &self.file)]
    }
}

/// Where Debian puts it, for any machine.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut files = folders.map(|folder| folder.path().join("libnss_wrapper.so"));
    files.find(|file| file.is_file())
}
