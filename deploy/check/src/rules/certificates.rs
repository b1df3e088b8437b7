//! The certificates of the pods: issued, and each that of its service.

use super::Findings;
use crate::certificates::Certificate;
use crate::manifests::{Manifests, Pod, name};

/// Checks that an authority keeps its key: services with the old one and the new would refuse each
/// other.
pub(super) fn check_authorities(manifests: &Manifests, findings: &mut Findings) {
    for authority in manifests.certificates.iter().filter(|it| it.spec.is_ca) {
        findings.demand(
            authority.spec.private_key.rotation_policy == "Never",
            &format!("Certificate {}", name(&authority.metadata)),
            "rotationPolicy must be Never for an authority",
        );
    }
}

/// Checks that the certificate that a pod mounts is issued, and is that of its service.
pub(super) fn check(pod: &Pod<'_>, manifests: &Manifests, findings: &mut Findings) {
    let secrets = pod.spec.volumes.iter().flatten().filter(|volume| volume.name == "tls");
    for secret in secrets.filter_map(|volume| volume.secret.as_ref()?.secret_name.as_deref()) {
        let found = manifests.certificates.iter().find(|it| it.spec.secret_name == secret);
        let Some(Certificate { spec, .. }) = found else {
            findings.demand(false, &pod.workload, &format!("no Certificate fills {secret}"));
            continue;
        };
        let service = pod.workload.rsplit(' ').next().unwrap_or_default();
        findings.demand(
            spec.uris.len() == 1 && spec.uris[0].rsplit('/').next() == Some(service),
            &pod.workload,
            &format!("the certificate in {secret} must be that of {service} alone"),
        );
        findings.demand(
            ["server auth", "client auth"]
                .iter()
                .all(|use_| spec.usages.iter().any(|it| it == use_)),
            &pod.workload,
            &format!("the certificate in {secret} must be for servers and clients"),
        );
        findings.demand(
            manifests.issuers.iter().any(|it| name(&it.metadata) == spec.issuer_ref.name),
            &pod.workload,
            &format!("nobody issues the certificate in {secret}"),
        );
    }
}
