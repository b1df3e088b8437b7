//! Renders a chart with Helm.

use std::ffi::OsStr;
use std::path::Path;

use crate::tool::{Error, Tool};

const HELM: Tool = Tool { program: "helm", oldest: "3.16" };

/// Renders the chart in `folder` to YAML documents, as the first revision of the release `registan`
/// in the namespace `registan`. Each of the `values` is like `tls.enabled=true`.
pub fn render(folder: &Path, values: &[&str]) -> Result<String, Error> {
    let release = ["template", "registan", "--namespace", "registan"].map(OsStr::new);
    let values = values.iter().flat_map(|value| [OsStr::new("--set"), OsStr::new(value)]);
    let arguments: Vec<&OsStr> =
        release.into_iter().chain(values).chain([folder.as_os_str()]).collect();
    HELM.run(&arguments)
}
