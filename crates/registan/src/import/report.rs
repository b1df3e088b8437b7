//! The report of an import, for people or programs.

use std::io::Write;

use api::registan::projects::v1::finding::Severity;
use api::registan::projects::v1::{Finding, ImportIatiResponse, NotKept};
use serde_json::{Value, json};

/// Findings, and paths of what was not kept, shown to a person; the answer has more of them.
const SHOWN: usize = 20;

/// Adds the report of another file.
pub fn add(total: &mut ImportIatiResponse, one: ImportIatiResponse) {
    total.activities += one.activities;
    total.transactions += one.transactions;
    total.created += one.created;
    total.updated += one.updated;
    total.unchanged += one.unchanged;
    total.skipped += one.skipped;
    total.transactions_created += one.transactions_created;
    total.transactions_deleted += one.transactions_deleted;
    total.bytes += one.bytes;
    total.elements += one.elements;
    total.elements_kept += one.elements_kept;
    for count in one.finding_counts {
        match total.finding_counts.iter_mut().find(|known| known.severity == count.severity) {
            Some(known) => known.count += count.count,
            None => total.finding_counts.push(count),
        }
    }
    total.findings.extend(one.findings);
    for lost in one.not_kept {
        match total.not_kept.iter_mut().find(|known| known.path == lost.path) {
            Some(known) => known.count += lost.count,
            None => total.not_kept.push(lost),
        }
    }
}

fn count(answer: &ImportIatiResponse, severity: Severity) -> i64 {
    let found = answer.finding_counts.iter().find(|count| count.severity() == severity);
    found.map_or(0, |count| count.count)
}

/// Prints it as one JSON object.
pub fn print_json(answer: &ImportIatiResponse, dry_run: bool) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{}", summary(answer, dry_run))?;
    Ok(())
}

fn summary(answer: &ImportIatiResponse, dry_run: bool) -> Value {
    let not_kept: serde_json::Map<String, Value> =
        answer.not_kept.iter().map(|it| (it.path.clone(), it.count.into())).collect();
    json!({
        "dry_run": dry_run,
        "activities": answer.activities,
        "transactions": answer.transactions,
        "created": answer.created,
        "updated": answer.updated,
        "unchanged": answer.unchanged,
        "skipped": answer.skipped,
        "transactions_created": answer.transactions_created,
        "transactions_deleted": answer.transactions_deleted,
        "bytes": answer.bytes,
        "elements": answer.elements,
        "elements_kept": answer.elements_kept,
        "not_kept": not_kept,
        "findings": {
            "critical": count(answer, Severity::Critical),
            "error": count(answer, Severity::Error),
            "warning": count(answer, Severity::Warning),
            "advisory": count(answer, Severity::Advisory),
        },
    })
}

/// Prints it in sentences; what a dry run only would have done, in the conditional.
pub fn print_sentences(answer: &ImportIatiResponse, dry_run: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(sentences(answer, dry_run).as_bytes())?;
    Ok(())
}

fn sentences(answer: &ImportIatiResponse, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    let mut lines = vec![
        format!("{} activities with {} transactions read.", answer.activities, answer.transactions),
        format!(
            "{} projects {would}created, {} {would}updated, {} unchanged, {} activities {would}skipped.",
            answer.created, answer.updated, answer.unchanged, answer.skipped
        ),
        format!(
            "{} transactions {would}created, {} {would}deleted.",
            answer.transactions_created, answer.transactions_deleted
        ),
        format!(
            "{} of {} elements {}.",
            answer.elements_kept,
            answer.elements,
            if dry_run { "would be kept" } else { "kept" }
        ),
    ];
    lines.extend(not_kept(&answer.not_kept, dry_run));
    lines.extend(findings(answer));
    if dry_run {
        lines.push("This was a dry run: nothing was recorded.".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Returns what is not kept, the most frequent first.
fn not_kept(all: &[NotKept], dry_run: bool) -> Vec<String> {
    if all.is_empty() {
        return Vec::new();
    }
    let mut most: Vec<&NotKept> = all.iter().collect();
    most.sort_by_key(|it| -it.count);
    let head = if dry_run { "Would not be kept" } else { "Not kept" };
    let mut lines = vec![format!("{head}, by path:")];
    lines.extend(most.iter().take(SHOWN).map(|it| format!("  {:>7}  {}", it.count, it.path)));
    if most.len() > SHOWN {
        lines.push(format!("  … and {} more paths: --json has them all.", most.len() - SHOWN));
    }
    lines
}

fn findings(answer: &ImportIatiResponse) -> Vec<String> {
    let counts = [Severity::Critical, Severity::Error, Severity::Warning, Severity::Advisory]
        .map(|one| count(answer, one));
    let mut lines = vec![format!(
        "Findings: {} critical, {} errors, {} warnings, {} advisories.",
        counts[0], counts[1], counts[2], counts[3]
    )];
    let mut worst: Vec<&Finding> = answer.findings.iter().collect();
    worst.sort_by_key(|finding| finding.severity);
    lines.extend(worst.iter().take(SHOWN).map(|finding| {
        let severity = finding.severity().as_str_name().trim_start_matches("SEVERITY_");
        let severity = severity.to_lowercase();
        format!("  line {}, {severity}, {}: {}", finding.line, finding.rule, finding.message)
    }));
    if counts.iter().sum::<i64>() > i64::try_from(SHOWN).unwrap_or(0) {
        lines.push("  … and more.".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> ImportIatiResponse {
        let lost = |path: &str, count| NotKept { path: path.to_owned(), count, attribute: false };
        ImportIatiResponse {
            activities: 3,
            created: 1,
            updated: 2,
            transactions_created: 4,
            transactions_deleted: 5,
            elements: 30,
            elements_kept: 21,
            not_kept: vec![lost("iati-activity/budget", 2), lost("iati-activity/location", 7)],
            ..ImportIatiResponse::default()
        }
    }

    #[test]
    fn deleted_transactions_and_what_was_not_kept_are_told() {
        let text = sentences(&answer(), false);

        assert!(text.contains("4 transactions created, 5 deleted.\n21 of 30 elements kept."));
        let most = text.find("7  iati-activity/location").unwrap();
        assert!(most < text.find("2  iati-activity/budget").unwrap(), "{text}");
        assert!(!text.contains("would"), "{text}");
    }

    #[test]
    fn a_dry_run_speaks_in_the_conditional() {
        let text = sentences(&answer(), true);

        assert!(text.contains("1 projects would be created, 2 would be updated"), "{text}");
        assert!(text.contains("4 transactions would be created, 5 would be deleted"), "{text}");
        assert!(text.contains("Would not be kept") && text.contains("nothing was recorded"));
    }

    #[test]
    fn reports_of_several_files_add_up() {
        let mut total = answer();

        add(&mut total, answer());

        assert_eq!((total.elements, total.elements_kept, total.transactions_deleted), (60, 42, 10));
        assert_eq!(summary(&total, true)["not_kept"]["iati-activity/location"], 14);
    }
}
