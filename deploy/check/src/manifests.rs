//! Rendered text → typed documents, as strict as the API server: unknown fields and wrong types are
//! findings.

use crate::certificates::{Certificate, Issuer};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    ConfigMap, Namespace, PersistentVolumeClaim, PodSpec, Service, ServiceAccount,
};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_yaml_ng::Value;
use std::collections::BTreeMap;

use crate::monitors::{PodMonitor, PrometheusRule};

/// All documents of one overlay, by kind.
#[derive(Debug, Default)]
pub struct Manifests {
    pub autoscalers: Vec<HorizontalPodAutoscaler>,
    pub budgets: Vec<PodDisruptionBudget>,
    pub certificates: Vec<Certificate>,
    pub claims: Vec<PersistentVolumeClaim>,
    pub config_maps: Vec<ConfigMap>,
    pub cron_jobs: Vec<CronJob>,
    pub deployments: Vec<Deployment>,
    pub issuers: Vec<Issuer>,
    pub jobs: Vec<Job>,
    pub monitors: Vec<PodMonitor>,
    pub namespaces: Vec<Namespace>,
    pub network_policies: Vec<NetworkPolicy>,
    pub rules: Vec<PrometheusRule>,
    pub service_accounts: Vec<ServiceAccount>,
    pub services: Vec<Service>,
}

/// The pods one workload starts.
pub struct Pod<'a> {
    /// Kind and name of the workload, for findings.
    pub workload: String,
    pub namespace: Option<&'a str>,
    pub labels: &'a BTreeMap<String, String>,
    pub spec: &'a PodSpec,
    /// True for a Deployment: it serves until it is stopped.
    pub serves: bool,
    pub replicas: i32,
}

/// Reads all documents of `text`. What cannot be read, or not fully, is in the findings.
pub fn parse(text: &str) -> (Manifests, Vec<String>) {
    let mut manifests = Manifests::default();
    let mut findings = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(text) {
        match Value::deserialize(document) {
            Ok(value) => manifests.add(value, &mut findings),
            Err(error) => findings.push(format!("not YAML: {error}")),
        }
    }
    (manifests, findings)
}

/// The name of an object; empty if it has none, which no rendered document has.
pub fn name(metadata: &ObjectMeta) -> &str {
    metadata.name.as_deref().unwrap_or_default()
}

impl Manifests {
    /// Every pod of every workload. A workload without a pod is left out; the schema rules found
    /// it.
    pub fn pods(&self) -> Vec<Pod<'_>> {
        static NO_LABELS: BTreeMap<String, String> = BTreeMap::new();
        let deployments = self.deployments.iter().map(|deployment| {
            let spec = &deployment.spec;
            ("Deployment", &deployment.metadata, &spec.template, spec.replicas.unwrap_or(1))
        });
        let jobs = self
            .jobs
            .iter()
            .filter_map(|job| Some(("Job", &job.metadata, &job.spec.as_ref()?.template, 1)));
        let scheduled = self.cron_jobs.iter().filter_map(|job| {
            let template = job.spec.job_template.spec.as_ref()?;
            Some(("CronJob", &job.metadata, &template.template, 1))
        });

        let mut pods = Vec::new();
        for (kind, metadata, template, replicas) in deployments.chain(jobs).chain(scheduled) {
            let labels = template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref());
            if let Some(spec) = &template.spec {
                pods.push(Pod {
                    workload: format!("{kind} {}", name(metadata)),
                    namespace: metadata.namespace.as_deref(),
                    labels: labels.unwrap_or(&NO_LABELS),
                    spec,
                    serves: kind == "Deployment",
                    replicas,
                });
            }
        }
        pods
    }

    fn add(&mut self, value: Value, findings: &mut Vec<String>) {
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("(none)").to_owned();
        let kind = text(value.get("kind"));
        let version = text(value.get("apiVersion"));
        let name = text(value.get("metadata").and_then(|metadata| metadata.get("name")));
        let document = format!("{kind} {name}");

        match (version.as_str(), kind.as_str()) {
            ("apps/v1", "Deployment") => keep(&mut self.deployments, &document, value, findings),
            ("autoscaling/v2", "HorizontalPodAutoscaler") => {
                keep(&mut self.autoscalers, &document, value, findings);
            }
            ("cert-manager.io/v1", "Certificate") => {
                keep(&mut self.certificates, &document, value, findings);
            }
            ("cert-manager.io/v1", "Issuer") => {
                keep(&mut self.issuers, &document, value, findings);
            }
            ("batch/v1", "CronJob") => keep(&mut self.cron_jobs, &document, value, findings),
            ("batch/v1", "Job") => keep(&mut self.jobs, &document, value, findings),
            ("monitoring.coreos.com/v1", "PodMonitor") => {
                keep(&mut self.monitors, &document, value, findings);
            }
            ("monitoring.coreos.com/v1", "PrometheusRule") => {
                keep(&mut self.rules, &document, value, findings);
            }
            ("networking.k8s.io/v1", "NetworkPolicy") => {
                keep(&mut self.network_policies, &document, value, findings);
            }
            ("policy/v1", "PodDisruptionBudget") => {
                keep(&mut self.budgets, &document, value, findings);
            }
            ("v1", "ConfigMap") => keep(&mut self.config_maps, &document, value, findings),
            ("v1", "Namespace") => keep(&mut self.namespaces, &document, value, findings),
            ("v1", "PersistentVolumeClaim") => keep(&mut self.claims, &document, value, findings),
            ("v1", "Service") => keep(&mut self.services, &document, value, findings),
            ("v1", "ServiceAccount") => {
                keep(&mut self.service_accounts, &document, value, findings);
            }
            // A Secret too: its values would be in the repository.
            _ => findings
                .push(format!("{document}: no schema is known for kind {kind} of {version}")),
        }
    }
}

fn keep<T: DeserializeOwned>(
    documents: &mut Vec<T>,
    document: &str,
    value: Value,
    findings: &mut Vec<String>,
) {
    // By way of a Value: read from text, a number would pass for a string, which the API server
    // refuses.
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let typed = serde_ignored::deserialize(
        serde_path_to_error::Deserializer::new(value, &mut track),
        |path| unknown.push(path.to_string().replace(".?", "")),
    );

    for path in unknown {
        findings.push(format!("{document}: {path}: unknown field"));
    }
    match typed {
        Ok(typed) => documents.push(typed),
        Err(error) => findings.push(format!("{document}: {}: {error}", track.path())),
    }
}
