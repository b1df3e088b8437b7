//! Renders every Kubernetes overlay and checks it against the typed schemas and the house rules.
//!
//! - [`tool`]: finds a program and runs it.
//! - [`kubectl`]: renders a folder of kustomize.
//! - [`helm`]: renders a chart.
//! - [`manifests`]: text → typed documents; what the schemas do not know is a finding.
//! - [`monitors`]: kinds that Kubernetes itself does not know.
//! - [`containers`]: what each container is started with.
//! - [`chart`]: the Helm chart that is made from them.
//! - [`certificates`]: what cert-manager issues.
//! - [`rules`]: what the schemas allow and we do not.
//! - [`compose`]: the same for `compose.yaml`.
//!
//! A finding is one sentence that names the document and the place. No findings means it holds.

pub mod certificates;
pub mod chart;
pub mod compose;
pub mod containers;
pub mod helm;
pub mod kubectl;
pub mod manifests;
pub mod monitors;
pub mod rules;
pub mod tool;

use std::path::{Path, PathBuf};

/// The version every image of the suite must carry.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every setting the services read from their environment. A setting that is not here is a typo.
pub const SETTINGS: [&str; 29] = [
    "REGISTAN_AGREEMENTS_URL",
    "REGISTAN_CALLS_PER_CALLER",
    "REGISTAN_CALLS_PER_SECOND",
    "REGISTAN_CLOCK_TOLERANCE_SECONDS",
    "REGISTAN_CONNECTIONS_PER_ADDRESS",
    "REGISTAN_DATABASE_URL",
    "REGISTAN_DATABASE_URL_FILE",
    "REGISTAN_DATA_DIR",
    "REGISTAN_DESKS",
    "REGISTAN_DEVELOPMENT_ISSUER",
    "REGISTAN_DRAIN_SECONDS",
    "REGISTAN_LINGER_SECONDS",
    "REGISTAN_LISTEN",
    "REGISTAN_LOG",
    "REGISTAN_OIDC_AUDIENCE",
    "REGISTAN_OIDC_ISSUER",
    "REGISTAN_OIDC_UNTYPED_TOKENS",
    "REGISTAN_OTLP_URL",
    "REGISTAN_PLAINTEXT",
    "REGISTAN_PROBE_ADDRESS",
    "REGISTAN_PROJECTS_URL",
    "REGISTAN_PUBLIC_TLS_DIR",
    "REGISTAN_REFLECTION",
    "REGISTAN_RIGHTS_REPORTING_URL",
    "REGISTAN_STREAMS_PER_CALLER",
    "REGISTAN_TLS_CA",
    "REGISTAN_TLS_DIR",
    "REGISTAN_TRACE_PERCENT",
    "REGISTAN_TRUSTED_PROXIES",
];

/// The folder `deploy/`.
pub fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every folder under `deploy/kustomize/overlays`, by name.
pub fn overlays() -> std::io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(deploy().join("kustomize/overlays"))? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
