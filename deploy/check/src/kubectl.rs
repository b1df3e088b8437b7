//! Renders a kustomize folder with kubectl.

use std::ffi::OsStr;
use std::path::Path;

use crate::tool::Tool;

pub use crate::tool::Error;

pub const KUBECTL: Tool = Tool { program: "kubectl", oldest: "1.32" };

/// Renders `folder` to YAML documents.
pub fn render(folder: &Path) -> Result<String, Error> {
    KUBECTL.run(&[OsStr::new("kustomize"), folder.as_os_str()])
}
