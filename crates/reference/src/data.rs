//! The files of a record: those of this program, or those of a folder.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use anyhow::Context;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The folders with one file for each agreement.
pub const FOLDERS: [&str; 2] = ["agreements", "conventions"];

/// A file.
pub struct File {
    /// Its path in the folder: `agreements/eu-kz-epca-2015.json`.
    pub path: String,
    /// Its text.
    pub text: Cow<'static, str>,
}

/// The files of a record, in the order of their paths.
pub struct Data {
    /// They all.
    pub files: Vec<File>,
}

impl Data {
    /// Returns the reference record.
    pub fn embedded() -> Self {
        let file = |(path, text): &(&str, &'static str)| File {
            path: (*path).to_owned(),
            text: Cow::Borrowed(text),
        };
        Self { files: FILES.iter().map(file).collect() }
    }

    /// Reads the files of a folder, and of its folders of agreements and conventions.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for below in ["", FOLDERS[0], FOLDERS[1]] {
            let path = if below.is_empty() { folder.to_owned() } else { folder.join(below) };
            if !path.is_dir() && !below.is_empty() {
                continue;
            }
            let all = fs::read_dir(&path);
            let all = all.with_context(|| format!("{} cannot be read", path.display()))?;
            for entry in all {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "json") {
                    let text = fs::read_to_string(&path);
                    let text = text.with_context(|| format!("{} is not UTF-8", path.display()))?;
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let slash = if below.is_empty() { "" } else { "/" };
                    files.push(File { path: format!("{below}{slash}{name}"), text: text.into() });
                }
            }
        }
        anyhow::ensure!(!files.is_empty(), "{} has no .json file of a record", folder.display());
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { files })
    }

    /// Returns whether these files are a record of their own: they have parties and sources. Others
    /// add to the reference record.
    pub fn is_whole(&self) -> bool {
        ["parties.json", "sources.json"]
            .iter()
            .all(|wanted| self.files.iter().any(|file| file.path == *wanted))
    }
}
