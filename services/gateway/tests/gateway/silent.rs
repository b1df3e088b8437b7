//! A service that answers pings, and no call.

use std::time::Duration;

use api::registan::partnership::v1::GetBriefRequest;
use api::registan::partnership::v1::part_status::{Completeness, GapKind};
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::search::v1::SearchRequest;
use api::registan::search::v1::search_service_client::SearchServiceClient;
use tonic::Request;

use crate::record::Record;
use crate::support::channel;

/// Once, it took the parts of the others with it, whatever the deadline of the caller.
#[tokio::test]
async fn a_service_that_does_not_answer_is_missing_and_the_others_are_served() {
    let record = Record::start().await;
    let [gateway, _projects] = record.with_silent_projects().await;
    let mut brief = Request::new(GetBriefRequest {
        party: "parties/kz".to_owned(),
        ..GetBriefRequest::default()
    });
    let mut search =
        Request::new(SearchRequest { query: "Party".to_owned(), ..SearchRequest::default() });
    brief.set_timeout(Duration::from_secs(6));
    search.set_timeout(Duration::from_secs(6));

    let brief = PartnershipServiceClient::new(channel(gateway.address)).get_brief(brief).await;
    let found = SearchServiceClient::new(channel(gateway.address)).search(search).await;

    let brief = brief.expect("two parts are there").into_inner();
    let money = brief.money.and_then(|it| it.status).expect("it has a status");
    assert_eq!(money.completeness(), Completeness::Missing);
    assert_eq!(money.gaps[0].kind(), GapKind::ServiceUnavailable);
    assert_eq!(money.gaps[0].description, "projects did not answer in time");
    let others = [brief.law.and_then(|it| it.status), brief.rights.and_then(|it| it.status)];
    for status in others {
        assert_ne!(status.expect("it has a status").completeness(), Completeness::Missing);
    }
    let found = found.expect("two services are searched").into_inner();
    assert_eq!((found.missing, found.hits.len()), (vec!["projects".to_owned()], 2));
}
