//! The rights part of briefs: what is planned, and what is of a region as a whole.

use api::registan::agreements::v1::party;
use api::registan::partnership::v1::activity_count::Exactness;
use api::registan::partnership::v1::part_status::GapKind;
use api::registan::partnership::v1::{ResourceKind, RightsPart, WatchRequest};
use api::registan::rights::v1::activity::{Kind, Outcome};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::recommendation_service_client::RecommendationServiceClient;
use api::registan::rights::v1::{
    Addressee, CreateActivityRequest, CreateRecommendationRequest, Recommendation, addressee,
};
use api::registan::r#type::v1::{ChangeKind, PartialDate};
use chassis::client::Connection;

use crate::briefs::{ask, date, gaps, next_year, party};
use crate::record::{Record, activity, citation, next};

async fn rights(by: Connection, party: &str, day: [i32; 3]) -> RightsPart {
    ask(by, party, Some(day)).await.expect("it is answered").rights.expect("there is a part")
}

fn outcomes(rights: &RightsPart) -> Vec<(Outcome, i64)> {
    rights.activities.iter().map(|it| (it.outcome(), it.count)).collect()
}

fn doing(kind: Kind, outcome: Outcome, date: Option<PartialDate>) -> CreateActivityRequest {
    let mut request = activity(0, "kz");
    let fields = request.activity.as_mut().expect("there is one");
    (fields.kind, fields.outcome, fields.date) = (kind.into(), outcome.into(), date);
    request
}

#[tokio::test]
async fn what_is_only_planned_is_not_counted_and_is_a_gap_once_its_day_is_past() {
    let record = Record::start().await;
    let mut activities = ActivityServiceClient::new(record.channel());
    for (outcome, date) in [
        (Outcome::CarriedOut, date(2024, 6, 0)),
        (Outcome::Planned, date(2024, 6, 0)),
        (Outcome::Planned, date(next_year() + 1, 0, 0)),
    ] {
        activities.create_activity(doing(Kind::Statement, outcome, date)).await.unwrap();
    }

    let done = vec![(Outcome::CarriedOut, 1)];
    for (day, counted, missing) in [
        ([2024, 6, 29], &[][..], &[GapKind::DayNotKnown][..]),
        ([2024, 6, 30], &done, &[]),
        ([2024, 7, 1], &done, &[GapKind::NotRecorded]),
    ] {
        let rights = rights(record.channel(), "parties/kz", day).await;
        assert_eq!(outcomes(&rights), counted, "{day:?}");
        assert_eq!(gaps(rights.status.as_ref()), missing, "{day:?}");
    }
}

#[tokio::test]
async fn anonymous_callers_receive_nothing_of_planned_visits() {
    let record = Record::start().await;
    let nobody = || Connection::to(&format!("http://{}", record.gateway.address)).unwrap();
    let shown = async || {
        let rights = rights(nobody(), "parties/kz", [2025, 6, 1]).await;
        let rows = rights.activities.iter().map(|it| (it.kind(), it.exactness(), it.count));
        (rows.collect::<Vec<_>>(), gaps(rights.status.as_ref()))
    };
    let none = shown().await;
    let mut activities = ActivityServiceClient::new(record.channel());
    for _ in 0..5 {
        let visit = doing(Kind::PrisonVisit, Outcome::Planned, date(2024, 3, 1));
        activities.create_activity(visit).await.unwrap();
    }

    let visits = shown().await;
    let statement = doing(Kind::Statement, Outcome::Planned, date(2024, 3, 1));
    activities.create_activity(statement).await.unwrap();
    let (rows, missing) = shown().await;

    assert_eq!(visits, none);
    assert!(rows.iter().all(|(_, exactness, _)| *exactness == Exactness::FewerThanFive));
    assert_eq!(missing, [GapKind::NotRecorded, GapKind::CountNotTold]);
}

#[tokio::test]
async fn a_call_to_the_region_concerns_each_of_its_states() {
    let record = Record::start().await;
    party(&record, "region-619", party::Kind::Region).await;
    let call = Recommendation {
        issuer: "European Parliament".to_owned(),
        document: Some(citation()),
        adopted: date(2024, 1, 17),
        addressees: vec![Addressee {
            kind: addressee::Kind::Government.into(),
            ..Addressee::default()
        }],
        parties: vec!["parties/region-619".to_owned()],
        action: "Do it together.".to_owned(),
        ..Recommendation::default()
    };
    let request = CreateRecommendationRequest {
        recommendation: Some(call),
        recommendation_id: "all".to_owned(),
        ..CreateRecommendationRequest::default()
    };
    let mut calls = RecommendationServiceClient::new(record.channel());
    calls.create_recommendation(request).await.unwrap();
    let mut activities = ActivityServiceClient::new(record.channel());
    activities.create_activity(activity(0, "region-619")).await.unwrap();

    for (party, activities) in [("region-619", &[(Outcome::Refused, 1)][..]), ("kz", &[])] {
        let rights = rights(record.channel(), &format!("parties/{party}"), [2025, 1, 1]).await;
        let calls: Vec<_> = rights.recommendations.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(calls, ["recommendations/all"], "{party}");
        assert_eq!(outcomes(&rights), activities, "{party}");
        let request = WatchRequest {
            party: format!("parties/{party}"),
            kinds: vec![ResourceKind::Recommendation.into()],
            ..WatchRequest::default()
        };
        let event = next(&mut record.watch(request).await.unwrap()).await.unwrap().unwrap();
        assert_eq!(event.kind(), ChangeKind::Standing, "{party}");
    }
}
