//! Briefs and searches of a record that does not have something, or does not have it yet: no
//! service failed.

use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{DeletePartyRequest, Party, party};
use api::registan::options::v1::Tier;
use api::registan::partnership::v1::part_status::{Completeness, GapKind};
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::partnership::v1::{Brief, GetBriefRequest, PartStatus};
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::{Activity, CreateActivityRequest};
use api::registan::search::v1::SearchRequest;
use api::registan::search::v1::search_service_client::SearchServiceClient;
use chassis::client::Connection;
use prost_types::Timestamp;
use tonic::{Code, Status};

use crate::record::{Record, activity, citation, project};

async fn ask(by: Connection, party: &str, at: Option<Timestamp>) -> Result<Brief, Status> {
    let request =
        GetBriefRequest { party: party.to_owned(), read_time: at, ..GetBriefRequest::default() };
    PartnershipServiceClient::new(by).get_brief(request).await.map(tonic::Response::into_inner)
}

/// How much of the law, the money and the rights there is, and what is not.
fn told(brief: &Brief) -> [(Completeness, Vec<GapKind>); 3] {
    let of = |status: Option<&PartStatus>| {
        let status = status.expect("a part has a status");
        let gaps = status.gaps.iter().map(api::registan::partnership::v1::part_status::Gap::kind);
        (status.completeness(), gaps.collect())
    };
    [
        of(brief.law.as_ref().and_then(|it| it.status.as_ref())),
        of(brief.money.as_ref().and_then(|it| it.status.as_ref())),
        of(brief.rights.as_ref().and_then(|it| it.status.as_ref())),
    ]
}

fn anonymous(record: &Record) -> Connection {
    Connection::to(&format!("http://{}", record.gateway.address)).expect("an address is a url")
}

async fn act(record: &Record, tier: Tier) -> Activity {
    let CreateActivityRequest { activity, .. } = activity(0, "kz");
    let fields = Activity { tier: tier.into(), ..activity.expect("there is one") };
    let request =
        CreateActivityRequest { activity: Some(fields), ..CreateActivityRequest::default() };
    let mut activities = ActivityServiceClient::new(record.channel());
    activities.create_activity(request).await.expect("it is recorded").into_inner()
}

#[tokio::test]
async fn a_record_that_holds_only_what_is_hidden_looks_empty() {
    let record = Record::start().await;
    let before = ask(anonymous(&record), "parties/kz", None).await.expect("it is answered");

    act(&record, Tier::Restricted).await;

    let after = ask(anonymous(&record), "parties/kz", None).await.expect("it is answered");
    assert_eq!(after.rights, before.rights);
    let long_ago = Some(Timestamp { seconds: 1, nanos: 0 });
    let early = api::registan::rights::v1::ListActivitiesRequest {
        read_time: long_ago,
        ..Default::default()
    };
    let mut activities = ActivityServiceClient::new(anonymous(&record));
    assert!(activities.list_activities(early).await.is_ok(), "as of an empty record");
}

#[tokio::test]
async fn a_state_without_a_code_has_its_law_and_its_rights() {
    let record = Record::start().await;
    let former = Party {
        kind: party::Kind::FormerState.into(),
        display_name: "Former".to_owned(),
        source: Some(citation()),
        ..Party::default()
    };
    record.create_party("former", former).await;

    let brief = ask(record.channel(), "parties/former", None).await.expect("it is answered");

    let [law, money, rights] = told(&brief);
    assert_eq!(law.0, Completeness::Complete);
    assert_eq!(money, (Completeness::Missing, vec![GapKind::NotRecorded]));
    assert_eq!(rights.0, Completeness::Complete);
}

#[tokio::test]
async fn the_brief_of_a_deleted_party_stays_as_it_was() {
    let record = Record::start().await;
    let first = ask(record.channel(), "parties/tm", None).await.expect("it is answered");
    let then = first.law.as_ref().and_then(|it| it.status.as_ref()).and_then(|it| it.read_time);
    assert!(then.is_some());
    let delete =
        DeletePartyRequest { name: "parties/tm".to_owned(), ..DeletePartyRequest::default() };
    PartyServiceClient::new(record.channel()).delete_party(delete).await.expect("it is deleted");

    let later = ask(record.channel(), "parties/tm", then).await.expect("it is answered");
    let now = ask(record.channel(), "parties/tm", None).await.map_err(|it| it.code());

    assert_eq!(told(&later), told(&first));
    assert_eq!(now.err(), Some(Code::NotFound));
}

#[tokio::test]
async fn a_record_that_begins_later_is_no_service_that_failed() {
    let record = Record::start().await;
    let early = ask(record.channel(), "parties/kz", None).await.expect("it is answered");
    let early = early.law.and_then(|law| law.status).and_then(|status| status.read_time);
    let mut projects = ProjectServiceClient::new(record.channel());
    projects.create_project(project(0, "kz")).await.expect("it is recorded");

    let brief = ask(record.channel(), "parties/kz", early).await.expect("it is answered");
    let mut search = SearchServiceClient::new(record.channel());
    let query = "Kazakhstan".to_owned();
    let found = SearchRequest { query, read_time: early, ..SearchRequest::default() };
    let found = search.search(found).await.expect("it is answered").into_inner();
    let long_ago = Some(Timestamp { seconds: 1, nanos: 0 });
    let refused = ask(record.channel(), "parties/kz", long_ago).await.map_err(|it| it.code());

    assert_eq!(told(&brief)[1], (Completeness::Missing, vec![GapKind::NotRecorded]));
    assert!(found.missing.is_empty() && found.next_page_token.is_empty(), "{found:?}");
    assert_eq!(refused.err(), Some(Code::OutOfRange));
}
