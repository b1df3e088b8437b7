//! One search over the three services, in one ranking, page after page.

use std::time::Duration;

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::{
    Agreement, AgreementParty, CreateAgreementRequest, Party, PartyName, agreement, party,
};
use api::registan::options::v1::Tier;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{CreateProjectRequest, Project, UpdateProjectRequest, project};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::search::v1::search_service_client::SearchServiceClient;
use api::registan::search::v1::{SearchHit, SearchRequest, SearchResponse};
use api::registan::r#type::v1::ExternalId;
use api::registan::r#type::v1::external_id::Scheme;
use chassis::client::Connection;
use prost_types::{FieldMask, Timestamp};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::record::{Record, activity, citation};

async fn start() -> Record {
    let record = Record::start().await;
    let name = |text: &str| PartyName { text: text.to_owned(), ..PartyName::default() };
    let party = Party {
        kind: party::Kind::State.into(),
        display_name: "Kyrgyzstan".to_owned(),
        official_name: "Kyrgyz Republic".to_owned(),
        names: vec![name("Кыргызстан"), name("Kirghiz Republic")],
        country_code: "KG".to_owned(),
        source: Some(citation()),
        ..Party::default()
    };
    record.create_party("kg", party).await;
    agree(&record, "pca").await;
    for number in 0..7 {
        let title = format!("Partnership{} {number}", " more".repeat(number));
        create(&record, &format!("p{number}"), &title).await;
    }
    record
}

/// An agreement with Kyrgyzstan, which is found by the names of that.
async fn agree(record: &Record, id: &str) {
    let celex = ExternalId {
        scheme: Scheme::Celex.into(),
        value: "21999A0727(01)".to_owned(),
        ..ExternalId::default()
    };
    let kg = AgreementParty { party: "parties/kg".to_owned(), ..AgreementParty::default() };
    let agreement = Agreement {
        kind: agreement::Kind::PartnershipAndCooperation.into(),
        title: "Agreement establishing a partnership".to_owned(),
        parties: vec![kg],
        external_ids: vec![celex],
        source: Some(citation()),
        ..Agreement::default()
    };
    let request = CreateAgreementRequest {
        agreement: Some(agreement),
        agreement_id: id.to_owned(),
        ..CreateAgreementRequest::default()
    };
    let mut agreements = AgreementServiceClient::new(record.channel());
    agreements.create_agreement(request).await.expect("it is created");
}

async fn ask(record: &Record, request: SearchRequest) -> Result<SearchResponse, Status> {
    let mut client = SearchServiceClient::new(record.channel());
    client.search(request).await.map(tonic::Response::into_inner)
}

fn words(query: &str) -> SearchRequest {
    SearchRequest { query: query.to_owned(), ..SearchRequest::default() }
}

/// All hits, by pages of a size.
async fn pages(record: &Record, query: &str, page_size: i32) -> Vec<SearchHit> {
    let (mut request, mut all) = (SearchRequest { page_size, ..words(query) }, Vec::new());
    loop {
        let page = ask(record, request.clone()).await.expect("it is answered");
        all.extend(page.hits);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// A page token of the query `water` without kinds: 4294967295 hits of agreements were sent.
const FAR: &str =
    "CgcKBXdhdGVyEhIKCmFncmVlbWVudHMY_____w8SCgoIcHJvamVjdHMSEgoQcmlnaHRzLXJlcG9ydGluZw";

#[tokio::test]
async fn what_all_services_have_is_found_in_one_order() {
    let mut record = start().await;
    for query in ["Кыргызстан", "Kirghiz", "Kyrgyz Republic", "21999a0727 (01)", "ESTABLISHED"]
    {
        let request = SearchRequest { kinds: vec!["agreement".to_owned()], ..words(query) };
        let found = ask(&record, request).await.expect("it is answered");
        let names: Vec<&str> = found.hits.iter().map(|hit| &*hit.name).collect();
        assert_eq!(names, ["agreements/pca"], "{query}");
    }

    let whole = pages(&record, "partnership", 100).await;
    let names: Vec<&str> = whole.iter().map(|hit| &*hit.name).collect();
    assert_eq!(names.len(), 8, "{names:?}");
    assert_eq!(names[0], "projects/p0");
    assert!(
        whole.is_sorted_by(|one, other| { (-one.score, &one.name) <= (-other.score, &other.name) })
    );
    assert!(names[1..7].contains(&"agreements/pca"), "it lies between projects: {names:?}");
    for size in [1, 3] {
        assert_eq!(pages(&record, "partnership", size).await, whole, "by {size}");
    }

    let first = ask(&record, SearchRequest { page_size: 1, ..words("partnership") }).await;
    let page_token = first.expect("it is answered").next_page_token;
    let other = SearchRequest { page_token, ..words("water") };
    assert_eq!(ask(&record, other).await.map_err(|it| it.code()), Err(Code::InvalidArgument));
    let kinds =
        |kind: &str, times| SearchRequest { kinds: vec![kind.to_owned(); times], ..words("water") };
    assert!(ask(&record, kinds("agreement", 64)).await.is_ok(), "one kind, named again and again");
    let refusal = ask(&record, kinds("grant", 1)).await.expect_err("grants have no words");
    assert!(refusal.message().contains("known are: act, activity, agreement, "), "{refusal}");
    // A token of ours that says that more was sent of a page than any has.
    let far = SearchRequest { page_token: FAR.to_owned(), ..words("water") };
    for wrong in [words(""), kinds("x", 1), kinds("agreement", 65), far] {
        assert_eq!(ask(&record, wrong).await.map_err(|it| it.code()), Err(Code::InvalidArgument));
    }

    record.stop_projects().await;
    let rest = ask(&record, words("partnership")).await.expect("it is answered");
    assert_eq!(rest.missing, ["projects"]);
    assert_eq!(rest.hits.len(), 1);
    assert!(rest.next_page_token.is_empty(), "what is there was sent");
    assert_eq!(pages(&record, "partnership", 1).await.len(), 1, "and its pages end");
}

/// A project that the tests search for, and hide.
async fn create(record: &Record, id: &str, title: &str) -> Project {
    let project = Project {
        kind: project::Kind::Project.into(),
        title: title.to_owned(),
        source: Some(citation()),
        ..Project::default()
    };
    let request = CreateProjectRequest {
        project: Some(project),
        project_id: id.to_owned(),
        ..CreateProjectRequest::default()
    };
    let mut projects = ProjectServiceClient::new(record.channel());
    projects.create_project(request).await.expect("it is created").into_inner()
}

fn names(hits: &[SearchHit]) -> Vec<&str> {
    hits.iter().map(|hit| &*hit.name).collect()
}

/// Once, the pages were counted, and a hit that was hidden between two took another with it.
#[tokio::test]
async fn what_is_hidden_or_shown_between_two_pages_moves_no_other_hit() {
    let record = start().await;
    let hidden = create(&record, "hidden", "Partnership").await;
    let anonymous = Connection::to(&format!("http://{}", record.gateway.address)).unwrap();
    let mut reader = SearchServiceClient::new(anonymous);
    let raise = async |name: &str| {
        let project =
            Project { name: name.to_owned(), tier: Tier::Restricted.into(), ..Project::default() };
        let request = UpdateProjectRequest {
            project: Some(project),
            update_mask: Some(FieldMask { paths: vec!["tier".to_owned()] }),
            ..UpdateProjectRequest::default()
        };
        let mut projects = ProjectServiceClient::new(record.channel());
        projects.update_project(request).await.expect("it is hidden");
    };
    let request = SearchRequest { page_size: 3, ..words("partnership") };
    let first = reader.search(request.clone()).await.unwrap().into_inner();
    assert_eq!(names(&first.hits)[0], hidden.name);

    raise(&hidden.name).await;

    let (mut all, mut page_token) = (first.hits, first.next_page_token);
    // Who may see it goes on with the same token: it is not shown again, nor is another.
    let request = SearchRequest { page_token: page_token.clone(), ..request };
    let of_editor = ask(&record, request.clone()).await.unwrap().hits;
    while !page_token.is_empty() {
        let request = SearchRequest { page_token, ..request.clone() };
        let page = reader.search(request).await.unwrap().into_inner();
        all.extend(page.hits);
        page_token = page.next_page_token;
    }
    assert_eq!(of_editor, all[3..6]);
    let whole = pages(&record, "partnership", 100).await;
    assert_eq!(names(&all), names(&whole));
}

#[tokio::test]
async fn the_instant_of_the_first_page_holds_for_a_service_that_was_away() {
    let mut record = start().await;
    let before = create(&record, "before", "Kirghiz water").await;
    let read_time = before.update_time;
    create(&record, "after", "Kirghiz water").await;
    record.stop_projects().await;
    let request = SearchRequest { page_size: 1, read_time, ..words("kirghiz") };
    let first = ask(&record, request).await.unwrap();
    assert_eq!(first.missing, ["projects"]);
    record.start_projects().await;

    // The instant may be left out with a token.
    let rest = rest(&record, first.next_page_token, 1).await;

    assert!(names(&rest).contains(&"projects/before"), "{rest:?}");
    assert!(!names(&rest).contains(&"projects/after"), "{rest:?}");
}

/// The hits of all pages after one, of so many each, once all services answer.
async fn rest(record: &Record, mut page_token: String, page_size: i32) -> Vec<SearchHit> {
    let mut rest = Vec::new();
    while !page_token.is_empty() {
        let request = SearchRequest { page_size, page_token, ..words("kirghiz") };
        let page = loop {
            let page = ask(record, request.clone()).await.expect("some service answers");
            if page.missing.is_empty() {
                break page;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        rest.extend(page.hits);
        page_token = page.next_page_token;
    }
    rest
}

/// Once, smaller pages after a failure began the service that had failed anew.
#[tokio::test]
async fn nothing_is_sent_twice_where_a_service_fails_and_pages_become_smaller() {
    let mut record = start().await;
    for number in 0..12 {
        create(&record, &format!("water-{number}"), "Kirghiz water").await;
    }
    agree(&record, "pcb").await;
    let request = SearchRequest { page_size: 10, ..words("kirghiz") };
    let first = ask(&record, request).await.unwrap();
    record.stop_projects().await;
    let page_token = first.next_page_token.clone();
    let request = SearchRequest { page_size: 1, page_token, ..words("kirghiz") };
    let second = ask(&record, request).await.unwrap();
    assert_eq!(second.missing, ["projects"]);
    record.start_projects().await;

    let rest = rest(&record, second.next_page_token, 1).await;

    let all: Vec<SearchHit> = [first.hits, second.hits, rest].concat();
    let (mut found, count) = (names(&all), all.len());
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), count, "{found:?}");
    assert!((0..12).all(|it| found.contains(&&*format!("projects/water-{it}"))), "{found:?}");
}

/// Once, it was said to lie before the record, though one that did not answer may have known it.
#[tokio::test]
async fn an_instant_is_refused_only_if_it_is_wrong_for_all_services() {
    let mut record = start().await;
    let mut activities = ActivityServiceClient::new(record.channel());
    activities.create_activity(activity(0, "kz")).await.expect("each record has begun");
    let at = |seconds| SearchRequest {
        read_time: Some(Timestamp { seconds, nanos: 0 }),
        ..words("partnership")
    };
    let (early, late) = (at(1), at(4_102_444_800));
    let told = async |record: &Record, request: &SearchRequest| {
        let refusal = ask(record, request.clone()).await.expect_err("nothing is found");
        (refusal.code(), refusal.get_details_error_info().expect("a reason").reason)
    };
    let wrong = [
        (Code::OutOfRange, "READ_TIME_BEFORE_RECORD"),
        (Code::InvalidArgument, "READ_TIME_INVALID"),
    ];
    for (request, (code, reason)) in [&early, &late].into_iter().zip(wrong) {
        assert_eq!(told(&record, request).await, (code, reason.to_owned()));
    }

    record.stop_projects().await;

    for request in [&early, &late] {
        let unknown = (Code::Unavailable, "SERVICE_UNAVAILABLE".to_owned());
        assert_eq!(told(&record, request).await, unknown);
    }
}
