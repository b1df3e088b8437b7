//! The report of an import as its message.

use api::registan::projects::v1 as wire;
use formats::Severity as Found;
use ingest::Report;
use standard::time::timestamp;
use wire::finding::Severity;

/// The report of an import as its message.
pub fn report_message(report: Report) -> wire::ImportIatiResponse {
    let counts = Found::ALL.iter().zip(report.tally.counts).filter(|(_, count)| *count > 0);
    let finding_counts =
        counts.map(|(it, count)| wire::FindingCount { severity: severity(*it).into(), count });
    wire::ImportIatiResponse {
        activities: number(report.totals.records),
        transactions: number(report.totals.children),
        created: report.changes.created,
        updated: report.changes.updated,
        unchanged: report.changes.unchanged,
        skipped: report.skipped,
        transactions_created: report.changes.children_created,
        transactions_updated: report.changes.children_updated,
        transactions_deleted: report.changes.children_deleted,
        finding_counts: finding_counts.collect(),
        findings: report.tally.first.into_iter().map(finding_message).collect(),
        bytes: number(report.totals.bytes),
        read_time: Some(timestamp(report.read_time)),
        elements: number(report.totals.elements),
        elements_kept: number(report.elements_kept),
        not_kept: report.not_kept.into_iter().map(not_kept_message).collect(),
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn not_kept_message(not_kept: formats::NotKept) -> wire::NotKept {
    wire::NotKept {
        path: not_kept.path,
        count: number(not_kept.count),
        attribute: not_kept.is_attribute,
    }
}

fn finding_message(finding: formats::Finding) -> wire::Finding {
    wire::Finding {
        severity: severity(finding.severity).into(),
        rule: finding.rule.to_owned(),
        line: number(finding.line),
        iati_identifier: finding.identifier.unwrap_or_default(),
        message: finding.message,
    }
}

fn severity(severity: Found) -> Severity {
    match severity {
        Found::Critical => Severity::Critical,
        Found::Error => Severity::Error,
        Found::Warning => Severity::Warning,
        Found::Advisory => Severity::Advisory,
    }
}
