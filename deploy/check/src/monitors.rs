//! The kinds `PodMonitor` and `PrometheusRule` of the Prometheus Operator, as far as we use them.

use std::collections::BTreeMap;

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

/// The alerts, and the series that they compare. Another key is a typo, until it is added here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusRule {
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    pub kind: String,
    pub metadata: ObjectMeta,
    pub spec: PrometheusRuleSpec,
}

/// The groups of rules.
#[derive(Debug, Deserialize)]
pub struct PrometheusRuleSpec {
    pub groups: Vec<Group>,
}

/// Rules that are evaluated together.
#[derive(Debug, Deserialize)]
pub struct Group {
    pub name: String,
    pub interval: Option<String>,
    pub rules: Vec<Rule>,
}

/// An alert, or a series that is recorded.
#[derive(Debug, Deserialize)]
pub struct Rule {
    #[serde(default)]
    pub alert: String,
    #[serde(default)]
    pub record: String,
    pub expr: String,
    #[serde(rename = "for")]
    pub pending: Option<String>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// The begin of a `PrometheusRule`, up to its groups.
const HEAD: &str = "\
# Made from deploy/monitoring/alerts.yaml by a test: change that.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: registan
  annotations: {registan/runbook: \"\"}
spec:
";

/// Returns the `PrometheusRule` of a file of rules as Prometheus reads it.
pub fn rule_of(alerts: &str) -> String {
    let lines = alerts.lines().skip_while(|line| *line != "groups:");
    let indented = lines.map(|line| format!("  {line}").trim_end().to_owned() + "\n");
    HEAD.to_owned() + &indented.collect::<String>()
}
