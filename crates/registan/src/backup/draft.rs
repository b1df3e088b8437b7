//! A folder that is written beside its place and moved there when it is whole.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::files::flush_folder;

/// A folder that is being written; removed when dropped before it is finished.
pub struct Draft {
    at: PathBuf,
    to: PathBuf,
}

impl Draft {
    /// Begins one, for its owner alone; an error where its place is taken.
    pub fn make(to: &Path) -> Result<Self> {
        let shown = to.display();
        ensure!(
            fs::symlink_metadata(to).is_err(),
            "{shown} is there already, and a backup is never overwritten: name another folder"
        );
        let name = to.file_name().with_context(|| format!("{shown} is no name for a folder"))?;
        let mut draft = name.to_owned();
        draft.push(".partial");
        let at = to.with_file_name(draft);
        if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(parent);
            made.with_context(|| format!("{} cannot be made", parent.display()))?;
        }
        match DirBuilder::new().mode(0o700).create(&at) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
                "{} is there: another backup is being written, or one broke off; if none is, remove it",
                at.display()
            ),
            made => made.with_context(|| format!("{} cannot be made", at.display()))?,
        }
        Ok(Self { at, to: to.to_owned() })
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Moves it to its place.
    pub fn finish(self) -> Result<()> {
        flush_folder(&self.at)?;
        fs::rename(&self.at, &self.to)
            .with_context(|| format!("{} cannot be put in its place", self.to.display()))?;
        flush_folder(self.to.parent().unwrap_or(&self.to))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already when it was finished.
        let _ = fs::remove_dir_all(&self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_whole_or_not_at_all_and_never_overwritten() {
        let outer = tempfile::tempdir().unwrap();
        let to = outer.path().join("some/backup");
        let refused = |to: &Path| Draft::make(to).err().map(|error| error.to_string());

        let draft = Draft::make(&to).unwrap();
        fs::write(draft.path().join("file"), "half").unwrap();
        assert!(refused(&to).is_some_and(|why| why.contains("broke off")));
        drop(draft);
        assert_eq!(fs::read_dir(to.parent().unwrap()).unwrap().count(), 0);

        let draft = Draft::make(&to).unwrap();
        fs::write(draft.path().join("file"), "whole").unwrap();
        draft.finish().unwrap();
        assert_eq!(fs::read_to_string(to.join("file")).unwrap(), "whole");
        assert!(refused(&to).is_some_and(|why| why.contains("never overwritten")));
    }
}
