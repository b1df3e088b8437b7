//! Recommendations as they were known on a day, by the sources of another service.

use api::registan::agreements::v1::source_service_client::SourceServiceClient;
use api::registan::agreements::v1::{CreateSourceRequest, Source, source};
use api::registan::options::v1::Tier;
use api::registan::rights::v1::{
    ExportRecommendationsRequest, GetRecommendationRequest, ListRecommendationsRequest,
    Recommendation,
};
use api::registan::r#type::v1::{Date, SourceRef};
use tonic::Code;

use crate::support::{
    Suite, citation, date, metadata, on_both, reason, recommendation, recording, serve,
};

/// The ids of the recommendations that were known on a day of January 2024; of all without one.
async fn known(suite: &mut Suite, day: Option<i32>) -> Result<Vec<String>, tonic::Status> {
    let known_by = day.map(|day| Date { year: 2024, month: 1, day });
    let request = ListRecommendationsRequest { known_by, ..ListRecommendationsRequest::default() };
    let page = suite.recommendations.list_recommendations(request).await?.into_inner();
    let names = page.recommendations.into_iter().map(|one| one.name);
    let mut ids: Vec<String> =
        names.map(|name| name.trim_start_matches("recommendations/").to_owned()).collect();
    ids.sort();
    Ok(ids)
}

/// Once, the other service was asked for the stream by nobody, so that what rests on a source that
/// is not public was left out of an export, and of no list.
#[tokio::test]
async fn an_export_knows_what_a_list_knows() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let source = Source {
            tier: Tier::Restricted.into(),
            kind: source::Kind::ParliamentDocument.into(),
            title: "A note".to_owned(),
            published: Some(date(2024, 1, 10)),
            ..Source::default()
        };
        let mut sources = SourceServiceClient::new(suite.law());
        let request = CreateSourceRequest { source: Some(source), ..Default::default() };
        let source = sources.create_source(request).await.unwrap().into_inner();
        let document = SourceRef { source: source.name, ..SourceRef::default() };
        let call = Recommendation { document: Some(document), ..recommendation() };
        suite.recommendations.create_recommendation(recording("noted", call)).await.unwrap();

        let known_by = Some(Date { year: 2024, month: 1, day: 17 });
        let export = ExportRecommendationsRequest { known_by, ..Default::default() };
        let mut export =
            suite.recommendations.export_recommendations(export).await.unwrap().into_inner();
        let first = export.message().await.unwrap().map(|one| one.name);

        assert_eq!(known(&mut suite, Some(17)).await.unwrap(), ["noted"]);
        assert_eq!(first.as_deref(), Some("recommendations/noted"));
    })
    .await;
}

#[tokio::test]
async fn a_recommendation_is_known_when_its_document_was_published() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        assert_eq!(known(&mut suite, Some(17)).await.expect("an empty page"), [""; 0]);
        let cited =
            Recommendation { document: Some(citation("P9_TA(2024)0027")), ..recommendation() };
        for (id, call) in [("prisons", recommendation()), ("cited", cited)] {
            let created = suite.recommendations.create_recommendation(recording(id, call)).await;
            created.expect("it is recorded");
        }

        assert_eq!(known(&mut suite, None).await.expect("a page"), ["cited", "prisons"]);
        assert_eq!(known(&mut suite, Some(17)).await.expect("a page"), ["prisons"]);
        assert_eq!(known(&mut suite, Some(16)).await.expect("a page"), [""; 0]);
        let get = |day| GetRecommendationRequest {
            name: "recommendations/prisons".to_owned(),
            known_by: Some(Date { year: 2024, month: 1, day }),
            ..GetRecommendationRequest::default()
        };
        assert!(suite.recommendations.get_recommendation(get(17)).await.is_ok());
        let refusal = suite.recommendations.get_recommendation(get(16)).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);

        suite.agreements.stop().await;
        let refusal = known(&mut suite, Some(17)).await.unwrap_err();
        assert_eq!(reason(&refusal), "SERVICE_UNAVAILABLE");
        assert_eq!(metadata(&refusal, "service"), "agreements");
        assert_eq!(known(&mut suite, None).await.expect("nobody is asked").len(), 2);
    })
    .await;
}
