//! Autoscalers: each scales a workload that exists and names no number of its own, by CPU, and
//! where there is an adapter by calls.

use super::Findings;
use crate::manifests::{Manifests, name};

/// The metric of pods that the adapter of the README offers.
const CALLS: &str = "registan_calls_per_second";

pub(super) fn check(manifests: &Manifests, findings: &mut Findings) {
    for autoscaler in &manifests.autoscalers {
        let place = format!("HorizontalPodAutoscaler {}", name(&autoscaler.metadata));
        let spec = &autoscaler.spec;
        let target = &spec.scale_target_ref;
        let deployment = manifests.deployments.iter().find(|deployment| {
            target.kind == "Deployment" && name(&deployment.metadata) == target.name
        });
        findings.demand(
            deployment.is_some(),
            &place,
            &format!("{} {} does not exist", target.kind, target.name),
        );
        findings.demand(
            deployment.is_none_or(|deployment| deployment.spec.replicas.is_none()),
            &place,
            "its Deployment must name no replicas, which each apply would bring back",
        );
        findings.demand(
            spec.min_replicas.is_some_and(|least| least >= 2 && least < spec.max_replicas),
            &place,
            "minReplicas must be at least 2 and less than maxReplicas",
        );
        let metrics = || spec.metrics.iter().flatten();
        let by_cpu = metrics().any(|it| it.resource.as_ref().is_some_and(|it| it.name == "cpu"));
        findings.demand(by_cpu, &place, "must scale by cpu");
        for metric in metrics().filter_map(|it| it.pods.as_ref()) {
            findings.demand(
                metric.metric.name == CALLS,
                &place,
                &format!(
                    "no adapter offers {}: the metric of calls is {CALLS}",
                    metric.metric.name
                ),
            );
        }
    }
}
