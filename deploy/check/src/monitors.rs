//! The kind `PodMonitor` of the Prometheus Operator, as far as we use it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Deserialize;

/// Says of which pods metrics are read. Another key is a typo, until it is added here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodMonitor {
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    pub kind: String,
    pub metadata: ObjectMeta,
    pub spec: PodMonitorSpec,
}

/// The pods, and where they are asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodMonitorSpec {
    pub selector: LabelSelector,
    #[serde(default)]
    pub pod_target_labels: Vec<String>,
    pub pod_metrics_endpoints: Vec<Endpoint>,
}

/// A port that is asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    pub port: String,
    pub path: String,
    pub interval: String,
}
