//! Activities.

use std::collections::HashSet;

use api::registan::options::v1::Tier;
use api::registan::rights::v1::activity::{Kind, Outcome};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::{
    Activity, CreateActivityRequest, DeleteRecommendationRequest, ListActivitiesRequest,
    UpdateActivityRequest,
};
use policy::Role;
use prost_types::FieldMask;
use tonic::Code;

use crate::support::{
    Suite, activity, date, doing, expected, metadata, on_both, reason, recommendation, recording,
    serve, violations,
};

async fn list(suite: &mut Suite, filter: &str, order_by: &str) -> Vec<Activity> {
    let request = ListActivitiesRequest {
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        ..ListActivitiesRequest::default()
    };
    suite.activities.list_activities(request).await.expect(filter).into_inner().activities
}

/// One recommendation: `prisons`.
async fn recorded(url: &str) -> Suite {
    let mut suite = serve(url).await;
    let request = recording("prisons", recommendation());
    let created = suite.recommendations.create_recommendation(request).await;
    created.expect("the recommendation is created");
    suite
}

fn answering(recommendation: &str) -> Activity {
    Activity { recommendations: vec![format!("recommendations/{recommendation}")], ..activity() }
}

#[tokio::test]
async fn a_refused_prison_visit_is_an_outcome_that_answers_a_call() {
    on_both(|url| async move {
        let mut suite = recorded(&url).await;
        let statement = Activity {
            kind: Kind::Statement.into(),
            party: "parties/kz".to_owned(),
            delegation: "EU Delegation to Kazakhstan".to_owned(),
            date: Some(date(2023, 5, 1)),
            outcome: Outcome::CarriedOut.into(),
            ..activity()
        };
        suite.activities.create_activity(doing(statement)).await.unwrap();

        let visit = doing(answering("prisons"));
        let visit = suite.activities.create_activity(visit).await.unwrap().into_inner();

        assert_eq!(visit.outcome(), Outcome::Refused);
        for filter in [
            "outcome = REFUSED",
            "kind = PRISON_VISIT",
            "recommendations:\"recommendations/prisons\"",
            "party = \"parties/tm\" AND date >= \"2024-06-01\"",
            "delegation:Turkmenistan",
        ] {
            assert_eq!(
                list(&mut suite, filter, "").await,
                std::slice::from_ref(&visit),
                "{filter}"
            );
        }
        let latest_first = list(&mut suite, "", "date desc").await;
        assert_eq!((latest_first.len(), &latest_first[0]), (2, &visit));
    })
    .await;
}

#[tokio::test]
async fn an_id_tells_nothing_because_the_server_makes_it() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let chosen = CreateActivityRequest {
            activity_id: "ashgabat-2024-06-03".to_owned(),
            ..doing(activity())
        };

        let refusal = suite.activities.create_activity(chosen).await.unwrap_err();
        let mut made = HashSet::new();
        for _ in 0..3 {
            let created = suite.activities.create_activity(doing(activity())).await.unwrap();
            made.insert(created.into_inner().name);
        }

        assert_eq!(violations(&refusal), expected(&[("activity_id", "ID_NOT_ALLOWED")]));
        assert_eq!(made.len(), 3);
        let shape = |name: &String| facts::check::matches_pattern(name, "activities/{activity}");
        assert!(made.iter().all(shape), "{made:?}");
    })
    .await;
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let wrong = Activity {
            kind: 99,
            party: "tm".to_owned(),
            delegation: " ".to_owned(),
            date: None,
            outcome: 0,
            recommendations: vec!["activities/a".to_owned()],
            projects: vec!["projects/P".to_owned()],
            source: None,
            ..activity()
        };

        let refusal = suite.activities.create_activity(doing(wrong)).await.unwrap_err();

        assert_eq!(refusal.code(), Code::InvalidArgument);
        let faults = [
            ("activity.kind", "UNKNOWN_VALUE"),
            ("activity.party", "NAME_INVALID"),
            ("activity.delegation", "REQUIRED"),
            ("activity.date", "REQUIRED"),
            ("activity.outcome", "REQUIRED"),
            ("activity.recommendations[0]", "NAME_INVALID"),
            ("activity.projects[0]", "NAME_INVALID"),
            ("activity.source", "REQUIRED"),
        ];
        assert_eq!(violations(&refusal), expected(&faults));
        assert!(list(&mut suite, "", "").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_what_was_never_asked_is_refused() {
    on_both(|url| async move {
        let mut suite = recorded(&url).await;
        let mut calls = answering("prisons");
        calls.recommendations.push("recommendations/none".to_owned());

        let refusal = suite.activities.create_activity(doing(calls)).await.unwrap_err();

        assert_eq!(
            (refusal.code(), reason(&refusal).as_str()),
            (Code::FailedPrecondition, "REFERENCE_MISSING")
        );
        assert_eq!(metadata(&refusal, "field"), "activity.recommendations[1]");
        assert!(list(&mut suite, "", "").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_recommendation_cannot_be_answered() {
    on_both(|url| async move {
        let mut suite = recorded(&url).await;
        let delete = DeleteRecommendationRequest {
            name: "recommendations/prisons".to_owned(),
            ..DeleteRecommendationRequest::default()
        };
        suite.recommendations.delete_recommendation(delete).await.unwrap();

        let answer = doing(answering("prisons"));
        let refusal = suite.activities.create_activity(answer).await.unwrap_err();

        assert_eq!(reason(&refusal), "REFERENCE_MISSING");
    })
    .await;
}

#[tokio::test]
async fn what_happened_cannot_lie_in_the_future() {
    use Outcome::{CarriedOut, NoReply, PartlyCarriedOut, Refused};
    on_both(|url| async move {
        let mut suite = recorded(&url).await;
        let next_century = |outcome: Outcome| {
            let date = Some(date(2126, 6, 3));
            doing(Activity { outcome: outcome.into(), date, ..activity() })
        };
        for outcome in [CarriedOut, PartlyCarriedOut, Refused, NoReply] {
            let refusal = suite.activities.create_activity(next_century(outcome)).await;
            let refusal = refusal.expect_err("it is refused");
            assert_eq!(violations(&refusal), expected(&[("activity.date", "IN_THE_FUTURE")]));
        }
        for outcome in [Outcome::Planned, Outcome::Postponed, Outcome::Dropped] {
            let planned = suite.activities.create_activity(next_century(outcome)).await;
            planned.expect("what is planned may lie in the future");
        }
    })
    .await;
}

#[tokio::test]
async fn an_activity_names_each_call_and_each_project_once() {
    on_both(|url| async move {
        let mut suite = recorded(&url).await;
        let mut twice = answering("prisons");
        twice.recommendations.push("recommendations/prisons".to_owned());
        twice.projects = ["projects/p", "projects/p"].map(ToOwned::to_owned).to_vec();

        let refusal = suite.activities.create_activity(doing(twice)).await.unwrap_err();

        let faults = [
            ("activity.recommendations[1]", "DUPLICATE_ID"),
            ("activity.projects[1]", "DUPLICATE_ID"),
        ];
        assert_eq!(violations(&refusal), expected(&faults));
    })
    .await;
}

/// A monitor alone recorded as PUBLIC what only a publisher could have lowered to that.
#[tokio::test]
async fn below_restricted_one_is_recorded_only_by_a_publisher_as_it_is_lowered() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let mut monitor = suite.activities_up_to(Some(policy::Tier::Confidential));
        let publisher = suite.connection_of(Role::Publisher, policy::Tier::Confidential);
        let mut publisher = ActivityServiceClient::new(publisher);

        let refused = monitor.create_activity(doing(activity())).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), denied("PUBLISHER_NEEDED"));
        let refused = publisher.create_activity(doing(activity())).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "a publisher alone records nothing");
        let restricted = Activity { tier: Tier::Unspecified.into(), ..activity() };
        let recorded = monitor.create_activity(doing(restricted)).await.unwrap().into_inner();
        assert_eq!(recorded.tier(), Tier::Restricted);
        let lower = UpdateActivityRequest {
            activity: Some(Activity { tier: Tier::Public.into(), ..recorded }),
            update_mask: Some(FieldMask { paths: vec!["tier".to_owned()] }),
            ..UpdateActivityRequest::default()
        };
        let refused = monitor.update_activity(lower.clone()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), denied("PUBLISHER_NEEDED"));

        let both = suite.activities.update_activity(lower).await.unwrap().into_inner();
        assert_eq!(both.tier(), Tier::Public);
        let public = suite.activities.create_activity(doing(activity())).await.unwrap();
        assert_eq!(public.into_inner().tier(), Tier::Public);
    })
    .await;
}

fn denied(reason: &str) -> (Code, String) {
    (Code::PermissionDenied, reason.to_owned())
}
