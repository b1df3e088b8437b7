//! The rights part of briefs: what is planned.

use api::registan::partnership::v1::RightsPart;
use api::registan::partnership::v1::activity_count::Exactness;
use api::registan::partnership::v1::part_status::GapKind;
use api::registan::rights::v1::CreateActivityRequest;
use api::registan::rights::v1::activity::{Kind, Outcome};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::r#type::v1::PartialDate;
use chassis::client::Connection;

use crate::briefs::{ask, date, gaps, next_year};
use crate::record::{Record, activity};

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
