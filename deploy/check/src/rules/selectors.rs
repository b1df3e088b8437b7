//! Selectors: each must select what it is meant for. A selector that selects nothing is a typo
//! nobody sees.

use super::Findings;
use super::settings::has_port;
use crate::manifests::{Manifests, Pod, name};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;

pub(super) fn check(manifests: &Manifests, findings: &mut Findings) {
    let pods = manifests.pods();
    check_deployments(manifests, findings);
    check_services(manifests, &pods, findings);
    check_budgets(manifests, &pods, findings);
    check_deny_all(manifests, findings);
    for policy in &manifests.network_policies {
        check_policy(policy, &pods, findings);
    }
}

fn check_deployments(manifests: &Manifests, findings: &mut Findings) {
    for deployment in &manifests.deployments {
        let place = format!("Deployment {}", name(&deployment.metadata));
        let spec = &deployment.spec;
        let labels = spec.template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref());
        findings.demand(
            labels.is_some_and(|labels| selects(&spec.selector, labels)),
            &place,
            "its selector must select its own pods",
        );
    }
}

fn check_services(manifests: &Manifests, pods: &[Pod<'_>], findings: &mut Findings) {
    for service in &manifests.services {
        let place = format!("Service {}", name(&service.metadata));
        let Some(spec) = &service.spec else { continue };
        let selector =
            LabelSelector { match_labels: spec.selector.clone(), ..LabelSelector::default() };
        let selected: Vec<_> = pods.iter().filter(|pod| selects(&selector, pod.labels)).collect();
        findings.demand(selected.len() == 1, &place, "must select the pods of one workload");
        for port in spec.ports.iter().flatten() {
            let target = port.target_port.clone().unwrap_or(IntOrString::Int(port.port));
            let mut containers = selected.iter().flat_map(|pod| &pod.spec.containers);
            findings.demand(
                containers.any(|container| has_port(container, &target)),
                &place,
                "its targetPort must be a port of the container",
            );
        }
    }
}

fn check_budgets(manifests: &Manifests, pods: &[Pod<'_>], findings: &mut Findings) {
    let budget_of = |pod: &Pod<'_>| {
        let mut selectors =
            manifests.budgets.iter().filter_map(|it| it.spec.as_ref()?.selector.as_ref());
        selectors.any(|selector| selects(selector, pod.labels))
    };
    for pod in pods.iter().filter(|pod| pod.serves && pod.replicas > 1) {
        findings.demand(
            budget_of(pod),
            &pod.workload,
            "more than one replica needs a PodDisruptionBudget",
        );
    }
    for budget in &manifests.budgets {
        let place = format!("PodDisruptionBudget {}", name(&budget.metadata));
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        let selected = pods.iter().filter(|pod| selector.is_some_and(|it| selects(it, pod.labels)));
        findings.demand(selected.count() == 1, &place, "must select the pods of one workload");
    }
}

/// One policy must close everything; the others open.
fn check_deny_all(manifests: &Manifests, findings: &mut Findings) {
    let denies_all = |spec: &NetworkPolicySpec| {
        let types = spec.policy_types.clone().unwrap_or_default();
        spec.pod_selector.as_ref().is_none_or(selects_all)
            && spec.ingress.is_none()
            && spec.egress.is_none()
            && ["Ingress", "Egress"].iter().all(|way| types.iter().any(|it| it == way))
    };
    let mut specs = manifests.network_policies.iter().filter_map(|policy| policy.spec.as_ref());
    findings.demand(
        specs.any(denies_all),
        "the overlay",
        "a NetworkPolicy must deny all pods both ways",
    );
}

fn check_policy(policy: &NetworkPolicy, pods: &[Pod<'_>], findings: &mut Findings) {
    let place = format!("NetworkPolicy {}", name(&policy.metadata));
    let spec = policy.spec.clone().unwrap_or_default();
    let own = spec.pod_selector.unwrap_or_default();
    findings.demand(
        pods.iter().any(|pod| selects(&own, pod.labels)),
        &place,
        "its podSelector selects no pod",
    );

    let from = spec.ingress.iter().flatten().map(|rule| (&rule.from, &rule.ports));
    let to = spec.egress.iter().flatten().map(|rule| (&rule.to, &rule.ports));
    for (peers, ports) in from.chain(to) {
        let peers = peers.as_deref().unwrap_or_default();
        findings.demand(!peers.is_empty(), &place, "a rule without peers is open to all");
        findings.demand(
            ports.as_ref().is_some_and(|ports| !ports.is_empty()),
            &place,
            "a rule must name its ports",
        );
        for peer in peers {
            check_peer(peer, pods, &place, findings);
        }
    }
}

/// A peer in our own namespace must exist; those in other namespaces we cannot see.
fn check_peer(peer: &NetworkPolicyPeer, pods: &[Pod<'_>], place: &str, findings: &mut Findings) {
    if peer.namespace_selector.is_some() || peer.ip_block.is_some() {
        return;
    }
    let selector = peer.pod_selector.clone().unwrap_or_default();
    findings.demand(
        !selects_all(&selector) && pods.iter().any(|pod| selects(&selector, pod.labels)),
        place,
        "a peer must select some pods, and not all",
    );
}

fn selects_all(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

/// Returns whether `selector` selects an object with `labels`. An empty selector selects all.
pub(super) fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let by_label =
        selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    let by_expression = selector.match_expressions.iter().flatten().all(|requirement| {
        let value = labels.get(&requirement.key);
        let listed =
            value.is_some_and(|value| requirement.values.iter().flatten().any(|it| it == value));
        match requirement.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    });
    by_label && by_expression
}
