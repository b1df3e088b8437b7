//! Real clients, and the real files beside the repository.

use std::env;
use std::path::{Path, PathBuf};

/// The Python with grpcio; another Python lacks it, so none from the path will do.
const PYTHON: &str = "python3";

/// Where a program is: in `.tools`, where `cargo xtask tools` puts it, or on the path.
pub fn tool(name: &str) -> Option<PathBuf> {
    let tools = root().join(".tools");
    let path = env::var_os("PATH").filter(|_| name != PYTHON).unwrap_or_default();
    let places = [tools.join("venv/bin"), tools].into_iter().chain(env::split_paths(&path));
    let found = places.map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        crate::skip(&format!("{name} is not there: run `cargo xtask tools`"));
    }
    found
}

/// The folder of real files beside the repository, if it is there; a clone alone does not have it,
/// so this only ever skips.
pub fn shared_data() -> Option<PathBuf> {
    let folder = root().join("../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: ../shared/data is absent");
    None
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
