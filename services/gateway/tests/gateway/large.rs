//! Resources as large as a service takes, through the gateway, by clients that take no more than 4
//! MiB at a time.

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::{
    Agreement, AgreementParty, CreateAgreementRequest, ListFrameworksRequest, Milestone, Party,
    Priority, agreement, agreement_party, milestone, party,
};
use api::registan::partnership::v1::GetBriefRequest;
use api::registan::partnership::v1::part_status::Completeness;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{
    ExportProjectsRequest, ListProjectRevisionsRequest, Project, ProjectDate, UpdateProjectRequest,
    project_date,
};
use api::registan::r#type::v1::{Date, LocalizedText, PartialDate};

use crate::record::{Record, citation, framework, project};

/// More than one answer has room for.
const PROJECTS: usize = 6;
const FRAMEWORKS: usize = 6;
const UPDATES: usize = 5;

/// Some 900 kB.
fn texts(letter: &str) -> Vec<LocalizedText> {
    let text = LocalizedText {
        language_code: "en".to_owned(),
        text: letter.repeat(60_000),
        ..LocalizedText::default()
    };
    vec![text; 15]
}

async fn projects(record: &Record) {
    let mut projects = ProjectServiceClient::new(record.channel());
    for place in 0..PROJECTS {
        let mut request = project(place, "kz");
        if let Some(project) = &mut request.project {
            project.descriptions = texts("x");
        }
        projects.create_project(request).await.expect("it is recorded");
    }
    for letter in ["a", "b", "c", "d", "e"] {
        let changed = Project {
            name: "projects/p0".to_owned(),
            etag: "*".to_owned(),
            descriptions: texts(letter),
            ..Project::default()
        };
        let request = UpdateProjectRequest { project: Some(changed), ..Default::default() };
        projects.update_project(request).await.expect("it is recorded");
    }
}

/// Two agreements with the Union whose milestones alone come to more than a legal basis may hold.
async fn agreements(record: &Record) {
    let union = Party {
        kind: party::Kind::Union.into(),
        display_name: "The Union".to_owned(),
        source: Some(citation()),
        ..Party::default()
    };
    record.create_party("eu", union).await;
    let part = |party: &str| AgreementParty {
        party: format!("parties/{party}"),
        role: agreement_party::Role::Contracting.into(),
    };
    let long = || Milestone {
        kind: milestone::Kind::Amended.into(),
        date: Some(PartialDate {
            date: Some(Date { year: 2020, ..Date::default() }),
            ..PartialDate::default()
        }),
        note: "x".repeat(1000),
        ..Milestone::default()
    };
    for place in 0..2 {
        let agreement = Agreement {
            kind: agreement::Kind::PartnershipAndCooperation.into(),
            title: format!("Agreement {place}"),
            parties: vec![part("eu"), part("kz")],
            milestones: std::iter::repeat_with(long).take(880).collect(),
            source: Some(citation()),
            ..Agreement::default()
        };
        let request = CreateAgreementRequest {
            agreement: Some(agreement),
            agreement_id: format!("a{place}"),
            ..CreateAgreementRequest::default()
        };
        let mut agreements = AgreementServiceClient::new(record.channel());
        agreements.create_agreement(request).await.expect("it is recorded");
    }
}

#[tokio::test]
async fn large_resources_are_read_by_every_way() {
    let record = Record::start().await;
    projects(&record).await;
    agreements(&record).await;
    let mut projects = ProjectServiceClient::new(record.channel());

    let request = ExportProjectsRequest::default();
    let mut export = projects.export_projects(request).await.unwrap().into_inner();
    let mut exported = 0;
    while export.message().await.unwrap().is_some() {
        exported += 1;
    }
    assert_eq!(exported, PROJECTS);

    let mut request =
        ListProjectRevisionsRequest { name: "projects/p0".to_owned(), ..Default::default() };
    let mut revisions = 0;
    loop {
        let page = projects.list_project_revisions(request.clone()).await.unwrap().into_inner();
        revisions += page.revisions.len();
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(revisions, 1 + UPDATES);

    let request = GetBriefRequest { party: "parties/kz".to_owned(), ..Default::default() };
    let mut gateway = PartnershipServiceClient::new(record.channel());
    let brief = gateway.get_brief(request).await.unwrap().into_inner();
    let (law, money) = (brief.law.unwrap(), brief.money.unwrap());
    let money_status = money.status.unwrap();
    assert_eq!(money_status.completeness(), Completeness::Complete, "{}", money_status.reason);
    assert_eq!(money.projects.len(), PROJECTS);
    let law_status = law.status.unwrap();
    assert_eq!(law_status.completeness(), Completeness::Partial);
    assert!(law_status.reason.contains("larger than an answer"), "{}", law_status.reason);
    assert!(law.party.is_some() && law.legal_basis.is_none());
    assert!(brief.rights.unwrap().status.unwrap().reason.is_empty());
}

fn day(year: i32) -> Date {
    Date { year, month: 5, day: 1 }
}

/// Frameworks that come to more than a page, all of a past day, and a project that serves them.
async fn frameworks(record: &Record) {
    let priority = |number: usize| Priority {
        priority_id: format!("p{number}"),
        title: "x".repeat(1000),
        ..Priority::default()
    };
    let mut frameworks = FrameworkServiceClient::new(record.channel());
    for place in 0..FRAMEWORKS {
        let mut request = framework(place, "kz");
        let fields = request.framework.as_mut().expect("there is one");
        fields.priorities = (0..900).map(priority).collect();
        fields.adopted = Some(PartialDate { date: Some(day(2020)), ..PartialDate::default() });
        frameworks.create_framework(request).await.expect("it is recorded");
    }
    let mut request = project(0, "kz");
    let serves = (0..FRAMEWORKS).map(|place| format!("frameworks/f{place}"));
    let fields = request.project.as_mut().expect("there is one");
    fields.frameworks = serves.collect();
    let date = Some(PartialDate { date: Some(day(2019)), ..PartialDate::default() });
    fields.dates = vec![ProjectDate { kind: project_date::Kind::Announced.into(), date }];
    let mut projects = ProjectServiceClient::new(record.channel());
    projects.create_project(request).await.expect("it is recorded");
}

#[tokio::test]
async fn frameworks_of_all_pages_are_named() {
    let record = Record::start().await;
    frameworks(&record).await;
    let request = ListFrameworksRequest { page_size: 1000, ..ListFrameworksRequest::default() };
    let mut client = FrameworkServiceClient::new(record.channel());
    let first = client.list_frameworks(request).await.unwrap().into_inner();
    assert!(!first.next_page_token.is_empty(), "else there is nothing to test");

    let as_of = Some(day(2021));
    let request = GetBriefRequest { party: "parties/kz".to_owned(), as_of, ..Default::default() };
    let mut gateway = PartnershipServiceClient::new(record.channel());
    let money = gateway.get_brief(request).await.unwrap().into_inner().money.unwrap();

    let status = money.status.unwrap();
    assert_eq!(status.completeness(), Completeness::Complete, "{}", status.reason);
    assert_eq!(money.projects[0].frameworks.len(), FRAMEWORKS);
}
