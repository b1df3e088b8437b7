//! Alerts: each leads to a section of the runbook, by an address that a browser opens.

use super::Findings;
use crate::manifests::{Manifests, name};

/// Names the address of the runbook in the metadata.
const RUNBOOK: &str = "registan/runbook";

pub(super) fn check(manifests: &Manifests, findings: &mut Findings) {
    for rule in &manifests.rules {
        let place = format!("PrometheusRule {}", name(&rule.metadata));
        let notes = rule.metadata.annotations.as_ref();
        let runbook = notes.and_then(|notes| notes.get(RUNBOOK)).cloned().unwrap_or_default();
        findings.demand(
            runbook.starts_with("https://"),
            &place,
            &format!("{RUNBOOK} must begin with https://"),
        );
        let rules = rule.spec.groups.iter().flat_map(|group| &group.rules);
        for alert in rules.filter(|rule| !rule.alert.is_empty()) {
            let section = format!("{runbook}#{}", alert.alert.to_lowercase());
            findings.demand(
                alert.annotations.get("runbook_url") == Some(&section),
                &place,
                &format!("the runbook_url of {} must be {section}", alert.alert),
            );
        }
    }
}
