//! The record before the storm: projects with transactions for long pages, and agreements as large
//! as one may be.

use std::fmt::Write as _;

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, Milestone, agreement, milestone,
};
use api::registan::projects::v1::import_iati_request::Part;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{
    CreateProjectRequest, ImportIatiOptions, ImportIatiRequest, Project, project,
};
use api::registan::r#type::v1::{Date, PartialDate, SourceRef};
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

/// The bytes of a part of a file.
pub const CHUNK: usize = 256 * 1024;
/// So many milestones of a thousand bytes make an agreement of 940 kB.
const MILESTONES: usize = 920;

/// An IATI file of one activity.
pub fn activity(place: usize, transactions: usize) -> String {
    let mut file = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<iati-activities version="2.03"><iati-activity default-currency="EUR">
<iati-identifier>XI-GREEDY-{place}</iati-identifier>
<reporting-org ref="XI-IATI-EC_INTPA" type="15"><narrative>European Commission</narrative></reporting-org>
<title><narrative>Greedy {place}</narrative></title>
<description><narrative>One activity with very many transactions</narrative></description>
<participating-org role="1" ref="XI-IATI-EC_INTPA"><narrative>European Commission</narrative></participating-org>
<activity-status code="2"/><activity-date type="2" iso-date="2020-01-01"/>
<recipient-country code="TM" percentage="100"/>
"#
    );
    for number in 0..transactions {
        let (day, value) = (number % 28 + 1, 1000 + number);
        let _ = writeln!(
            file,
            r#"<transaction><transaction-type code="3"/><transaction-date iso-date="2022-03-{day:02}"/><value value-date="2022-03-{day:02}">{value}</value></transaction>"#
        );
    }
    file.push_str("</iati-activity></iati-activities>\n");
    file
}

/// Records the project that honest callers read, and a page and more of transactions.
pub async fn projects(
    channel: Channel,
    token: &MetadataValue<Ascii>,
    transactions: usize,
) -> anyhow::Result<()> {
    let mut client = ProjectServiceClient::new(channel);
    let project = Project {
        kind: project::Kind::Project.into(),
        title: "Held".to_owned(),
        source: Some(source()),
        ..Project::default()
    };
    let request = CreateProjectRequest {
        project: Some(project),
        project_id: "held-0".to_owned(),
        ..Default::default()
    };
    client.create_project(authorized(request, token)).await?;
    let options = ImportIatiOptions { file_name: "held.xml".to_owned(), ..Default::default() };
    let mut parts = vec![ImportIatiRequest { part: Some(Part::Options(options)) }];
    let file = activity(1_000, transactions);
    parts.extend(
        file.as_bytes()
            .chunks(CHUNK)
            .map(|chunk| ImportIatiRequest { part: Some(Part::Data(chunk.to_vec())) }),
    );
    client.import_iati(authorized(tokio_stream::iter(parts), token)).await?;
    Ok(())
}

/// Records so many agreements of 940 kB.
pub async fn agreements(
    channel: Channel,
    token: &MetadataValue<Ascii>,
    count: usize,
) -> anyhow::Result<()> {
    let mut client = AgreementServiceClient::new(channel);
    let date = Date { year: 2020, ..Date::default() };
    let date = PartialDate { date: Some(date), ..PartialDate::default() };
    let amended = Milestone {
        kind: milestone::Kind::Amended.into(),
        date: Some(date),
        note: "x".repeat(1000),
        ..Milestone::default()
    };
    for place in 0..count {
        let agreement = Agreement {
            kind: agreement::Kind::EnhancedPartnershipAndCooperation.into(),
            title: format!("Large {place}"),
            milestones: vec![amended.clone(); MILESTONES],
            source: Some(source()),
            ..Agreement::default()
        };
        let request = CreateAgreementRequest {
            agreement: Some(agreement),
            agreement_id: format!("large-{place}"),
            ..Default::default()
        };
        client.create_agreement(authorized(request, token)).await?;
    }
    Ok(())
}

fn source() -> SourceRef {
    SourceRef { citation: "a list".to_owned(), ..SourceRef::default() }
}

fn authorized<T>(message: T, token: &MetadataValue<Ascii>) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", token.clone());
    request
}
