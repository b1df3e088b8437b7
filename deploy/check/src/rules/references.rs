//! Checks that what a pod refers to by name exists, and that all is in one closed namespace.

use super::Findings;
use super::settings::DESKS;
use crate::manifests::{Manifests, Pod, name};

pub(super) fn check(pod: &Pod<'_>, manifests: &Manifests, findings: &mut Findings) {
    let account = pod.spec.service_account_name.as_deref().unwrap_or_default();
    findings.demand(
        manifests.service_accounts.iter().any(|it| name(&it.metadata) == account),
        &pod.workload,
        &format!("ServiceAccount {account:?} does not exist"),
    );

    check_volumes(pod, manifests, findings);
    let volumes = || pod.spec.volumes.iter().flatten();
    for container in pod.spec.init_containers.iter().flatten().chain(&pod.spec.containers) {
        let place = format!("{}, container {}", pod.workload, container.name);
        for mount in container.volume_mounts.iter().flatten() {
            findings.demand(
                volumes().any(|volume| volume.name == mount.name),
                &place,
                &format!("volume {} does not exist", mount.name),
            );
        }
        let is_mounted = |path: &str| {
            let mut mounts = container.volume_mounts.iter().flatten();
            mounts.any(|mount| path.starts_with(&format!("{}/", mount.mount_path)))
        };
        for path in container.args.iter().flatten().filter(|it| it.starts_with('/')) {
            let rule = format!("reads {path}, and nothing is mounted there");
            findings.demand(is_mounted(path), &place, &rule);
        }
        for variable in container.env.iter().flatten() {
            // The file of a setting must lie in something that is mounted.
            let is_file = variable.name.ends_with("_FILE") || variable.name == DESKS;
            let Some(path) = variable.value.as_ref().filter(|_| is_file) else { continue };
            findings.demand(
                is_mounted(path),
                &place,
                &format!("{} is {path}, and nothing is mounted there", variable.name),
            );
        }
    }
}

fn check_volumes(pod: &Pod<'_>, manifests: &Manifests, findings: &mut Findings) {
    for volume in pod.spec.volumes.iter().flatten() {
        if let Some(map) = &volume.config_map {
            let mut all = manifests.config_maps.iter().map(|it| &it.metadata);
            findings.demand(
                all.any(|it| name(it) == map.name && it.namespace.as_deref() == pod.namespace),
                &pod.workload,
                &format!("ConfigMap {} does not exist in its Namespace", map.name),
            );
        }
        let Some(source) = &volume.persistent_volume_claim else { continue };
        findings.demand(
            manifests.claims.iter().any(|claim| name(&claim.metadata) == source.claim_name),
            &pod.workload,
            &format!("PersistentVolumeClaim {} does not exist", source.claim_name),
        );
        // A SQLite file on a shared volume would get two writers.
        findings.demand(
            pod.replicas == 1,
            &pod.workload,
            "a pod with a PersistentVolumeClaim must have one replica",
        );
    }
}

pub(super) fn check_namespace(manifests: &Manifests, findings: &mut Findings) {
    const LEVEL: &str = "pod-security.kubernetes.io/enforce";
    for namespace in &manifests.namespaces {
        let level = namespace.metadata.labels.as_ref().and_then(|labels| labels.get(LEVEL));
        findings.demand(
            level.is_some_and(|level| level == "restricted"),
            &format!("Namespace {}", name(&namespace.metadata)),
            "must enforce the pod security level restricted",
        );
    }

    let namespaces: Vec<_> = manifests.namespaces.iter().map(|it| name(&it.metadata)).collect();
    findings.demand(namespaces.len() == 1, "the overlay", "must have one Namespace");
    let deployments = manifests.deployments.iter().map(|it| &it.metadata);
    let scheduled = manifests.cron_jobs.iter().map(|it| &it.metadata);
    let jobs = manifests.jobs.iter().map(|it| &it.metadata).chain(scheduled);
    for metadata in deployments.chain(jobs) {
        findings.demand(
            namespaces.contains(&metadata.namespace.as_deref().unwrap_or_default()),
            name(metadata),
            "must live in the Namespace of the overlay",
        );
    }
}
