//! The disk below a folder.

use std::io;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

/// Returns the bytes that are left for this user.
pub fn free(path: &Path) -> io::Result<u64> {
    let found = statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Returns whether this user may make files in a folder.
pub fn is_writable(folder: &Path) -> bool {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_one_that_is_not_there_none() {
        let folder = tempfile::tempdir().unwrap();

        assert!(free(folder.path()).unwrap() > 0);
        assert!(is_writable(folder.path()));
        assert!(free(&folder.path().join("none")).is_err());
        assert!(!is_writable(&folder.path().join("none")));
    }
}
