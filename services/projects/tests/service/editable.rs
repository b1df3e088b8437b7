//! Edits of what was imported, whatever its file says.

use std::fs;

use api::registan::options::v1::Tier;
use api::registan::projects::v1::{
    ListProjectsRequest, ListTransactionsRequest, Project, SumTransactionsRequest, Transaction,
    UpdateProjectRequest, UpdateTransactionRequest,
};
use prost_types::FieldMask;
use serde_json::Value;
use tonic::Status;

use crate::import::{changes, file, imported, paid, rules};
use crate::support::{Running, country, messages, on_both, sector, serve, violations};

fn mask(paths: &[&str]) -> FieldMask {
    FieldMask { paths: paths.iter().map(|&path| path.to_owned()).collect() }
}

/// Takes these fields of a project.
async fn update(running: &mut Running, project: Project, paths: &[&str]) -> Result<(), Status> {
    let request = UpdateProjectRequest {
        project: Some(project),
        update_mask: Some(mask(paths)),
        ..UpdateProjectRequest::default()
    };
    running.projects.update_project(request).await.map(|_| ())
}

/// Every project, page by page.
async fn all(running: &mut Running) -> Vec<Project> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListProjectsRequest { page_size: 100, page_token, ..Default::default() };
        let page = running.projects.list_projects(request).await.unwrap().into_inner();
        all.extend(page.projects);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

async fn transactions(running: &mut Running) -> Vec<Transaction> {
    let parent = "projects/-".to_owned();
    let request = ListTransactionsRequest { parent, ..ListTransactionsRequest::default() };
    running.transactions.list_transactions(request).await.unwrap().into_inner().transactions
}

#[tokio::test]
async fn every_project_of_a_published_file_can_be_hidden() {
    let Some(data) = testkit::shared_data() else { return };
    let text = fs::read_to_string(data.join("EXPECTED.json")).unwrap();
    let published: Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&String> = published["iati"].as_object().unwrap().keys().collect();
    on_both(|url| {
        let (data, names) = (&data, &names);
        async move {
            let mut running = serve(&url).await;
            for name in names {
                let file = fs::read(data.join(name)).unwrap();
                running.try_import(messages(name, false, &file)).await.unwrap();
            }

            let projects = all(&mut running).await;
            assert!(projects.len() > 300, "{}", projects.len());
            for project in projects {
                let hidden = Project { tier: Tier::Restricted.into(), ..project };
                let request = UpdateProjectRequest {
                    project: Some(hidden.clone()),
                    update_mask: Some(mask(&["tier"])),
                    validate_only: true,
                    ..UpdateProjectRequest::default()
                };
                let answer = running.projects.update_project(request).await;
                let mut answer = answer.unwrap_or_else(|refusal| {
                    panic!("{}: {:?}", hidden.name, violations(&refusal))
                });
                let mut answer = std::mem::take(answer.get_mut());
                answer.etag.clone_from(&hidden.etag);
                assert_eq!(answer, hidden);
            }
        }
    })
    .await;
}

/// A file of an activity whose shares and codes break rules of the contract.
fn breaking() -> String {
    file("")
        .replace(r#"code="KG" percentage="60""#, r#"code="JJ" percentage="60.0000000000""#)
        .replace(r#"code="TJ" percentage="40""#, r#"code="tj" percentage="33.33333333333""#)
}

#[tokio::test]
async fn a_rule_that_a_file_breaks_stops_only_an_update_of_that_field() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let report = running.import(breaking().as_bytes()).await;
        let water = Project { etag: "*".to_owned(), ..imported(&mut running).await.remove(0) };

        let mut found = rules(&report);
        found.sort_unstable();
        assert_eq!(found, ["country-repaired", "country-unknown", "percentage-sum"]);
        let recorded = [country("JJ", "60"), country("TJ", "33.333333333")];
        assert_eq!(water.recipients, recorded);

        let titled = Project { title: "Wells".to_owned(), ..water.clone() };
        update(&mut running, titled, &["title"]).await.unwrap();
        let other = Project { recipients: vec![country("JJ", "70")], ..water.clone() };
        let refusal = update(&mut running, other, &["recipients"]).await.unwrap_err();
        let broken = Project { sectors: vec![sector("", "")], ..water.clone() };
        let elsewhere = update(&mut running, broken, &["sectors"]).await.unwrap_err();
        let repaired = Project { recipients: vec![country("TJ", "100")], ..water };
        update(&mut running, repaired, &["recipients"]).await.unwrap();

        let named = |refusal: &Status| {
            let named = violations(refusal).into_iter();
            named.map(|(field, reason)| format!("{field} {reason}")).collect::<Vec<_>>()
        };
        assert_eq!(
            named(&refusal),
            [
                "project.recipients[0].country_code COUNTRY_INVALID",
                "project.recipients PERCENTAGE_SUM"
            ]
        );
        assert_eq!(named(&elsewhere), ["project.sectors[0].code REQUIRED"]);
        let after = imported(&mut running).await;
        assert_eq!(after.iter().filter(|it| it.title == "Wells").count(), 1);
    })
    .await;
}

/// Money of a country in small letters, as a transaction or as its project says it.
#[tokio::test]
async fn a_country_in_small_letters_is_recorded_in_capitals_and_summed() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let own = paid("7", "2023-01-01")
            .replace("</receiver-org>", r#"</receiver-org><recipient-country code="kz"/>"#);
        let file = file(&(own + &paid("100", "2023-02-01"))).replace(r#""KG""#, r#""kg""#);

        let first = running.import(file.as_bytes()).await;
        let second = running.import(file.as_bytes()).await;

        assert_eq!(rules(&first), ["country-repaired"; 2], "{:?}", first.findings);
        assert_eq!(changes(&second), [0, 0, 2, 0, 0, 0]);
        for (code, amount) in [("KZ", "7"), ("KG", "60")] {
            let request = SumTransactionsRequest {
                recipients: vec![code.to_owned()],
                ..SumTransactionsRequest::default()
            };
            let sums = running.sums(request).await;
            assert_eq!(sums.iter().map(|it| it.amount.as_str()).collect::<Vec<_>>(), [amount]);
        }
        let found = transactions(&mut running).await;
        let own = found.into_iter().find(|it| !it.recipients.is_empty()).unwrap();
        assert_eq!(own.recipients, [country("KZ", "")]);
        let request = UpdateTransactionRequest {
            transaction: Some(Transaction { r#ref: "W-7".to_owned(), ..own }),
            update_mask: Some(mask(&["ref"])),
            ..UpdateTransactionRequest::default()
        };
        running.transactions.update_transaction(request).await.unwrap();
    })
    .await;
}
