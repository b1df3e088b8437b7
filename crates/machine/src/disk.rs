//! The disk below a folder.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::{Access, CWD, RenameFlags, access, renameat_with, statvfs};
use rustix::io::Errno;

/// Returns the bytes that are left for this user.
pub fn free(path: &Path) -> io::Result<u64> {
    let found = statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Returns whether this user may make files in a folder.
pub fn is_writable(folder: &Path) -> bool {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Gives a file its name, whole and at once, and never over another file. Where the file system has
/// no such move, by a second name; the first one is then left to the caller. An error where it has
/// neither, as FAT on some systems: then nothing is done, for any other way could replace what came
/// there meanwhile.
pub fn place(from: &Path, to: &Path) -> io::Result<()> {
    match moved(from, to) {
        Err(error) if is_unknown(&error) => {}
        done => return done,
    }
    match fs::hard_link(from, to) {
        Err(error) if is_unknown(&error) => Err(io::Error::new(
            ErrorKind::Unsupported,
            "this file system can neither move a file without replacing another (RENAME_NOREPLACE) \
             nor link it: write to another file system, and copy the file from there",
        )),
        done => done,
    }
}

fn moved(from: &Path, to: &Path) -> io::Result<()> {
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

/// Returns whether the file system or the kernel does not know what it was asked. EPERM is its
/// answer to a link.
fn is_unknown(error: &io::Error) -> bool {
    let unknown = [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::PERM];
    Errno::from_io_error(error).is_some_and(|error| unknown.contains(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_its_name_and_replaces_none_whichever_way_there_is() {
        type Way = fn(&Path, &Path) -> io::Result<()>;
        for way in [place as Way, moved, |from, to| fs::hard_link(from, to)] {
            let folder = tempfile::tempdir().unwrap();
            let [draft, to] = ["draft", "to"].map(|name| folder.path().join(name));
            fs::write(&draft, "new").unwrap();
            fs::write(&to, "old").unwrap();

            let refused = way(&draft, &to).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&to).unwrap(), "old");
            fs::remove_file(&to).unwrap();
            way(&draft, &to).unwrap();

            assert_eq!(fs::read_to_string(&to).unwrap(), "new");
        }
    }

    /// A system that cannot move so, and cannot link, is told from one where the disk is full.
    #[test]
    fn a_way_that_is_not_there_is_told_from_one_that_fails() {
        for (code, unknown) in [
            (Errno::INVAL, true),
            (Errno::NOSYS, true),
            (Errno::OPNOTSUPP, true),
            (Errno::PERM, true),
            (Errno::ACCESS, false),
            (Errno::NOSPC, false),
            (Errno::EXIST, false),
        ] {
            assert_eq!(is_unknown(&io::Error::from(code)), unknown, "{code}");
        }
    }

    #[test]
    fn a_folder_has_room_and_one_that_is_not_there_none() {
        let folder = tempfile::tempdir().unwrap();

        assert!(free(folder.path()).unwrap() > 0);
        assert!(is_writable(folder.path()));
        assert!(free(&folder.path().join("none")).is_err());
        assert!(!is_writable(&folder.path().join("none")));
    }
}
