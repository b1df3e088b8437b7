//! Organisations without an identifier are found by their names as published.

use api::registan::projects::v1::{
    ListProjectsRequest, ListTransactionsRequest, ListTransactionsResponse, Participant, Project,
    SumTransactionsRequest, TransactionParty,
};

use crate::support::{Running, disbursement, on_both, project, serve, with_unhcr};

async fn projects(running: &mut Running, filter: &str) -> Vec<String> {
    let request = ListProjectsRequest {
        filter: filter.to_owned(),
        order_by: "title".to_owned(),
        page_size: 1000,
        ..ListProjectsRequest::default()
    };
    let found = running.projects.list_projects(request).await.unwrap().into_inner().projects;
    found.into_iter().map(|it| it.title).collect()
}

async fn transactions(running: &mut Running, filter: &str) -> ListTransactionsResponse {
    let request = ListTransactionsRequest {
        parent: "projects/-".to_owned(),
        filter: filter.to_owned(),
        page_size: 1000,
        ..ListTransactionsRequest::default()
    };
    running.transactions.list_transactions(request).await.unwrap().into_inner()
}

async fn sums(running: &mut Running, filter: &str, participant: &str) -> Vec<String> {
    let request = SumTransactionsRequest {
        filter: filter.to_owned(),
        participant: participant.to_owned(),
        ..SumTransactionsRequest::default()
    };
    running.sums(request).await.into_iter().map(|sum| sum.amount).collect()
}

#[tokio::test]
async fn who_has_only_a_name_is_found_by_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for (id, reference, name) in [
            ("a-name", "", "Private Donors"),
            ("b-accents", "", "Prívate  donors"),
            ("c-both", "XI-1", "Private donors"),
            ("d-names-a-resource", "", "organizations/donors"),
            ("e-has-no-letters", "", "***"),
            ("f-is-long", "", &"长1".repeat(255)),
        ] {
            let participant = Participant {
                r#ref: reference.to_owned(),
                display_name: name.to_owned(),
                ..Participant::default()
            };
            let project = Project { participants: vec![participant], ..project(id) };
            running.create_project(id, project).await;
            let party = TransactionParty {
                r#ref: reference.to_owned(),
                display_name: name.to_owned(),
                ..TransactionParty::default()
            };
            let mut moved = disbursement(&reference.len().max(1).to_string(), 1);
            (moved.provider, moved.receiver) = (Some(party.clone()), Some(party));
            running.create_transaction(&format!("projects/{id}"), moved).await;
        }

        for asked in ["Private donors", "private DONORS"] {
            let found = projects(&mut running, &format!("participants:\"{asked}\"")).await;
            assert_eq!(found, ["a-name"], "{asked}");
            assert_eq!(sums(&mut running, "", asked).await, ["1"], "{asked}");
            for side in ["provider", "receiver"] {
                let filter = format!("{side}:\"{asked}\"");
                let found = transactions(&mut running, &filter).await.transactions;
                let names: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
                assert!(matches!(names[..], [name] if name.starts_with("projects/a-name/")));
                assert_eq!(sums(&mut running, &filter, "").await, ["1"], "{filter}");
            }
        }
        assert_eq!(projects(&mut running, "participants:\"XI-1\"").await, ["c-both"]);
    })
    .await;
}

/// As many as an independent reader finds.
#[tokio::test]
async fn nameless_organizations_of_a_published_file_are_found() {
    with_unhcr(|mut running| async move {
        let union = "provider:\"European Union\"";
        assert_eq!(transactions(&mut running, union).await.transactions.len(), 92);
        let donors = projects(&mut running, "participants:\"Private donors\"").await;
        assert_eq!(donors.len(), 133);
    })
    .await;
}
