//! The files of a folder that are not read as a part of its record.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use reference::Data;

/// Names each file of a folder, and of the folders in it, that is not among those that were read.
pub fn name_unread(out: &mut impl Write, folder: &Path, data: &Data) -> anyhow::Result<()> {
    for file in unread(folder, data)? {
        writeln!(
            out,
            "{}: not read: a file of a record is NAME.json, in this folder, in agreements or in \
             conventions",
            folder.join(file).display()
        )?;
    }
    Ok(())
}

/// Returns them in alphabetical order, without hidden ones.
fn unread(folder: &Path, data: &Data) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, is_folder) in entries(folder)? {
        if is_folder {
            let within = entries(&folder.join(&name))?.into_iter();
            let files = within.filter(|(_, is_folder)| !is_folder);
            found.extend(files.map(|(file, _)| format!("{name}/{file}")));
        } else {
            found.push(name);
        }
    }
    found.retain(|path| data.files.iter().all(|file| file.path != *path));
    found.sort();
    Ok(found)
}

/// Returns the names in a folder, each with whether it is a folder.
fn entries(folder: &Path) -> anyhow::Result<Vec<(String, bool)>> {
    let all = fs::read_dir(folder);
    let all = all.with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut found = Vec::new();
    for entry in all {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.push((name, entry.path().is_dir()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_part_of_a_record_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (file, within) in [("a.json", ""), ("b.yaml", ""), ("c.JSON", "agreements"), (".d", "")]
        {
            fs::create_dir_all(folder.path().join(within)).unwrap();
            fs::write(folder.path().join(within).join(file), "[]").unwrap();
        }
        fs::create_dir(folder.path().join("treaties")).unwrap();
        fs::write(folder.path().join("treaties/e.json"), "[]").unwrap();
        let data = Data::read(folder.path()).unwrap();

        let found = unread(folder.path(), &data).unwrap();

        assert_eq!(found, ["agreements/c.JSON", "b.yaml", "treaties/e.json"]);
    }
}
