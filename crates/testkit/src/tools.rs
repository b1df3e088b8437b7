//! Real clients, and the real files beside the repository.

use std::env;
use std::path::{Path, PathBuf};

/// Where a program is: in the folders of `REGISTAN_TOOLS`, or on the path.
pub fn tool(name: &str) -> Option<PathBuf> {
    let tools = env::var_os("REGISTAN_TOOLS").into_iter();
    let places = tools
        .chain(env::var_os("PATH"))
        .flat_map(|places| env::split_paths(&places).collect::<Vec<_>>());
    let found = places.map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        crate::skip(&format!("{name} is not there"));
    }
    found
}

/// The folder of real files beside the repository, if it is there.
pub fn shared_data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    crate::skip("../shared/data is absent");
    None
}
