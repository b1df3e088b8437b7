//! The settings a container gets: known names, addresses that lead somewhere, no secrets, time to
//! drain.

use super::{Findings, check_setting};
use crate::containers::started;
use crate::manifests::{Manifests, Pod, name};
use k8s_openapi::api::core::v1::{Container, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;

/// Names the collector of traces.
pub(super) const COLLECTOR: &str = "REGISTAN_OTLP_URL";
/// Names the file of the desks.
pub(super) const DESKS: &str = "REGISTAN_DESKS";

/// By which Argo CD removes an old one after the new pods are ready.
const PRUNES: &str = "argocd.argoproj.io/sync-options";

pub(super) fn check(pod: &Pod<'_>, manifests: &Manifests, findings: &mut Findings) {
    for container in pod.spec.init_containers.iter().flatten().chain(&pod.spec.containers) {
        let place = format!("{}, container {}", pod.workload, container.name);
        let settings = settings(container, manifests, &place, findings);
        for (key, value) in &settings {
            check_setting(key, value, &place, findings);
        }
        check_addresses(&settings, manifests, &place, findings);
        check_plain_text(container, &settings, &place, findings);
        check_issuer(&settings, &place, findings);
        check_database(pod, container, &settings, &place, findings);
        check_migration(container, &settings, &place, findings);
    }
    if pod.serves {
        for container in &pod.spec.containers {
            check_listen(container, manifests, &pod.workload, findings);
            check_drain(pod, container, manifests, findings);
        }
    }
}

/// Config maps are public too, also those no container reads.
pub(super) fn check_config_maps(manifests: &Manifests, findings: &mut Findings) {
    for map in &manifests.config_maps {
        let place = format!("ConfigMap {}", name(&map.metadata));
        let notes = map.metadata.annotations.as_ref();
        findings.demand(
            notes.and_then(|notes| notes.get(PRUNES)).is_some_and(|it| it == "PruneLast=true"),
            &place,
            "must outlive the pods that name it: PruneLast=true",
        );
        for (key, value) in map.data.iter().flatten() {
            check_setting(key, value, &place, findings);
        }
    }
}

/// The desks are those of a suite: all that serves or opens a record is given the same.
pub(super) fn check_desks(manifests: &Manifests, findings: &mut Findings) {
    let all = started(manifests);
    let Some(desks) = all.iter().find_map(|it| it.settings.get(DESKS)) else { return };
    let needs = |key: &String| key == "REGISTAN_LISTEN" || key.starts_with("REGISTAN_DATABASE_URL");
    let ours = all.iter().filter(|it| it.image.starts_with("registan/"));
    for container in ours.filter(|it| it.settings.keys().any(needs)) {
        findings.demand(
            container.settings.get(DESKS) == Some(desks),
            &format!("{}, container {}", container.workload, container.name),
            &format!("{DESKS} must be {desks}, as for the others"),
        );
    }
}

/// The environment of `container`: the maps it takes as a whole, then its own entries.
fn settings(
    container: &Container,
    manifests: &Manifests,
    place: &str,
    findings: &mut Findings,
) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for source in container.env_from.iter().flatten() {
        findings.demand(
            source.secret_ref.is_none(),
            place,
            "a secret must be a file, not a variable",
        );
        let Some(reference) = &source.config_map_ref else { continue };
        let map = manifests.config_maps.iter().find(|map| name(&map.metadata) == reference.name);
        findings.demand(
            map.is_some(),
            place,
            &format!("ConfigMap {} does not exist", reference.name),
        );
        settings.extend(map.and_then(|map| map.data.clone()).unwrap_or_default());
    }
    for variable in container.env.iter().flatten() {
        let from_secret =
            variable.value_from.as_ref().is_some_and(|source| source.secret_key_ref.is_some());
        findings.demand(!from_secret, place, "a secret must be a file, not a variable");
        settings.insert(variable.name.clone(), variable.value.clone().unwrap_or_default());
    }
    settings
}

/// A service that keeps a record needs one database. Only the address of a file may stand in the
/// open.
fn check_database(
    pod: &Pod<'_>,
    container: &Container,
    settings: &BTreeMap<String, String>,
    place: &str,
    findings: &mut Findings,
) {
    let address = settings.get("REGISTAN_DATABASE_URL");
    let component = pod.labels.get("app.kubernetes.io/component").map(String::as_str);
    // A Job with the component of those that keep one may look at the gateway as well.
    let of_gateway = container.args.iter().flatten().any(|argument| argument == "gateway");
    let keeps_record =
        component.is_some_and(|it| !["gateway", "import"].contains(&it)) && !of_gateway;
    findings.demand(
        address.is_some() != settings.contains_key("REGISTAN_DATABASE_URL_FILE") || !keeps_record,
        place,
        "needs one of REGISTAN_DATABASE_URL and REGISTAN_DATABASE_URL_FILE, and not both",
    );
    findings.demand(
        address.is_none_or(|address| address.starts_with("sqlite:")),
        place,
        "only a SQLite address may be written here: use REGISTAN_DATABASE_URL_FILE",
    );
}

/// The first migration makes a SQLite file, which SQLite does only where the address says so.
fn check_migration(
    container: &Container,
    settings: &BTreeMap<String, String>,
    place: &str,
    findings: &mut Findings,
) {
    let migrates = container.args.iter().flatten().any(|argument| argument == "migrate");
    let address = settings.get("REGISTAN_DATABASE_URL").map(String::as_str).unwrap_or_default();
    findings.demand(
        !migrates || !address.starts_with("sqlite:") || address.contains("mode=rwc"),
        place,
        "migrates a SQLite file that it may not make: the address needs ?mode=rwc",
    );
}

/// An issuer of access tokens needs an audience, and encryption; the one for development has no
/// place in a cluster.
fn check_issuer(settings: &BTreeMap<String, String>, place: &str, findings: &mut Findings) {
    let set = |key: &str| settings.get(key).map(String::as_str).unwrap_or_default();
    let (issuer, audience) = (set("REGISTAN_OIDC_ISSUER"), set("REGISTAN_OIDC_AUDIENCE"));
    findings.demand(
        issuer.is_empty() == audience.is_empty(),
        place,
        "REGISTAN_OIDC_ISSUER and REGISTAN_OIDC_AUDIENCE belong together",
    );
    findings.demand(
        issuer.is_empty() || issuer.starts_with("https://"),
        place,
        "REGISTAN_OIDC_ISSUER must begin with https://",
    );
    findings.demand(
        set("REGISTAN_DEVELOPMENT_ISSUER") != "true",
        place,
        "REGISTAN_DEVELOPMENT_ISSUER is for loopback alone",
    );
}

/// An address of an argument off loopback in plain text is refused, unless a setting allows it.
fn check_plain_text(
    container: &Container,
    settings: &BTreeMap<String, String>,
    place: &str,
    findings: &mut Findings,
) {
    let plain = container.args.iter().flatten().any(|argument| argument.starts_with("http://"));
    let allowed = settings.get("REGISTAN_PLAINTEXT").is_some_and(|it| it == "true");
    findings.demand(
        !plain || allowed,
        place,
        "calls in plain text and has no REGISTAN_PLAINTEXT=true",
    );
}

/// The address of another service must name a Service and one of its ports.
fn check_addresses(
    settings: &BTreeMap<String, String>,
    manifests: &Manifests,
    place: &str,
    findings: &mut Findings,
) {
    for (key, value) in settings {
        let address = value.strip_prefix("http://").or(value.strip_prefix("https://"));
        let leads_here = key.ends_with("_URL") && key != COLLECTOR;
        let Some(address) = address.filter(|_| leads_here) else { continue };
        let leads_somewhere = manifests.services.iter().any(|service| {
            let ports = service.spec.iter().flat_map(ports);
            ports.map(|port| format!("{}:{port}", name(&service.metadata))).any(|it| it == address)
        });
        findings.demand(
            leads_somewhere,
            place,
            &format!("{key} is {value}, and no Service has that name and port"),
        );
    }
}

fn ports(spec: &ServiceSpec) -> impl Iterator<Item = i32> {
    spec.ports.iter().flatten().map(|port| port.port)
}

/// Checks that it listens on the ports it declares: one for calls, one for health alone, which is
/// the one that is probed.
fn check_listen(
    container: &Container,
    manifests: &Manifests,
    place: &str,
    findings: &mut Findings,
) {
    let settings = settings(container, manifests, place, &mut Findings::default());
    let named = |setting: &str| {
        let address = settings.get(setting)?;
        address.rsplit_once(':').and_then(|(_, port)| port.parse::<i32>().ok())
    };
    let declared: BTreeMap<_, _> = container
        .ports
        .iter()
        .flatten()
        .map(|port| (port.name.as_deref().unwrap_or_default(), port.container_port))
        .collect();
    for (setting, port) in [("REGISTAN_LISTEN", "grpc"), ("REGISTAN_PROBE_ADDRESS", "probe")] {
        findings.demand(
            named(setting).is_some() && named(setting) == declared.get(port).copied(),
            place,
            &format!("{setting} must name the port {port} of the container"),
        );
    }
    let probes = [&container.startup_probe, &container.readiness_probe, &container.liveness_probe];
    let asked = probes.into_iter().flatten().filter_map(|probe| probe.grpc.as_ref());
    findings.demand(
        asked.into_iter().all(|action| Some(&action.port) == declared.get("probe")),
        place,
        "a probe must ask the port probe, which callers cannot fill",
    );
}

/// The time after the signal to stop must fit into what Kubernetes grants; and a process must take
/// calls while the endpoints forget it.
fn check_drain(
    pod: &Pod<'_>,
    container: &Container,
    manifests: &Manifests,
    findings: &mut Findings,
) {
    let settings = settings(container, manifests, &pod.workload, &mut Findings::default());
    let seconds = |key: &str| settings.get(key).and_then(|value| value.parse::<i64>().ok());
    let linger = seconds("REGISTAN_LINGER_SECONDS");
    findings.demand(
        linger.is_some_and(|linger| linger >= 5),
        &pod.workload,
        "REGISTAN_LINGER_SECONDS must be 5 or more",
    );
    let needed = seconds("REGISTAN_DRAIN_SECONDS").zip(linger);
    let grace = pod.spec.termination_grace_period_seconds;
    findings.demand(
        needed.zip(grace).is_some_and(|((drain, linger), grace)| grace > drain + linger),
        &pod.workload,
        "terminationGracePeriodSeconds must be more than REGISTAN_LINGER_SECONDS and REGISTAN_DRAIN_SECONDS together",
    );
}

/// Returns whether `target` names a port of `container`, by name or by number.
pub(super) fn has_port(container: &Container, target: &IntOrString) -> bool {
    container.ports.iter().flatten().any(|port| match target {
        IntOrString::Int(number) => port.container_port == *number,
        IntOrString::String(text) => port.name.as_ref() == Some(text),
    })
}
