//! Files and folders that nobody but their owner may read, whatever the umask is.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The bits of a mode that let anybody but the owner in.
const OTHERS: u32 = 0o077;
/// The bit of a folder that many users share, such as `/tmp`.
const STICKY: u32 = 0o1000;

/// Makes a folder with mode 0700, with the folders above it, or sets that mode on one that is
/// there. An error where it cannot be set, and for a folder such as `/tmp`, which is for all users.
pub fn folder(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = fs::metadata(path)?.mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    ensure!(
        mode & STICKY == 0,
        "it is shared by all users (sticky), and data needs one of its own"
    );
    close(path, 0o700)?;
    tracing::warn!(folder = %path.display(), "the data folder could be read by others: it is 0700 now");
    Ok(())
}

/// Sets mode 0600 on a file that others may read; one that is not there is left alone.
pub fn file(path: &Path) -> Result<()> {
    let mode = match fs::metadata(path) {
        Ok(found) => found.mode(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", path.display()));
        }
    };
    if mode & OTHERS == 0 { Ok(()) } else { close(path, 0o600) }
}

/// As [`file()`]; makes an empty one where there is none.
pub fn file_or_new(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("{} cannot be made", path.display()))
        }
        _ => file(path),
    }
}

/// A path from the root, so that a message names the same file wherever it is read.
pub fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn close(path: &Path, mode: u32) -> Result<()> {
    let shown = path.display();
    fs::set_permissions(path, Permissions::from_mode(mode)).with_context(|| {
        format!("{shown} may be read by others, and only its owner can change that: `chmod {mode:o} {shown}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_is_closed_to_others_and_a_shared_one_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let data = outer.path().join("some/data");

        folder(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        set(&data, 0o755);
        folder(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        set(&data, 0o1777);
        let refused = folder(&data).unwrap_err().to_string();
        assert!(refused.contains("shared by all users"), "{refused}");
        assert_eq!(mode(&data), 0o1777);
    }

    #[test]
    fn a_file_is_closed_to_others_and_keeps_what_it_holds() {
        let outer = tempfile::tempdir().unwrap();
        let (old, new) = (outer.path().join("old"), outer.path().join("new"));
        fs::write(&old, "kept").unwrap();
        set(&old, 0o644);

        file(&new).unwrap();
        assert!(!new.exists());
        for path in [&old, &new] {
            file_or_new(path).unwrap();
            assert_eq!(mode(path), 0o600);
        }
        assert_eq!(fs::read_to_string(&old).unwrap(), "kept");
    }
}
