//! `registan import`: IATI files, and the reference record, into a running suite.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::Context;
use api::registan::projects::v1::finding::Severity;
use api::registan::projects::v1::import_iati_request::Part;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{
    Finding, ImportIatiOptions, ImportIatiRequest, ImportIatiResponse,
};
use chassis::process::block_on;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio_stream::wrappers::ReceiverStream;

use crate::cli::{Iati, Reference};

const CHUNK: usize = 256 * 1024;
/// Findings shown to a person; all of them are in the answer.
const SHOWN: usize = 20;

pub fn iati(arguments: &Iati) -> anyhow::Result<()> {
    block_on(async {
        let mut total = ImportIatiResponse::default();
        for file in &arguments.files {
            let answer = import(arguments, file)
                .await
                .with_context(|| format!("{} was not imported whole", file.display()))?;
            add(&mut total, answer);
        }
        if arguments.json { print_json(&total) } else { print_sentences(&total) }
    })
}

/// Sends one file, with a progress bar by bytes.
async fn import(arguments: &Iati, path: &Path) -> anyhow::Result<ImportIatiResponse> {
    let file = tokio::fs::File::open(path).await.context("it cannot be opened")?;
    let bar = progress_bar(file.metadata().await?.len(), arguments.json);
    let file_name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    bar.set_message(file_name.clone());
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let options = ImportIatiOptions { file_name, validate_only: arguments.dry_run };
    let progress = bar.clone();
    let reading = tokio::spawn(async move {
        let mut file = file;
        let first = ImportIatiRequest { part: Some(Part::Options(options)) };
        let mut open = sender.send(first).await.is_ok();
        while open {
            let mut data = vec![0; CHUNK];
            let read = file.read(&mut data).await?;
            if read == 0 {
                break;
            }
            data.truncate(read);
            open = sender.send(ImportIatiRequest { part: Some(Part::Data(data)) }).await.is_ok();
            progress.inc(u64::try_from(read).unwrap_or(0));
        }
        Ok::<_, std::io::Error>(())
    });
    let mut client = ProjectServiceClient::new(arguments.reach.writer()?);
    let answer = client.import_iati(ReceiverStream::new(receiver)).await;
    bar.finish_and_clear();
    let answer = answer.map_err(|status| said(&status, &arguments.reach.gateway))?;
    reading.await?.context("it could not be read to its end")?;
    Ok(answer.into_inner())
}

/// What a refusal said, for a person.
pub fn said(status: &tonic::Status, gateway: &str) -> anyhow::Error {
    match status.code() {
        tonic::Code::Unavailable => anyhow::anyhow!(
            "no suite answers at {gateway}: start one with `registan serve` ({})",
            status.message()
        ),
        tonic::Code::Unauthenticated => anyhow::anyhow!(
            "{}; a command takes it as --token, --token-file or REGISTAN_TOKEN, or signs its own with the key in --data-dir",
            status.message()
        ),
        code => anyhow::anyhow!("{code:?}: {}", status.message()),
    }
}

fn progress_bar(bytes: u64, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes);
    let template = "{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}, {eta} left";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn add(total: &mut ImportIatiResponse, one: ImportIatiResponse) {
    total.activities += one.activities;
    total.transactions += one.transactions;
    total.created += one.created;
    total.updated += one.updated;
    total.unchanged += one.unchanged;
    total.skipped += one.skipped;
    total.transactions_created += one.transactions_created;
    total.transactions_deleted += one.transactions_deleted;
    total.bytes += one.bytes;
    for count in one.finding_counts {
        match total.finding_counts.iter_mut().find(|known| known.severity == count.severity) {
            Some(known) => known.count += count.count,
            None => total.finding_counts.push(count),
        }
    }
    total.findings.extend(one.findings);
}

fn count(answer: &ImportIatiResponse, severity: Severity) -> i64 {
    let found = answer.finding_counts.iter().find(|count| count.severity() == severity);
    found.map_or(0, |count| count.count)
}

fn print_json(answer: &ImportIatiResponse) -> anyhow::Result<()> {
    let summary = json!({
        "activities": answer.activities,
        "transactions": answer.transactions,
        "created": answer.created,
        "updated": answer.updated,
        "unchanged": answer.unchanged,
        "skipped": answer.skipped,
        "transactions_created": answer.transactions_created,
        "transactions_deleted": answer.transactions_deleted,
        "bytes": answer.bytes,
        "findings": {
            "critical": count(answer, Severity::Critical),
            "error": count(answer, Severity::Error),
            "warning": count(answer, Severity::Warning),
            "advisory": count(answer, Severity::Advisory),
        },
    });
    writeln!(std::io::stdout(), "{summary}")?;
    Ok(())
}

fn print_sentences(answer: &ImportIatiResponse) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{} activities with {} transactions read.",
        answer.activities, answer.transactions
    )?;
    writeln!(
        out,
        "{} projects created, {} updated, {} unchanged, {} activities skipped.",
        answer.created, answer.updated, answer.unchanged, answer.skipped
    )?;
    let counts = [Severity::Critical, Severity::Error, Severity::Warning, Severity::Advisory]
        .map(|one| count(answer, one));
    writeln!(
        out,
        "Findings: {} critical, {} errors, {} warnings, {} advisories.",
        counts[0], counts[1], counts[2], counts[3]
    )?;
    let mut worst: Vec<&Finding> = answer.findings.iter().collect();
    worst.sort_by_key(|finding| finding.severity);
    for finding in worst.iter().take(SHOWN) {
        let severity =
            finding.severity().as_str_name().trim_start_matches("SEVERITY_").to_lowercase();
        writeln!(
            out,
            "  line {}, {severity}, {}: {}",
            finding.line, finding.rule, finding.message
        )?;
    }
    if counts.iter().sum::<i64>() > i64::try_from(SHOWN)? {
        writeln!(out, "  … and more.")?;
    }
    Ok(())
}

pub fn reference(arguments: &Reference) -> anyhow::Result<()> {
    block_on(async {
        let gateway = arguments.reach.writer()?;
        let summary =
            reference::lay_in(gateway.clone(), gateway.clone(), gateway, |_, _| {}).await?;
        writeln!(
            std::io::stdout(),
            "{} records created, {} were there.",
            summary.created,
            summary.existing
        )?;
        Ok(())
    })
}
