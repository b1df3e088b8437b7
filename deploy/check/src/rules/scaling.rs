//! Autoscalers: each scales a workload that exists and names no number of its own, by CPU and by
//! calls.

use super::Findings;
use crate::manifests::{Manifests, name};

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
        let by_calls = metrics().any(|it| it.pods.is_some());
        findings.demand(by_cpu && by_calls, &place, "must scale by cpu and by calls of the pods");
    }
}
