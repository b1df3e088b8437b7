//! Metrics are read from every pod that serves, by namespaces with a label and by nobody else.

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Findings;
use super::selectors::selects;
use super::settings::has_port;
use crate::manifests::{Manifests, name};

/// The port that tells how a process is.
const PORT: &str = "probe";

pub(super) fn check(manifests: &Manifests, findings: &mut Findings) {
    let pods = manifests.pods();
    let policies = || manifests.network_policies.iter().filter_map(|policy| policy.spec.as_ref());
    for pod in pods.iter().filter(|pod| pod.serves) {
        let is_open = policies().any(|spec| {
            let own = spec.pod_selector.clone().unwrap_or_default();
            selects(&own, pod.labels) && lets_in(spec)
        });
        findings.demand(
            is_open,
            &pod.workload,
            "a NetworkPolicy must let namespaces with a label reach the port probe",
        );
    }
    for monitor in &manifests.monitors {
        let place = format!("PodMonitor {}", name(&monitor.metadata));
        let serving = pods.iter().filter(|pod| pod.serves);
        let all_are_read = serving.clone().all(|pod| selects(&monitor.spec.selector, pod.labels));
        findings.demand(all_are_read, &place, "must select every pod that serves");
        for endpoint in &monitor.spec.pod_metrics_endpoints {
            let port = IntOrString::String(endpoint.port.clone());
            let mut containers = serving.clone().flat_map(|pod| &pod.spec.containers);
            findings.demand(
                containers.all(|container| has_port(container, &port)),
                &place,
                &format!("no container has the port {}", endpoint.port),
            );
        }
    }
}

/// Returns whether a policy opens the port of metrics to namespaces with a label.
fn lets_in(spec: &NetworkPolicySpec) -> bool {
    spec.ingress.iter().flatten().any(|rule| {
        let mut ports = rule.ports.iter().flatten().filter_map(|port| port.port.as_ref());
        let mut peers = rule.from.iter().flatten().filter_map(|it| it.namespace_selector.as_ref());
        ports.any(|port| *port == IntOrString::String(PORT.to_owned()))
            && peers.any(|it| it.match_labels.as_ref().is_some_and(|labels| !labels.is_empty()))
    })
}
