//! One pod: restricted security, gRPC probes, limits, images.

use super::{Findings, check_image};
use crate::manifests::Pod;
use k8s_openapi::api::core::v1::{Container, Probe};

pub(super) fn check(pod: &Pod<'_>, findings: &mut Findings) {
    check_pod_security(pod, findings);
    for container in pod.spec.init_containers.iter().flatten().chain(&pod.spec.containers) {
        let place = format!("{}, container {}", pod.workload, container.name);
        check_container_security(container, &place, findings);
        findings.demand(
            container.termination_message_policy.as_deref() == Some("FallbackToLogsOnError"),
            &place,
            "terminationMessagePolicy must be FallbackToLogsOnError: its last line says why it ended",
        );
        check_limits(container, &place, findings);
        check_image(container.image.as_deref().unwrap_or_default(), &place, findings);
    }
    if pod.serves {
        for container in &pod.spec.containers {
            check_probes(
                container,
                &format!("{}, container {}", pod.workload, container.name),
                findings,
            );
        }
    }
}

/// Checks the Kubernetes standard `restricted` of a pod, and that it has no token for the API
/// server.
fn check_pod_security(pod: &Pod<'_>, findings: &mut Findings) {
    let place = pod.workload.as_str();
    let spec = pod.spec;
    findings.demand(
        spec.automount_service_account_token == Some(false),
        place,
        "automountServiceAccountToken must be false",
    );
    let host = [spec.host_network, spec.host_pid, spec.host_ipc].contains(&Some(true));
    findings.demand(!host, place, "must not share a namespace of the host");
    let context = spec.security_context.clone().unwrap_or_default();
    findings.demand(context.run_as_non_root == Some(true), place, "runAsNonRoot must be true");
    findings.demand(
        context.run_as_user.is_some_and(|user| user != 0),
        place,
        "runAsUser must be a number other than 0",
    );
    findings.demand(
        context.seccomp_profile.is_some_and(|profile| profile.type_ == "RuntimeDefault"),
        place,
        "seccompProfile must be RuntimeDefault",
    );
    let host_path = spec.volumes.iter().flatten().any(|volume| volume.host_path.is_some());
    findings.demand(!host_path, place, "must not mount a folder of the host");
}

fn check_container_security(container: &Container, place: &str, findings: &mut Findings) {
    let context = container.security_context.clone().unwrap_or_default();
    findings.demand(
        context.allow_privilege_escalation == Some(false),
        place,
        "allowPrivilegeEscalation must be false",
    );
    findings.demand(
        context.read_only_root_filesystem == Some(true),
        place,
        "readOnlyRootFilesystem must be true",
    );
    findings.demand(context.privileged != Some(true), place, "must not be privileged");
    findings.demand(
        context.run_as_non_root != Some(false) && context.run_as_user != Some(0),
        place,
        "must not run as root",
    );
    let capabilities = context.capabilities.unwrap_or_default();
    findings.demand(
        capabilities.drop.is_some_and(|dropped| dropped == ["ALL"]) && capabilities.add.is_none(),
        place,
        "capabilities must drop ALL and add none",
    );
}

fn check_limits(container: &Container, place: &str, findings: &mut Findings) {
    let resources = container.resources.clone().unwrap_or_default();
    let (limits, requests) =
        (resources.limits.unwrap_or_default(), resources.requests.unwrap_or_default());
    for resource in ["cpu", "memory"] {
        findings.demand(
            limits.contains_key(resource) && requests.contains_key(resource),
            place,
            &format!("{resource} must have a request and a limit"),
        );
    }
}

fn check_probes(container: &Container, place: &str, findings: &mut Findings) {
    let ports: Vec<i32> =
        container.ports.iter().flatten().map(|port| port.container_port).collect();
    let asks_a_port_by_grpc = |probe: Option<&Probe>| {
        probe
            .and_then(|probe| probe.grpc.as_ref())
            .is_some_and(|action| ports.contains(&action.port))
    };
    for (name, probe, asked) in [
        ("startupProbe", &container.startup_probe, "process"),
        ("readinessProbe", &container.readiness_probe, ""),
        ("livenessProbe", &container.liveness_probe, "process"),
    ] {
        findings.demand(
            asks_a_port_by_grpc(probe.as_ref()),
            place,
            &format!("{name} must ask a port of the container by gRPC"),
        );
        let action = probe.as_ref().and_then(|probe| probe.grpc.as_ref());
        let service = action.and_then(|action| action.service.as_deref()).unwrap_or_default();
        findings.demand(
            service == asked,
            place,
            &format!("{name} must ask for the health of {asked:?}: a restart heals no database"),
        );
    }
}
