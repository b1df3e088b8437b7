//! Traces leave the pods by a policy of their own, encrypted unless plain text is allowed.

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Findings;
use super::selectors::selects;
use super::settings::COLLECTOR;
use crate::containers::started;
use crate::manifests::Manifests;

pub(super) fn check(manifests: &Manifests, findings: &mut Findings) {
    let all = started(manifests);
    for pod in manifests.pods().iter().filter(|pod| pod.serves) {
        let own = all.iter().filter(|it| it.workload == pod.workload);
        let named = own.filter_map(|it| Some((it, it.settings.get(COLLECTOR)?)));
        for (container, url) in named.filter(|(_, url)| !url.is_empty()) {
            let plain = container.settings.get("REGISTAN_PLAINTEXT").is_some_and(|it| it == "true");
            findings.demand(
                url.starts_with("https://") || (plain && url.starts_with("http://")),
                &pod.workload,
                &format!("{COLLECTOR} must begin with https://: plain text is not allowed here"),
            );
            let port = url.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
            let mut policies = manifests.network_policies.iter().filter_map(|it| it.spec.as_ref());
            let is_open = policies.any(|spec| {
                let selector = spec.pod_selector.clone().unwrap_or_default();
                selects(&selector, pod.labels) && port.is_some_and(|port| lets_out(spec, port))
            });
            findings.demand(
                is_open,
                &pod.workload,
                &format!("a NetworkPolicy must let it reach the port of {COLLECTOR}"),
            );
        }
    }
}

/// Returns whether a policy opens a port of other namespaces.
fn lets_out(spec: &NetworkPolicySpec, port: i32) -> bool {
    spec.egress.iter().flatten().any(|rule| {
        let mut ports = rule.ports.iter().flatten().filter_map(|port| port.port.as_ref());
        ports.any(|it| *it == IntOrString::Int(port))
    })
}
