//! The data folder: who may read it, who may write it, and how much room is left.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use chassis::{disk, private};
use indicatif::HumanBytes;

use super::finding::Finding;

const WHAT: &str = "data folder";
/// The bits of a mode that let others in, and the bit of a folder such as `/tmp`.
const OTHERS: u32 = 0o077;
const STICKY: u32 = 0o1000;
/// Less room than this is soon full; with less than that a migration or a backup may fail.
const LOW: u64 = 1 << 30;
const FULL: u64 = 64 << 20;

/// Looks at a data folder and the databases in it.
pub fn look(folder: &Path) -> Vec<Finding> {
    let shown = private::absolute(folder);
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let said = format!("{shown} is not there");
            return vec![Finding::warning(
                WHAT,
                said,
                "`registan serve` makes it; is --data-dir right?",
            )];
        }
        Err(error) => {
            let said = format!("{shown} cannot be looked at: {error}");
            return vec![Finding::problem(WHAT, said, "run this as the user that serves it")];
        }
    };
    if !metadata.is_dir() {
        return vec![Finding::problem(WHAT, format!("{shown} is no folder"), "name another")];
    }
    let mut found = vec![access(&shown, metadata.mode(), disk::is_writable(folder))];
    found.extend(files(folder));
    found.push(room(WHAT, disk::free(folder)));
    found
}

/// Looks at the room for a database that is named by its file; nothing where it has no folder yet.
pub fn room_for(file: &Path) -> Option<Finding> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    folder.exists().then(|| room("folder of the database", disk::free(folder)))
}

fn access(shown: &str, mode: u32, writable: bool) -> Finding {
    let mode = mode & 0o7777;
    if mode & STICKY != 0 {
        let said = format!("{shown} is shared by all users ({mode:04o})");
        return Finding::problem(WHAT, said, "name one of its own with --data-dir");
    }
    if !writable {
        let said = format!("{shown} cannot be written by this user");
        return Finding::problem(
            WHAT,
            said,
            "run as its owner, or give it to the user that serves",
        );
    }
    if mode & OTHERS != 0 {
        let remedy = format!("`chmod 700 {shown}`, or the next start of the suite does it");
        return Finding::warning(WHAT, format!("others may read {shown} ({mode:04o})"), &remedy);
    }
    Finding::good(WHAT, format!("{shown}, for its owner alone"))
}

/// The databases that others may read.
fn files(folder: &Path) -> Vec<Finding> {
    let all = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let databases = all.filter(|path| path.extension().is_some_and(|ending| ending == "db"));
    let open = databases.filter_map(|path| {
        let mode = fs::metadata(&path).ok()?.mode() & 0o7777;
        let shown = private::absolute(&path);
        let remedy = format!("`chmod 600 {shown}`, or the next start of the suite does it");
        let said = format!("others may read {shown} ({mode:04o})");
        (mode & OTHERS != 0).then(|| Finding::warning(WHAT, said, &remedy))
    });
    open.collect()
}

fn room(what: &str, free: io::Result<u64>) -> Finding {
    let free = match free {
        Ok(free) => free,
        Err(error) => {
            let said = format!("how much room is left cannot be told: {error}");
            return Finding::warning(what, said, "look with `df`");
        }
    };
    let said = format!("{} free", HumanBytes(free));
    if free < FULL {
        return Finding::problem(what, said, "make room: writes are refused when it is full");
    }
    if free < LOW {
        return Finding::warning(what, said, "make room before it is full");
    }
    Finding::good(what, said)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_folder_of_its_owner_alone_is_right() {
        for (mode, writable, level) in [
            (0o40700, true, Level::Good),
            (0o40755, true, Level::Warning),
            (0o40700, false, Level::Problem),
            (0o41777, true, Level::Problem),
        ] {
            assert_eq!(access("data", mode, writable).level, level, "{mode:o}");
        }
    }

    #[test]
    fn little_room_is_said() {
        for (free, level) in [(0, Level::Problem), (LOW - 1, Level::Warning), (LOW, Level::Good)] {
            assert_eq!(room("data", Ok(free)).level, level, "{free}");
        }
    }
}
