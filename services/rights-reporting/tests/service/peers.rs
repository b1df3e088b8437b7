//! The services that keep what is referred to here: down, unknown.

use api::registan::rights::v1::{
    Activity, ListActivitiesRequest, ListRecommendationsRequest, Recommendation,
};
use chassis::Settings;
use tonic::Code;

use crate::support::{
    NOBODY, Suite, activity, citation, doing, loopback, metadata, on_both, reason, recommendation,
    recording, serve,
};

/// How many recommendations and activities there are.
async fn count(suite: &mut Suite) -> (usize, usize) {
    let calls =
        suite.recommendations.list_recommendations(ListRecommendationsRequest::default()).await;
    let activities = suite.activities.list_activities(ListActivitiesRequest::default()).await;
    let calls = calls.expect("lists need nobody else").into_inner().recommendations;
    let activities = activities.expect("lists need nobody else").into_inner().activities;
    (calls.len(), activities.len())
}

#[tokio::test]
async fn without_agreements_nothing_that_needs_it_is_written() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        suite.agreements.stop().await;

        let call = recording("prisons", recommendation());
        let call = suite.recommendations.create_recommendation(call).await.unwrap_err();
        let visit = suite.activities.create_activity(doing(activity())).await.unwrap_err();

        for refusal in [call, visit] {
            assert_eq!(refusal.code(), Code::Unavailable);
            assert_eq!(reason(&refusal), "SERVICE_UNAVAILABLE");
            assert_eq!(metadata(&refusal, "service"), "agreements");
        }
        assert_eq!(count(&mut suite).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_refers_to_nobody_else_needs_nobody_else() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        suite.agreements.stop().await;
        let call = Recommendation {
            document: Some(citation("P9_TA(2024)0027")),
            parties: vec![],
            agreements: vec![],
            ..recommendation()
        };

        let created = suite.recommendations.create_recommendation(recording("law", call)).await;

        assert!(created.is_ok(), "{created:?}");
    })
    .await;
}

#[tokio::test]
async fn without_projects_an_activity_of_a_project_is_not_written() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let of_project = Activity { projects: vec!["projects/p".to_owned()], ..activity() };

        let refusal = suite.activities.create_activity(doing(of_project)).await.unwrap_err();

        assert_eq!(refusal.code(), Code::Unavailable);
        assert_eq!(metadata(&refusal, "service"), "projects");
        assert_eq!(count(&mut suite).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_missing_address_is_named_at_the_start() {
    let nobody = || Some(NOBODY.to_owned());
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let settings = Settings { data_dir: data_dir.clone(), ..loopback() };
    for (agreements_url, projects_url, flag) in [
        (None, nobody(), "--agreements-url"),
        (nobody(), None, "--projects-url"),
        (nobody(), Some("not a URL".to_owned()), "not a URL"),
    ] {
        let settings = Settings { agreements_url, projects_url, ..settings.clone() };

        let Err(error) = rights_reporting::service(settings).await else {
            panic!("it starts without {flag}")
        };

        assert!(error.to_string().contains(flag), "{error}");
        assert!(!data_dir.exists(), "nothing is made by a start that fails");
    }
}
