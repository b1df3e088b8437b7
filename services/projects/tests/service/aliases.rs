//! Whoever takes part is found by any name of the organization.

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::{
    CreateOrganizationRequest, ListProjectsRequest, Organization, Participant, Project,
};
use api::registan::r#type::v1::{ExternalId, external_id};

use crate::support::{Running, citation, project, serve};

fn organization(tier: WireTier, iati_ref: &str, former: &str) -> Organization {
    let scheme = external_id::Scheme::Iati.into();
    let former = ExternalId { scheme, value: former.to_owned(), ..ExternalId::default() };
    Organization {
        display_name: "An office".to_owned(),
        tier: tier.into(),
        iati_ref: iati_ref.to_owned(),
        external_ids: vec![former],
        source: Some(citation("a list of organizations")),
        ..Organization::default()
    }
}

/// A project in which somebody takes part, by name or by reference.
async fn with(running: &mut Running, id: &str, organization: &str, reference: &str) {
    let participant = Participant {
        organization: organization.to_owned(),
        r#ref: reference.to_owned(),
        ..Participant::default()
    };
    let project = Project { participants: vec![participant], ..project(id) };
    running.create_project(id, project).await;
}

async fn found(running: &mut Running, filter: &str) -> Vec<String> {
    let request = ListProjectsRequest {
        filter: filter.to_owned(),
        order_by: "title".to_owned(),
        ..ListProjectsRequest::default()
    };
    let found = running.projects.list_projects(request).await.unwrap().into_inner().projects;
    found.into_iter().map(|it| it.title).collect()
}

#[tokio::test]
async fn a_participant_is_found_by_any_name_of_the_organization() {
    testkit::on_both(|url| async move {
        let mut running = serve(&url).await;
        let create = |id: &str, organization| CreateOrganizationRequest {
            organization_id: id.to_owned(),
            organization: Some(organization),
            ..CreateOrganizationRequest::default()
        };
        let office = organization(WireTier::Public, "XI-IATI-NEW", "XI-IATI-OLD");
        running.organizations.create_organization(create("office", office)).await.unwrap();
        let secret = organization(WireTier::Restricted, "QQ-OFFICE", "ZZ-7654321");
        running.organizations.create_organization(create("", secret)).await.unwrap();
        with(&mut running, "a-by-name", "organizations/office", "").await;
        with(&mut running, "b-by-new", "", "XI-IATI-NEW").await;
        with(&mut running, "c-by-old", "", "XI-IATI-OLD").await;
        with(&mut running, "d-other", "", "XI-IATI-ELSE").await;
        with(&mut running, "e-hidden", "", "QQ-OFFICE").await;

        for name in ["organizations/office", "XI-IATI-NEW", "XI-IATI-OLD"] {
            let filter = format!("participants:\"{name}\"");
            let all = ["a-by-name", "b-by-new", "c-by-old"];
            assert_eq!(found(&mut running, &filter).await, all, "{name}");
            let others = found(&mut running, &format!("NOT {filter}")).await;
            assert_eq!(others, ["d-other", "e-hidden"], "{name}");
        }
        assert_eq!(found(&mut running, "participants:\"XI-IATI-ELSE\"").await, ["d-other"]);
        // That somebody hidden is known by both is told to nobody.
        assert_eq!(found(&mut running, "participants:\"QQ-OFFICE\"").await, ["e-hidden"]);
        assert!(found(&mut running, "participants:\"ZZ-7654321\"").await.is_empty());
    })
    .await;
}
