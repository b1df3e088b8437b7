//! The report of an import, for people or programs.

use std::io::Write;
use std::path::Path;

use api::registan::projects::v1::finding::Severity;
use api::registan::projects::v1::{Finding, ImportIatiResponse, NotKept};
use serde_json::{Value, json};

/// Findings, and paths of what was not kept, shown to a person; the answer has more of them.
const SHOWN: usize = 20;
/// The severities, the worst first.
const SEVERITIES: [Severity; 4] =
    [Severity::Critical, Severity::Error, Severity::Warning, Severity::Advisory];

/// The reports of several files, added up.
#[derive(Default)]
pub struct Report {
    /// How many files they are of.
    pub files: usize,
    /// Their sums.
    total: ImportIatiResponse,
    /// The findings, each with its file.
    findings: Vec<(String, Finding)>,
}

impl Report {
    /// Adds the report of another file.
    pub fn add(&mut self, file: &Path, one: ImportIatiResponse) {
        let total = &mut self.total;
        self.files += 1;
        total.activities += one.activities;
        total.transactions += one.transactions;
        total.created += one.created;
        total.updated += one.updated;
        total.unchanged += one.unchanged;
        total.skipped += one.skipped;
        total.transactions_created += one.transactions_created;
        total.transactions_updated += one.transactions_updated;
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
        for lost in one.not_kept {
            match total.not_kept.iter_mut().find(|known| known.path == lost.path) {
                Some(known) => known.count += lost.count,
                None => total.not_kept.push(lost),
            }
        }
        let file = file.display().to_string();
        self.findings.extend(one.findings.into_iter().map(|finding| (file.clone(), finding)));
    }

    /// Returns how often a file, or the rest of one, could not be read.
    pub fn critical(&self) -> i64 {
        self.count(Severity::Critical)
    }

    /// Prints it in sentences, or as one JSON object.
    pub fn print(&self, as_json: bool, dry_run: bool) -> anyhow::Result<()> {
        let text =
            if as_json { format!("{}\n", self.summary(dry_run)) } else { self.sentences(dry_run) };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    }

    fn count(&self, severity: Severity) -> i64 {
        let mut counts = self.total.finding_counts.iter();
        counts.find(|count| count.severity() == severity).map_or(0, |count| count.count)
    }

    fn summary(&self, dry_run: bool) -> Value {
        let total = &self.total;
        let not_kept: serde_json::Map<String, Value> =
            total.not_kept.iter().map(|it| (it.path.clone(), it.count.into())).collect();
        let counts = SEVERITIES.map(|one| (word(one), Value::from(self.count(one))));
        let findings = self.findings.iter().map(|(file, one)| {
            json!({
                "file": file,
                "line": one.line,
                "severity": word(one.severity()),
                "rule": one.rule,
                "activity": one.iati_identifier,
                "message": one.message,
            })
        });
        json!({
            "dry_run": dry_run,
            "activities": total.activities,
            "transactions": total.transactions,
            "created": total.created,
            "updated": total.updated,
            "unchanged": total.unchanged,
            "skipped": total.skipped,
            "transactions_created": total.transactions_created,
            "transactions_updated": total.transactions_updated,
            "transactions_deleted": total.transactions_deleted,
            "bytes": total.bytes,
            "elements": total.elements,
            "elements_kept": total.elements_kept,
            "not_kept": not_kept,
            "finding_counts": counts.into_iter().collect::<serde_json::Map<_, _>>(),
            "findings": findings.collect::<Vec<_>>(),
        })
    }

    /// Returns it in sentences; what a dry run only would have done, in the conditional.
    fn sentences(&self, dry_run: bool) -> String {
        let total = &self.total;
        let would = if dry_run { "would be " } else { "" };
        let edited = match total.transactions_updated {
            0 => String::new(),
            edited => format!("{edited} {would}updated, "),
        };
        let mut lines = vec![
            format!(
                "{} activities with {} transactions read.",
                total.activities, total.transactions
            ),
            format!(
                "{} projects {would}created, {} {would}updated, {} unchanged, {} activities \
                 {would}skipped.",
                total.created, total.updated, total.unchanged, total.skipped
            ),
            format!(
                "{} transactions {would}created, {edited}{} {would}deleted.",
                total.transactions_created, total.transactions_deleted
            ),
            format!(
                "{} of {} elements {}.",
                total.elements_kept,
                total.elements,
                if dry_run { "would be kept" } else { "kept" }
            ),
        ];
        lines.extend(not_kept(&total.not_kept, dry_run));
        lines.extend(self.found());
        if dry_run {
            lines.push("This was a dry run: nothing was recorded.".to_owned());
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// Returns the findings, the worst first.
    fn found(&self) -> Vec<String> {
        let counts = SEVERITIES.map(|one| self.count(one));
        let mut lines = vec![format!(
            "Findings: {} critical, {} errors, {} warnings, {} advisories.",
            counts[0], counts[1], counts[2], counts[3]
        )];
        let mut worst: Vec<&(String, Finding)> = self.findings.iter().collect();
        worst.sort_by_key(|(_, finding)| finding.severity);
        lines.extend(worst.iter().take(SHOWN).map(|(file, finding)| {
            let Finding { line, rule, message, .. } = finding;
            format!("  {file}:{line}: {}, {rule}: {message}", word(finding.severity()))
        }));
        let more = counts.iter().sum::<i64>() - i64::try_from(SHOWN).unwrap_or(0);
        if more > 0 {
            lines.push(format!("  … and {more} more: --json has the first 1000 of each file."));
        }
        lines
    }
}

/// Returns a severity in a word.
fn word(severity: Severity) -> String {
    severity.as_str_name().trim_start_matches("SEVERITY_").to_lowercase()
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

#[cfg(test)]
mod tests {
    use api::registan::projects::v1::FindingCount;

    use super::*;

    fn answer() -> ImportIatiResponse {
        let lost = |path: &str, count| NotKept { path: path.to_owned(), count, attribute: false };
        let finding = Finding {
            severity: Severity::Critical.into(),
            rule: "truncated".to_owned(),
            line: 7,
            message: "the file ends".to_owned(),
            ..Finding::default()
        };
        ImportIatiResponse {
            activities: 3,
            created: 1,
            updated: 2,
            transactions_created: 4,
            transactions_deleted: 5,
            elements: 30,
            elements_kept: 21,
            not_kept: vec![lost("iati-activity/budget", 2), lost("iati-activity/location", 7)],
            finding_counts: vec![FindingCount { severity: Severity::Critical.into(), count: 1 }],
            findings: vec![finding],
            ..ImportIatiResponse::default()
        }
    }

    /// The report of files, each with the same answer.
    fn report(files: &[&str]) -> Report {
        let mut report = Report::default();
        for file in files {
            report.add(Path::new(file), answer());
        }
        report
    }

    #[test]
    fn deleted_transactions_and_what_was_not_kept_are_told() {
        let text = report(&["a.xml"]).sentences(false);

        assert!(text.contains("4 transactions created, 5 deleted.\n21 of 30 elements kept."));
        let most = text.find("7  iati-activity/location").unwrap();
        assert!(most < text.find("2  iati-activity/budget").unwrap(), "{text}");
        assert!(!text.contains("would"), "{text}");
    }

    #[test]
    fn edited_transactions_are_told_where_there_are_any() {
        let mut report = Report::default();
        report.add(Path::new("a.xml"), ImportIatiResponse { transactions_updated: 6, ..answer() });

        let text = report.sentences(true);

        let told = "4 transactions would be created, 6 would be updated, 5 would be deleted.";
        assert!(text.contains(told), "{text}");
        assert_eq!(report.summary(true)["transactions_updated"], 6);
    }

    #[test]
    fn a_dry_run_speaks_in_the_conditional() {
        let text = report(&["a.xml"]).sentences(true);

        assert!(text.contains("1 projects would be created, 2 would be updated"), "{text}");
        assert!(text.contains("4 transactions would be created, 5 would be deleted"), "{text}");
        assert!(text.contains("Would not be kept") && text.contains("nothing was recorded"));
    }

    #[test]
    fn reports_of_several_files_add_up_and_findings_name_their_file() {
        let report = report(&["a.xml", "b.xml"]);

        let (text, summary) = (report.sentences(false), report.summary(true));
        assert_eq!((&summary["elements"], &summary["elements_kept"]), (&json!(60), &json!(42)));
        assert_eq!(summary["not_kept"]["iati-activity/location"], 14);
        assert_eq!((report.critical(), &summary["finding_counts"]["critical"]), (2, &json!(2)));
        let second = &summary["findings"][1];
        assert_eq!((&second["file"], &second["line"]), (&json!("b.xml"), &json!(7)));
        assert!(text.contains("  b.xml:7: critical, truncated: the file ends\n"), "{text}");
    }
}
