//! Organizations and projects: the standard methods, the rules, the references.

use std::time::Duration;

use api::registan::projects::v1::{
    CreateOrganizationRequest, GetProjectRequest, ListProjectsRequest, Organization, Participant,
    Project, ProjectDate, UpdateProjectRequest, project, project_date,
};
use api::registan::r#type::v1::{Date, LocalizedText, PartialDate};
use tonic::Code;

use crate::support::{
    Running, citation, country, on_both, project, reason, recording, sector, serve, violations,
};

fn started(mut project: Project, kind: project_date::Kind, year: i32) -> Project {
    let date = Some(Date { year, month: 5, day: 0 });
    project.dates.push(ProjectDate {
        kind: kind.into(),
        date: Some(PartialDate { date, ..PartialDate::default() }),
    });
    project
}

async fn titles(running: &mut Running, filter: &str, order_by: &str) -> String {
    let request = ListProjectsRequest {
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        ..ListProjectsRequest::default()
    };
    let projects = running.projects.list_projects(request).await.unwrap().into_inner().projects;
    projects.into_iter().map(|project| project.title).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_project_comes_back_as_it_was_recorded() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut wanted = started(project("Water"), project_date::Kind::PlannedStart, 2020);
        wanted.recipients = vec![country("KG", "60"), country("TJ", "40")];
        wanted.sectors = vec![sector("14020", "100.00")];
        wanted.agreements = vec!["agreements/epca".to_owned()];
        wanted.status = project::Status::Closed.into();

        let created = running.create_project("water", wanted.clone()).await;
        let get = GetProjectRequest {
            name: "projects/water".to_owned(),
            read_time: None,
            known_by: None,
        };
        let got = running.projects.get_project(get).await.unwrap().into_inner();

        assert_eq!(got, created);
        assert_eq!(got.recipients, wanted.recipients);
        assert_eq!(
            (got.sectors[0].vocabulary.as_str(), got.sectors[0].percentage.as_str()),
            ("1", "100.00")
        );
        assert_eq!((got.dates, got.agreements, got.status), (wanted.dates, wanted.agreements, 4));
    })
    .await;
}

#[tokio::test]
async fn projects_are_found_by_what_the_contract_says() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut water = started(project("Water"), project_date::Kind::PlannedStart, 2019);
        water = started(water, project_date::Kind::ActualStart, 2021);
        water.recipients = vec![country("KG", "")];
        water.iati_identifier = "XI-1".to_owned();
        water.status = project::Status::Closed.into();
        let mut roads = started(project("Roads"), project_date::Kind::PlannedStart, 2020);
        roads.sectors = vec![sector("21020", "")];
        roads.participants =
            vec![Participant { r#ref: "XI-IATI-EC_INTPA".to_owned(), ..Participant::default() }];
        let mut parks = project("Parks");
        parks.kind = project::Kind::Pledge.into();
        for (id, one) in [("water", water), ("roads", roads), ("parks", parks)] {
            running.create_project(id, one).await;
        }

        for (filter, order_by, wanted) in [
            ("", "start", "Parks Roads Water"),
            ("", "title desc", "Water Roads Parks"),
            ("start >= \"2021-01-01\"", "", "Water"),
            ("recipients:KG", "", "Water"),
            ("sectors:21020", "", "Roads"),
            ("participants:\"XI-IATI-EC_INTPA\"", "", "Roads"),
            ("iati_identifier = \"XI-1\"", "", "Water"),
            ("kind = PLEDGE", "", "Parks"),
            ("status = CLOSED", "", "Water"),
            ("status != CLOSED", "", ""),
            ("NOT status = CLOSED", "title", "Parks Roads"),
        ] {
            assert_eq!(titles(&mut running, filter, order_by).await, wanted, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_violation_of_a_project_is_named_at_once() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut bad = project("");
        bad.recipients = vec![country("KG", "60"), country("TJ", "30")];
        bad.sectors = vec![sector("", "101"), sector("14020", "1e2")];
        bad.recipients[1].region_code = "619".to_owned();
        bad.default_currency = "euro".to_owned();
        bad.participants = vec![Participant::default()];

        let refusal = running.projects.create_project(recording("bad", bad)).await.unwrap_err();

        let expected = [
            ("project.title", "REQUIRED"),
            ("project.sectors[0].code", "REQUIRED"),
            ("project.sectors[0].percentage", "PERCENTAGE_INVALID"),
            ("project.sectors[1].percentage", "PERCENTAGE_INVALID"),
            ("project.default_currency", "TOO_LONG"),
            ("project.default_currency", "CURRENCY_INVALID"),
            ("project.participants[0]", "REQUIRED"),
            ("project.recipients[1].country_code", "COUNTRY_OR_REGION"),
            ("project.recipients", "PERCENTAGE_SUM"),
        ];
        let expected: Vec<_> =
            expected.iter().map(|(field, why)| ((*field).to_owned(), (*why).to_owned())).collect();
        assert_eq!(violations(&refusal), expected);
    })
    .await;
}

#[tokio::test]
async fn shares_of_thirds_are_taken_and_unsaid_ones_too() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut thirds = project("Thirds");
        thirds.recipients =
            vec![country("KG", "33.33"), country("TJ", "33.33"), country("UZ", "33.33")];
        let mut unsaid = project("Unsaid");
        unsaid.recipients = vec![country("KG", ""), country("TJ", "")];

        running.create_project("thirds", thirds).await;
        running.create_project("unsaid", unsaid).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_project_refers_to_must_exist() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let missing = |field: &str| {
            let mut one = project("Links");
            match field {
                "agreements[0]" => one.agreements = vec!["agreements/none".to_owned()],
                "frameworks[0]" => {
                    one.frameworks = vec!["frameworks/none/priorities/p1".to_owned()];
                }
                _ => {
                    one.participants = vec![Participant {
                        organization: "organizations/none".to_owned(),
                        ..Participant::default()
                    }];
                }
            }
            recording("links", one)
        };

        for field in ["agreements[0]", "frameworks[0]", "participants[0].organization"] {
            let refusal = running.projects.create_project(missing(field)).await.unwrap_err();
            assert_eq!(
                (refusal.code(), reason(&refusal).as_str()),
                (Code::FailedPrecondition, "REFERENCE_MISSING"),
                "{field}"
            );
        }
        let organization = Organization {
            display_name: "An agency".to_owned(),
            source: Some(citation("a list")),
            ..Organization::default()
        };
        let request = CreateOrganizationRequest {
            organization: Some(organization),
            organization_id: "none".to_owned(),
            ..CreateOrganizationRequest::default()
        };
        running.organizations.create_organization(request).await.unwrap();
        running.projects.create_project(missing("participants")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn without_agreements_links_are_refused_and_the_rest_is_served() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.agreements = None;
        let mut linked = project("Linked");
        linked.agreements = vec!["agreements/epca".to_owned()];

        let refusal =
            running.projects.create_project(recording("linked", linked)).await.unwrap_err();

        assert_eq!(refusal.code(), Code::Unavailable);
        running.create_project("free", project("Free")).await;
        assert_eq!(titles(&mut running, "", "").await, "Free");
    })
    .await;
}

#[tokio::test]
async fn an_update_changes_only_what_it_names() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let created = running.create_project("water", project("Water")).await;
        let request = UpdateProjectRequest {
            project: Some(Project {
                name: "projects/water".to_owned(),
                etag: created.etag.clone(),
                note: "A dam".to_owned(),
                ..Project::default()
            }),
            ..UpdateProjectRequest::default()
        };

        let updated = running.projects.update_project(request.clone()).await.unwrap().into_inner();
        let stale = running.projects.update_project(request).await.unwrap_err();

        assert_eq!((updated.title.as_str(), updated.note.as_str()), ("Water", "A dam"));
        assert_eq!(reason(&stale), "ETAG_MISMATCH");
    })
    .await;
}

#[tokio::test]
async fn what_another_service_keeps_must_exist_to_be_asked_for_and_finds_what_lies_below() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut water = project("Water");
        water.agreements = vec!["agreements/epca".to_owned()];
        water.iati_identifier = "XI-IATI-EC_INTPA-2019/405-054".to_owned();
        water.recipients = vec![country("KG", "")];
        running.create_project("water", water).await;
        let list = |filter: &str| ListProjectsRequest {
            filter: filter.to_owned(),
            ..ListProjectsRequest::default()
        };

        for filter in [
            "agreements:\"agreements/epca\"",
            "external_ids:\"xi-iati-ec-intpa-2019/405-54\"",
            "iati_identifier = \"xi-iati-ec_intpa-2019/405-054\"",
            "iati_identifier:\"2019/405\"",
            "recipients:kg",
            "recipients:\"parties/kg\"",
        ] {
            assert_eq!(titles(&mut running, filter, "").await, "Water", "{filter}");
        }
        for (filter, wanted) in [
            ("agreements:epca", "FILTER_INVALID"),
            ("recipients:kyrgyzstan", "FILTER_INVALID"),
            ("agreements:\"agreements/epcb\"", "FILTER_NAMES_NOTHING"),
            ("relations:\"projects/nowhere\"", "FILTER_NAMES_NOTHING"),
        ] {
            let refusal = running.projects.list_projects(list(filter)).await.unwrap_err();
            assert_eq!(
                (refusal.code(), reason(&refusal).as_str()),
                (Code::InvalidArgument, wanted)
            );
        }
        // Where the other service does not answer, the list is empty, and true.
        drop(running.agreements.take());
        let unknown = list("agreements:\"agreements/epcb\"");
        let stopped = tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                // It takes calls until it has said that it stops.
                match running.projects.list_projects(unknown.clone()).await {
                    Ok(answer) => return answer.into_inner().projects,
                    Err(refusal) => assert_eq!(reason(&refusal), "FILTER_NAMES_NOTHING"),
                }
            }
        });
        assert_eq!(stopped.await, Ok(vec![]));
    })
    .await;
}

/// Once, the limit of an import held for all methods on projects.
#[tokio::test]
async fn a_project_of_more_than_a_mib_is_refused() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let text = LocalizedText { text: "w".repeat(65_000), ..LocalizedText::default() };
        let long = Project { descriptions: vec![text; 24], ..project("Long") };

        let refusal = running.projects.create_project(recording("long", long)).await.unwrap_err();

        assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal:?}");
        assert_eq!(reason(&refusal), "REQUEST_TOO_LARGE");
    })
    .await;
}
