//! Jobs that a tool of `GitOps` can apply: a Job cannot be changed, so another version is another Job,
//! and each goes by itself.

use super::Findings;
use crate::manifests::{Manifests, name};

pub(super) fn check(manifests: &Manifests, findings: &mut Findings) {
    let version = crate::VERSION.replace('.', "-");
    for job in &manifests.jobs {
        let place = format!("Job {}", name(&job.metadata));
        let spec = job.spec.clone().unwrap_or_default();
        findings.demand(
            name(&job.metadata).ends_with(&format!("-{version}")),
            &place,
            &format!("its name must end with the version, -{version}"),
        );
        findings.demand(
            spec.ttl_seconds_after_finished.is_some_and(|seconds| seconds >= 86_400),
            &place,
            "ttlSecondsAfterFinished must be set, to a day or more",
        );
        findings.demand(
            spec.active_deadline_seconds.is_some(),
            &place,
            "activeDeadlineSeconds must be set",
        );
    }
}
