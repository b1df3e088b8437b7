//! Rollouts: callers find the pods of a service by DNS, which may keep an answer for a while.

use super::Findings;
use crate::manifests::{Manifests, name};

/// The seconds that the DNS of a cluster keeps an answer, as kubeadm sets it up.
const DNS_TTL: i32 = 30;

/// Checks that a rollout replaces no pod before callers can know the one that takes its place.
pub(super) fn check(manifests: &Manifests, findings: &mut Findings) {
    for deployment in manifests.deployments.iter().filter(|it| it.spec.replicas != Some(1)) {
        findings.demand(
            deployment.spec.min_ready_seconds.is_some_and(|seconds| seconds >= DNS_TTL),
            &format!("Deployment {}", name(&deployment.metadata)),
            &format!("minReadySeconds must be {DNS_TTL} or more, as long as DNS keeps an answer"),
        );
    }
}
