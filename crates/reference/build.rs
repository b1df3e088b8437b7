//! Lists the files of `data/`, with their texts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=data");
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let data = manifest.join("data");
    let mut files = Vec::new();
    list(&data, &mut files)?;
    files.sort();
    let mut list = "/// The files of the reference record: their paths and texts.\n".to_owned();
    list.push_str("pub const FILES: &[(&str, &str)] = &[\n");
    for file in &files {
        let path = file.strip_prefix(&data).unwrap_or(file);
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let path = parts.join("/");
        let text = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data/{path}\")");
        writeln!(list, "    ({path:?}, include_str!({text})),").map_err(io::Error::other)?;
    }
    list.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("files.rs"), list)
}

/// Adds the files of a folder and of those in it.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}
