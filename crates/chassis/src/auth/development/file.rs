//! The file of the key: for its owner alone, made whole or not at all, and once, however many
//! processes want it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::Ed25519KeyPair;

/// A key is some 50 to 90 bytes long.
const MOST_BYTES: u64 = 1024;

/// The key in PKCS#8, or none if there is no file. One that others may read is refused.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    let shown = path.display();
    ensure!(metadata.len() <= MOST_BYTES, "{shown} is too long for a key");
    let of_others = metadata.mode() & 0o077;
    ensure!(
        of_others == 0,
        "{shown} may be read by others: run `chmod 600 {shown}`, or remove it, and a new one is made"
    );
    fs::read(path).map(Some).with_context(|| format!("{shown} cannot be read"))
}

/// As [`read`]; makes the key, and its folder, where there is none.
pub(super) fn read_or_make(path: &Path) -> Result<Vec<u8>> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    make(path).with_context(|| format!("{} cannot be made", path.display()))?;
    read(path)?.with_context(|| format!("{} is gone again", path.display()))
}

fn make(path: &Path) -> Result<()> {
    let folder = path.parent().context("it has no folder")?;
    crate::private::folder(folder)?;
    let pair = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    let pair = pair.map_err(|_| anyhow!("the system gives no random numbers"))?;
    let draft = draft_beside(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(pair.as_ref()).and_then(|()| file.sync_all());
    // It is there whole or not at all, and not twice: the key made first is the key.
    let placed = written.and_then(|()| crate::disk::place(&draft, path));
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    match placed {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => Ok(other?),
    }
}

/// A name that nobody else takes.
fn draft_beside(path: &Path) -> Result<PathBuf> {
    let mut dice = [0; 8];
    rand::fill(&mut dice).map_err(|_| anyhow!("the system gives no random numbers"))?;
    Ok(path.with_extension(format!("{}.draft", hex::encode(dice))))
}
