//! Digests and copies of files, and that what was written is on the disk.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use aws_lc_rs::digest::{Context as Digest, SHA256};

use crate::output::bytes;

/// Read at a time.
const CHUNK: usize = 1 << 20;

/// Returns the size and the SHA-256 of a file, in hexadecimal digits.
pub fn digest(path: &Path, what: &str) -> Result<(u64, String)> {
    through(path, what, |_| Ok(()))
}

/// Copies a file over an empty one, flushed to the disk; returns its size and its SHA-256.
pub fn copy(from: &Path, to: &Path, what: &str) -> Result<(u64, String)> {
    let written = OpenOptions::new().write(true).open(to);
    let mut written = written.with_context(|| format!("{} cannot be written", to.display()))?;
    let found = through(from, what, |chunk| {
        written.write_all(chunk).with_context(|| format!("{} cannot be written", to.display()))
    })?;
    written.sync_all()?;
    Ok(found)
}

/// Flushes a file to the disk.
pub fn flush(path: &Path) -> Result<()> {
    let flushed = File::open(path).and_then(|file| file.sync_all());
    flushed.with_context(|| format!("{} cannot be flushed to the disk", path.display()))
}

/// Flushes the entries of a folder to the disk.
pub fn flush_folder(path: &Path) -> Result<()> {
    flush(if path.as_os_str().is_empty() { Path::new(".") } else { path })
}

/// Reads a file, each chunk of it once.
fn through(
    path: &Path,
    what: &str,
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<(u64, String)> {
    let failed = || format!("{} cannot be read", path.display());
    let mut file = File::open(path).with_context(failed)?;
    let bar = bytes(what, file.metadata().with_context(failed)?.len(), false);
    let (mut digest, mut size, mut chunk) = (Digest::new(&SHA256), 0, vec![0; CHUNK]);
    loop {
        let read = file.read(&mut chunk).with_context(failed)?;
        if read == 0 {
            break;
        }
        digest.update(&chunk[..read]);
        each(&chunk[..read])?;
        size += read as u64;
        bar.set_position(size);
    }
    bar.finish_and_clear();
    Ok((size, hex::encode(digest.finish())))
}
