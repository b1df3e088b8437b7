//! Jobs that a tool of `GitOps` can apply: a Job cannot be changed, so another version is another Job,
//! and each goes by itself. A `CronJob` can be changed, and its Jobs go as the others do.

use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Findings;
use crate::manifests::{Manifests, name};

/// The order of Argo CD: it makes nothing of a wave before all of an earlier one is healthy.
const WAVE: &str = "argocd.argoproj.io/sync-wave";
/// The label by which kubectl applies what is done before the pods roll.
const SELECTED: &str = "app.kubernetes.io/name";

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
        check_end(&spec, &place, findings);
        check_order(job, &place, manifests, findings);
    }
    for job in &manifests.cron_jobs {
        check_schedule(job, findings);
    }
}

/// Checks that a Job ends, that it is kept for a day, and that its log is: a pod that starts again
/// until it may no more is removed with its log.
fn check_end(spec: &JobSpec, place: &str, findings: &mut Findings) {
    findings.demand(
        spec.ttl_seconds_after_finished.is_some_and(|seconds| seconds >= 86_400),
        place,
        "ttlSecondsAfterFinished must be set, to a day or more",
    );
    findings.demand(
        spec.active_deadline_seconds.is_some(),
        place,
        "activeDeadlineSeconds must be set",
    );
    let restarts = spec.template.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref());
    findings.demand(
        restarts == Some("Never"),
        place,
        "restartPolicy must be Never: another try is another pod, and this one keeps its log",
    );
}

/// Checks that the runs of a schedule do not overlap, and are at hours that somebody knows.
fn check_schedule(job: &CronJob, findings: &mut Findings) {
    let place = format!("CronJob {}", name(&job.metadata));
    let spec = job.spec.clone();
    findings.demand(
        spec.concurrency_policy.as_deref() == Some("Forbid"),
        &place,
        "concurrencyPolicy must be Forbid",
    );
    findings.demand(spec.time_zone.is_some(), &place, "timeZone must be set");
    check_end(&spec.job_template.spec.unwrap_or_default(), &place, findings);
}

/// Checks that what a Job refers to is there before it: otherwise its pods wait for what waits for
/// them.
fn check_order(job: &Job, place: &str, manifests: &Manifests, findings: &mut Findings) {
    let own = wave(&job.metadata);
    for (kind, needed) in needed(job, manifests) {
        let document = format!("{kind} {}", name(needed));
        findings.demand(
            wave(needed) <= own,
            place,
            &format!("{document} must be in no later wave than {own}, that of the Job"),
        );
        // A cluster has its Namespace before: the secrets are in it.
        findings.demand(
            own >= 0 || kind == "Namespace" || selected(needed) == selected(&job.metadata),
            place,
            &format!("{document} must be selected with it, by {SELECTED}"),
        );
    }
}

/// The documents that the pods of a Job refer to, by kind.
fn needed<'a>(job: &Job, manifests: &'a Manifests) -> Vec<(&'static str, &'a ObjectMeta)> {
    let pod = job.spec.as_ref().and_then(|spec| spec.template.spec.clone()).unwrap_or_default();
    let mounted = pod.volumes.iter().flatten().filter_map(|it| Some(&it.config_map.as_ref()?.name));
    let containers = pod.init_containers.iter().flatten().chain(&pod.containers);
    let read = containers.flat_map(|it| it.env_from.iter().flatten());
    let read = read.filter_map(|it| Some(&it.config_map_ref.as_ref()?.name));
    let maps: Vec<&String> = mounted.chain(read).collect();
    let namespace = job.metadata.namespace.as_deref();
    let account = pod.service_account_name.as_deref();

    let all = manifests.namespaces.iter().map(|it| ("Namespace", &it.metadata));
    let all = all.filter(|(_, it)| Some(name(it)) == namespace);
    let accounts = manifests.service_accounts.iter().map(|it| ("ServiceAccount", &it.metadata));
    let accounts = accounts.filter(|(_, it)| Some(name(it)) == account);
    let config_maps = manifests.config_maps.iter().map(|it| ("ConfigMap", &it.metadata));
    let config_maps = config_maps.filter(|(_, it)| maps.iter().any(|map| *map == name(it)));
    all.chain(accounts).chain(config_maps).collect()
}

/// The wave of a document; 0 where it names none, as Argo CD reads it.
fn wave(about: &ObjectMeta) -> i32 {
    let named = about.annotations.as_ref().and_then(|notes| notes.get(WAVE));
    named.and_then(|wave| wave.parse().ok()).unwrap_or_default()
}

fn selected(about: &ObjectMeta) -> Option<&String> {
    about.labels.as_ref()?.get(SELECTED)
}
