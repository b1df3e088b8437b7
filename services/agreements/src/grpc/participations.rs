//! `AgreementService`: the import of participations.

use api::registan::agreements::v1::import_finding::Severity;
use api::registan::agreements::v1::import_participations_request::Part as Wire;
use api::registan::agreements::v1::{
    ImportFinding, ImportParticipationsOptions, ImportParticipationsRequest,
    ImportParticipationsResponse, UnknownParty,
};
use chassis::caller::current;
use facts::Check;
use formats::Severity as Found;
use ingest::feed::{self, Part};
use standard::at;
use standard::time::timestamp;
use tonic::{Request, Response, Status, Streaming};

use crate::app::App;
use crate::ops::import_participations::{Imported, Options, agreement_of, import_participations};

/// Imports participations from a file that comes in pieces.
pub async fn import(
    app: App,
    request: Request<Streaming<ImportParticipationsRequest>>,
) -> Result<Response<ImportParticipationsResponse>, Status> {
    let mut stream = request.into_inner();
    let options = options(feed::options(&mut stream, part).await?)?;
    // Nothing more of the file is read before: what waits takes no memory.
    let _turn = app.imports.take(&current().caller.subject).await?;
    let (bytes, file) = feed::pipe();
    let import = import_participations(&app, options, file);
    let importing = async { import.await.map_err(Status::from) };
    let (imported, ()) = tokio::try_join!(importing, feed::upload(stream, part, bytes))?;
    Ok(at(imported.report.read_time, message(imported)))
}

fn part(message: ImportParticipationsRequest) -> Option<Part<ImportParticipationsOptions>> {
    message.part.map(|part| match part {
        Wire::Options(options) => Part::Options(options),
        Wire::Data(data) => Part::Data(data),
    })
}

fn options(message: ImportParticipationsOptions) -> Result<Options, Status> {
    let mut check = Check::new("options");
    let file_name = check.required_text("file_name", message.file_name, 256);
    let agreement = if message.agreement.is_empty() {
        agreement_of(&file_name).unwrap_or_default()
    } else {
        check.name("agreement", message.agreement, &["agreements/{agreement}"], true)
    };
    let source = check.name("source", message.source, &["sources/{source}"], false);
    let stated = message
        .stated
        .and_then(|date| check.within("stated", |check| facts::wire::date(check, date)));
    if let Some(failure) = standard::failure::from_violations(check.finish()) {
        return Err(failure.into());
    }
    let validate_only = message.validate_only;
    Ok(Options { file_name, agreement, source, stated, validate_only })
}

fn message(imported: Imported) -> ImportParticipationsResponse {
    let Imported { report, unknown } = imported;
    let [critical, errors, warnings, advisories] = report.tally.counts;
    let party = |(party, rows)| UnknownParty { party, rows };
    ImportParticipationsResponse {
        agreements: number(report.totals.records),
        updated: report.changes.updated,
        unchanged: report.changes.unchanged,
        skipped: report.skipped,
        rows: number(report.totals.elements),
        rows_kept: number(report.elements_kept),
        unknown_parties: unknown.into_iter().map(party).collect(),
        finding_count: critical + errors + warnings + advisories,
        findings: report.tally.first.into_iter().map(finding).collect(),
        read_time: Some(timestamp(report.read_time)),
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn finding(finding: formats::Finding) -> ImportFinding {
    let severity = match finding.severity {
        Found::Critical => Severity::Critical,
        Found::Error => Severity::Error,
        Found::Warning => Severity::Warning,
        Found::Advisory => Severity::Advisory,
    };
    ImportFinding {
        severity: severity.into(),
        rule: finding.rule.to_owned(),
        line: number(finding.line),
        agreement: finding.identifier.unwrap_or_default(),
        message: finding.message,
    }
}
