//! `registan import ratification`: files that say which states take part in which conventions.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::import_finding::Severity;
use api::registan::agreements::v1::import_participations_request::Part;
use api::registan::agreements::v1::{
    ImportFinding, ImportParticipationsOptions, ImportParticipationsRequest,
    ImportParticipationsResponse as Answer, UnknownParty,
};
use chassis::process::block_on;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tokio::fs::File;

use super::{name_of, not_imported, pieces, whole};
use crate::cli::Participations;
use crate::output::bytes;
use crate::refused::refused;

/// Findings, and parties that are not recorded, shown to a person; `--json` has more of them.
const SHOWN: usize = 20;

/// Imports the files one after the other and prints what was done, also where one of them is not
/// imported.
pub fn run(arguments: &Participations) -> anyhow::Result<()> {
    block_on(async {
        let mut size = 0;
        for path in &arguments.files {
            let found = std::fs::metadata(path);
            size += found.with_context(|| cannot_open(path))?.len();
        }
        let bar = bytes("", size, arguments.json);
        let mut all = Vec::new();
        let ended = import_all(arguments, &bar, &mut all).await;
        bar.finish_and_clear();
        if !all.is_empty() {
            let text = if arguments.json {
                format!("{}\n", summary(&all, arguments.dry_run))
            } else {
                sentences(&all, arguments.dry_run)
            };
            std::io::stdout().write_all(text.as_bytes())?;
        }
        ended?;
        whole(sum(&all, critical))
    })
}

async fn import_all(
    arguments: &Participations,
    bar: &ProgressBar,
    all: &mut Vec<(String, Answer)>,
) -> anyhow::Result<()> {
    for (index, path) in arguments.files.iter().enumerate() {
        let answer = import(arguments, path, bar).await;
        let answer = answer.with_context(|| not_imported(&arguments.files, index))?;
        all.push((path.display().to_string(), answer));
    }
    Ok(())
}

/// Returns how often a file, or the rest of one, could not be read.
fn critical(answer: &Answer) -> i64 {
    let is_critical = |finding: &&ImportFinding| finding.severity() == Severity::Critical;
    answer.findings.iter().filter(is_critical).map(|_| 1).sum()
}

fn cannot_open(path: &Path) -> String {
    format!("{} cannot be opened", path.display())
}

/// Sends one file.
async fn import(
    arguments: &Participations,
    path: &Path,
    bar: &ProgressBar,
) -> anyhow::Result<Answer> {
    let file = File::open(path).await.with_context(|| cannot_open(path))?;
    let file_name = name_of(path);
    bar.set_message(file_name.clone());
    let options = ImportParticipationsOptions {
        file_name,
        agreement: arguments.agreement.clone(),
        source: arguments.source.clone(),
        stated: arguments.stated.clone(),
        validate_only: arguments.dry_run,
    };
    let first = ImportParticipationsRequest { part: Some(Part::Options(options)) };
    let data = |data| ImportParticipationsRequest { part: Some(Part::Data(data)) };
    let (messages, reading) = pieces(file, first, data, bar.clone());
    let mut client = AgreementServiceClient::new(arguments.reach.writer()?);
    let answer = client.import_participations(messages).await;
    let answer = answer.map_err(|status| refused(&status, &arguments.reach.gateway))?;
    reading.await?.context("it could not be read to its end")?;
    Ok(answer.into_inner())
}

/// The answers, each with the file that it is about.
type Answers = [(String, Answer)];

fn sum(all: &Answers, of: fn(&Answer) -> i64) -> i64 {
    all.iter().map(|(_, answer)| of(answer)).sum()
}

/// Returns the parties that are not recorded of all files, the most frequent first.
fn unknown(all: &Answers) -> Vec<UnknownParty> {
    let mut found: Vec<UnknownParty> = Vec::new();
    for one in all.iter().flat_map(|(_, answer)| &answer.unknown_parties) {
        match found.iter_mut().find(|known| known.party == one.party) {
            Some(known) => known.rows += one.rows,
            None => found.push(one.clone()),
        }
    }
    found.sort_by(|one, other| other.rows.cmp(&one.rows).then(one.party.cmp(&other.party)));
    found
}

fn severity(finding: &ImportFinding) -> String {
    finding.severity().as_str_name().trim_start_matches("SEVERITY_").to_lowercase()
}

fn summary(all: &Answers, dry_run: bool) -> Value {
    let findings = all.iter().flat_map(|(file, answer)| {
        answer.findings.iter().map(move |one| {
            json!({
                "file": file,
                "line": one.line,
                "severity": severity(one),
                "rule": one.rule,
                "agreement": one.agreement,
                "message": one.message,
            })
        })
    });
    let unknown: serde_json::Map<String, Value> =
        unknown(all).into_iter().map(|it| (it.party, it.rows.into())).collect();
    json!({
        "dry_run": dry_run,
        "agreements": sum(all, |it| it.agreements),
        "updated": sum(all, |it| it.updated),
        "unchanged": sum(all, |it| it.unchanged),
        "skipped": sum(all, |it| it.skipped),
        "rows": sum(all, |it| it.rows),
        "rows_kept": sum(all, |it| it.rows_kept),
        "unknown_parties": unknown,
        "finding_count": sum(all, |it| it.finding_count),
        "findings": findings.collect::<Vec<_>>(),
    })
}

fn sentences(all: &Answers, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    let mut lines = vec![
        format!(
            "{} rows of {} agreements read.",
            sum(all, |it| it.rows),
            sum(all, |it| it.agreements)
        ),
        format!(
            "{} agreements {would}updated, {} unchanged, {} {would}skipped.",
            sum(all, |it| it.updated),
            sum(all, |it| it.unchanged),
            sum(all, |it| it.skipped)
        ),
        format!("{} rows {would}kept.", sum(all, |it| it.rows_kept)),
    ];
    lines.extend(of_unknown(&unknown(all), dry_run));
    lines.push(format!("Findings: {}.", sum(all, |it| it.finding_count)));
    let findings = all.iter().flat_map(|(file, answer)| {
        answer.findings.iter().map(move |one| {
            let (line, rule, message) = (one.line, &one.rule, &one.message);
            format!("  {file}:{line}: {}, {rule}: {message}", severity(one))
        })
    });
    let findings: Vec<String> = findings.collect();
    lines.extend(findings.iter().take(SHOWN).cloned());
    if findings.len() > SHOWN {
        let more = findings.len() - SHOWN;
        lines.push(format!("  … and {more} more: --json has them."));
    }
    if dry_run {
        lines.push("This was a dry run: nothing was recorded.".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Returns what is not kept because its party is not recorded, the most frequent first.
fn of_unknown(unknown: &[UnknownParty], dry_run: bool) -> Vec<String> {
    if unknown.is_empty() {
        return Vec::new();
    }
    let not_kept = if dry_run { "would not be kept" } else { "not kept" };
    let rows: i64 = unknown.iter().map(|it| it.rows).sum();
    let count = unknown.len();
    let mut lines =
        vec![format!("{rows} rows {not_kept}: their {count} parties are not recorded.")];
    let shown = unknown.iter().take(SHOWN);
    lines.extend(shown.map(|it| format!("  {:>7}  {}", it.rows, it.party)));
    if count > SHOWN {
        lines.push(format!("  … and {} more: --json has them.", count - SHOWN));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Vec<(String, Answer)> {
        let unknown = |party: &str, rows| UnknownParty { party: party.to_owned(), rows };
        let finding = ImportFinding {
            severity: 3,
            rule: "row-contradicts-itself".to_owned(),
            line: 18,
            agreement: "agreements/cat".to_owned(),
            message: "parties/be: …".to_owned(),
        };
        let answer = |unknown_parties, findings: Vec<ImportFinding>| Answer {
            agreements: 1,
            updated: 1,
            rows: 10,
            rows_kept: 7,
            unknown_parties,
            finding_count: i64::try_from(findings.len()).unwrap(),
            findings,
            ..Answer::default()
        };
        vec![
            ("a.csv".to_owned(), answer(vec![unknown("parties/ad", 3)], vec![finding])),
            (
                "b.csv".to_owned(),
                answer(vec![unknown("parties/af", 2), unknown("parties/ad", 1)], vec![]),
            ),
        ]
    }

    #[test]
    fn reports_of_several_files_add_up_and_findings_name_file_and_line() {
        let text = sentences(&answers(), false);

        assert!(
            text.starts_with("20 rows of 2 agreements read.\n2 agreements updated, 0 unchanged")
        );
        assert!(
            text.contains(
                "6 rows not kept: their 2 parties are not recorded.\n        4  parties/ad"
            )
        );
        assert!(text.contains("a.csv:18: warning, row-contradicts-itself: parties/be"), "{text}");
        let summary = summary(&answers(), false);
        assert_eq!(
            (&summary["rows_kept"], &summary["unknown_parties"]["parties/ad"]),
            (&json!(14), &json!(4))
        );
        assert_eq!(
            (&summary["findings"][0]["file"], &summary["findings"][0]["line"]),
            (&json!("a.csv"), &json!(18))
        );
    }

    #[test]
    fn a_dry_run_speaks_in_the_conditional() {
        let text = sentences(&answers(), true);

        assert!(
            text.contains("2 agreements would be updated")
                && text.contains("14 rows would be kept")
        );
        assert!(text.contains("6 rows would not be kept") && text.contains("nothing was recorded"));
    }
}
