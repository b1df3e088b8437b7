//! Where pods run: apart from each other, and elsewhere soon when a node is gone.

use k8s_openapi::api::core::v1::Toleration;

use super::Findings;
use crate::manifests::Pod;

/// The labels of nodes over which the pods of a service are spread.
const SPREAD: [&str; 2] = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];
/// The taints of a node that is gone, and how long a pod may stay on one.
const GONE: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const STAYS: i64 = 30;

pub(super) fn check(pod: &Pod<'_>, findings: &mut Findings) {
    findings.demand(
        pod.spec.enable_service_links == Some(false),
        &pod.workload,
        "enableServiceLinks must be false",
    );
    if !pod.serves {
        return;
    }
    for topology in SPREAD {
        let is_spread = pod.spec.topology_spread_constraints.iter().flatten().any(|it| {
            let labels = it.label_selector.as_ref().and_then(|it| it.match_labels.as_ref());
            let is_own = labels.is_some_and(|labels| {
                !labels.is_empty()
                    && labels.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
            });
            it.topology_key == topology && is_own
        });
        findings.demand(is_spread, &pod.workload, &format!("must be spread over {topology}"));
    }
    for taint in GONE {
        let leaves = |it: &Toleration| {
            it.key.as_deref() == Some(taint)
                && it.effect.as_deref() == Some("NoExecute")
                && it.toleration_seconds == Some(STAYS)
        };
        findings.demand(
            pod.spec.tolerations.iter().flatten().any(leaves),
            &pod.workload,
            &format!("must tolerate {taint} for {STAYS} seconds"),
        );
    }
}
