//! The house rules: what the schemas allow and we do not.

mod alerting;
mod certificates;
mod encryption;
mod jobs;
mod placement;
mod pods;
mod references;
mod rollouts;
mod scaling;
mod scraping;
mod selectors;
mod settings;
mod tracing;

use crate::manifests::Manifests;

/// Every rule, over all documents of one overlay. Gives the findings.
pub fn check(manifests: &Manifests) -> Vec<String> {
    let mut findings = Findings::default();
    for pod in &manifests.pods() {
        pods::check(pod, &mut findings);
        placement::check(pod, &mut findings);
        settings::check(pod, manifests, &mut findings);
        references::check(pod, manifests, &mut findings);
        certificates::check(pod, manifests, &mut findings);
    }
    certificates::check_authorities(manifests, &mut findings);
    encryption::check(manifests, &mut findings);
    tracing::check(manifests, &mut findings);
    settings::check_config_maps(manifests, &mut findings);
    settings::check_desks(manifests, &mut findings);
    selectors::check(manifests, &mut findings);
    jobs::check(manifests, &mut findings);
    rollouts::check(manifests, &mut findings);
    scaling::check(manifests, &mut findings);
    scraping::check(manifests, &mut findings);
    alerting::check(manifests, &mut findings);
    references::check_namespace(manifests, &mut findings);
    findings.0
}

/// The findings so far.
#[derive(Default)]
pub(crate) struct Findings(pub(crate) Vec<String>);

impl Findings {
    /// Records that `place` breaks `rule`, unless it `holds`.
    pub(crate) fn demand(&mut self, holds: bool, place: &str, rule: &str) {
        if !holds {
            self.0.push(format!("{place}: {rule}"));
        }
    }
}

/// Checks that `image`, if it is ours, carries the version of the workspace.
pub(crate) fn check_image(image: &str, place: &str, findings: &mut Findings) {
    let tag = image.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'));
    findings.demand(
        tag.is_some_and(|tag| tag != "latest"),
        place,
        &format!("image {image} must name a tag, and not latest"),
    );
    if image.starts_with("registan/") {
        let version = crate::VERSION;
        findings.demand(
            tag == Some(version),
            place,
            &format!("image {image} must carry the version {version} of the workspace"),
        );
    }
}

/// Settings that are on or off, whatever words are in their names.
const SWITCHES: [&str; 1] = ["REGISTAN_OIDC_UNTYPED_TOKENS"];

/// A setting the services know, with a value that gives no secret away.
pub(crate) fn check_setting(key: &str, value: &str, place: &str, findings: &mut Findings) {
    if key.starts_with("REGISTAN_") {
        findings.demand(
            crate::SETTINGS.contains(&key),
            place,
            &format!("no service reads the setting {key}"),
        );
    }
    let secret_by_name =
        ["PASSWORD", "SECRET", "TOKEN", "_KEY"].iter().any(|word| key.contains(word))
            && !key.ends_with("_FILE")
            && !SWITCHES.contains(&key);
    let authority = value.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    let secret_by_value = authority.is_some_and(|authority| authority.contains('@'));
    findings.demand(
        !secret_by_name && !secret_by_value,
        place,
        &format!("{key} must come from a secret, not from a value written here"),
    );
}
