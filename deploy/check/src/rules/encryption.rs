//! Calls within the suite are encrypted at both ends or at neither.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::Findings;
use super::selectors::selects;
use crate::containers::{Started, started};
use crate::manifests::{Manifests, name};

/// The settings by which a port takes TLS.
const CERTIFICATES: [&str; 2] = ["REGISTAN_TLS_DIR", "REGISTAN_PUBLIC_TLS_DIR"];
/// The protocol of a Service, for proxies before it: HTTP/2 in plain text, or TLS.
const PROTOCOLS: [&str; 2] = ["kubernetes.io/h2c", "https"];

pub(super) fn check(manifests: &Manifests, findings: &mut Findings) {
    let all = started(manifests);
    let encrypted = encrypted(manifests, &all);
    for service in &manifests.services {
        let place = format!("Service {}", name(&service.metadata));
        let Some(is_encrypted) = encrypted.get(name(&service.metadata)) else { continue };
        let protocol = PROTOCOLS[usize::from(*is_encrypted)];
        let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
        for port in ports {
            findings.demand(
                port.app_protocol.as_deref() == Some(protocol),
                &place,
                &format!("appProtocol must be {protocol}, as its pods take calls"),
            );
        }
    }
    for caller in &all {
        check_calls(caller, &encrypted, findings);
    }
}

/// The Services, and whether their pods take TLS.
fn encrypted<'a>(manifests: &'a Manifests, all: &[Started]) -> BTreeMap<&'a str, bool> {
    let pods = manifests.pods();
    let of = |labels: Option<&BTreeMap<String, String>>| {
        let selector = LabelSelector { match_labels: labels.cloned(), ..LabelSelector::default() };
        let pod = pods.iter().find(|pod| pod.serves && selects(&selector, pod.labels))?;
        let mut own = all.iter().filter(|it| it.workload == pod.workload);
        Some(own.any(|it| CERTIFICATES.iter().any(|setting| it.settings.contains_key(*setting))))
    };
    let services = manifests.services.iter();
    services
        .filter_map(|service| {
            let labels = service.spec.as_ref()?.selector.as_ref();
            Some((name(&service.metadata), of(labels)?))
        })
        .collect()
}

/// Checks the calls of a container to services of the suite.
fn check_calls(caller: &Started, encrypted: &BTreeMap<&str, bool>, findings: &mut Findings) {
    let place = format!("{}, container {}", caller.workload, caller.name);
    let trusts = caller.arguments.iter().any(|argument| argument == "--ca")
        || caller.settings.contains_key("REGISTAN_TLS_DIR");
    for folder in CERTIFICATES.iter().filter_map(|setting| caller.settings.get(*setting)) {
        findings.demand(
            caller.mounts.values().any(|mounted| mounted == folder),
            &place,
            &format!("has its certificate in {folder}, and nothing is mounted there"),
        );
    }
    for url in caller.arguments.iter().chain(caller.settings.values()) {
        let Some((scheme, rest)) = url.split_once("://") else { continue };
        let host = rest.split([':', '/']).next().unwrap_or_default();
        let Some(is_encrypted) = encrypted.get(host) else { continue };
        let wanted = if *is_encrypted { "https" } else { "http" };
        findings.demand(
            scheme == wanted,
            &place,
            &format!("{url} must begin with {wanted}://, as {host} takes calls"),
        );
        findings.demand(
            scheme != "https" || trusts,
            &place,
            &format!("calls {url} and trusts no authority: --ca, or REGISTAN_TLS_DIR"),
        );
    }
}
