//! Recommendations.

use api::registan::options::v1::Tier;
use api::registan::rights::v1::addressee::Kind;
use api::registan::rights::v1::{
    Addressee, GetRecommendationRequest, ListRecommendationsRequest, Recommendation,
    UpdateRecommendationRequest,
};
use api::registan::r#type::v1::partial_date::Qualifier;
use api::registan::r#type::v1::{ExternalId, PartialDate, external_id::Scheme};
use prost_types::FieldMask;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::support::{
    Suite, citation, date, expected, metadata, on_both, reason, recommendation, recording, serve,
    violations,
};

async fn list(
    suite: &mut Suite,
    filter: &str,
    order_by: &str,
) -> Result<Vec<Recommendation>, Status> {
    let request = ListRecommendationsRequest {
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        ..ListRecommendationsRequest::default()
    };
    Ok(suite.recommendations.list_recommendations(request).await?.into_inner().recommendations)
}

async fn names(suite: &mut Suite, filter: &str, order_by: &str) -> Vec<String> {
    let found = list(suite, filter, order_by).await.expect(filter);
    found
        .into_iter()
        .map(|one| one.name.trim_start_matches("recommendations/").to_owned())
        .collect()
}

fn addressee(kind: Kind, party: &str, display_name: &str) -> Addressee {
    Addressee { kind: kind.into(), party: party.to_owned(), display_name: display_name.to_owned() }
}

fn mask(paths: &[&str]) -> FieldMask {
    FieldMask { paths: paths.iter().map(|&path| path.to_owned()).collect() }
}

/// `prisons` of 2024 on Turkmenistan; `media` of 2023 on Kazakhstan; `law`, of 2019, on nobody.
async fn recorded(url: &str) -> Suite {
    let mut suite = serve(url).await;
    let media = Recommendation {
        adopted: Some(date(2023, 3, 0)),
        document: Some(citation("P9_TA(2023)0001")),
        addressees: vec![addressee(Kind::Government, "parties/kz", "the Kazakh authorities")],
        parties: vec!["parties/kz".to_owned()],
        action: "Free the media".to_owned(),
        themes: vec!["media".to_owned()],
        agreements: vec![],
        external_ids: vec![ExternalId {
            scheme: Scheme::EpDocument.into(),
            value: "TA-9-2023-0001".to_owned(),
            ..ExternalId::default()
        }],
        ..recommendation()
    };
    let law = Recommendation {
        issuer: "Council of the European Union".to_owned(),
        adopted: Some(date(2019, 0, 0)),
        addressees: vec![addressee(Kind::Commission, "", ""), addressee(Kind::Eeas, "", "")],
        parties: vec![],
        agreements: vec!["agreements/ita".to_owned()],
        ..recommendation()
    };
    for (id, call) in [("prisons", recommendation()), ("media", media), ("law", law)] {
        let created = suite.recommendations.create_recommendation(recording(id, call)).await;
        created.expect("the recommendation is created");
    }
    suite
}

#[tokio::test]
async fn what_is_recorded_comes_back_whole() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let request = recording("prisons", recommendation());

        let created =
            suite.recommendations.create_recommendation(request).await.unwrap().into_inner();

        let get = GetRecommendationRequest {
            name: "recommendations/prisons".to_owned(),
            ..GetRecommendationRequest::default()
        };
        let read = suite.recommendations.get_recommendation(get).await.unwrap().into_inner();
        assert_eq!(read, created);
        let given = Recommendation {
            name: "recommendations/prisons".to_owned(),
            uid: read.uid.clone(),
            etag: read.etag.clone(),
            create_time: read.create_time,
            update_time: read.update_time,
            tier: Tier::Public.into(),
            desks: vec!["desks/tm".to_owned()],
            ..recommendation()
        };
        assert_eq!(read, given);
    })
    .await;
}

#[tokio::test]
async fn recommendations_are_found_by_what_is_known_of_them() {
    on_both(|url| async move {
        let mut suite = recorded(&url).await;
        for (filter, found) in [
            ("addressees:EU_DELEGATIONS", &["prisons"][..]),
            ("addressees:EEAS AND addressees:COMMISSION", &["law"]),
            ("parties:\"parties/tm\"", &["prisons"]),
            ("parties:\"parties/kz\" OR parties:\"parties/tm\"", &["media", "prisons"]),
            ("themes:torture", &["law", "prisons"]),
            ("themes:torture AND NOT issuer = \"European Parliament\"", &["law"]),
            ("action:media", &["media"]),
            ("action:Media", &["media"]),
            ("agreements:\"agreements/ita/provisions/art-1\"", &["prisons"]),
            ("documents:\"sources/resolution\"", &["law", "prisons"]),
            ("external_ids:\"P9_TA(2023)0001\"", &["media"]),
            ("adopted >= \"2023-03-01\"", &["media", "prisons"]),
            ("adopted < \"2023-03-01\"", &["law"]),
        ] {
            assert_eq!(names(&mut suite, filter, "adopted").await, found, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_latest_come_first_where_that_is_asked() {
    on_both(|url| async move {
        let mut suite = recorded(&url).await;

        assert_eq!(names(&mut suite, "", "adopted desc").await, ["prisons", "media", "law"]);
    })
    .await;
}

#[tokio::test]
async fn a_filter_or_order_that_names_nothing_is_refused() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        for (filter, order_by, wanted, said) in [
            ("addressees:EU_DELEGATION", "", "FILTER_INVALID", "byte 11"),
            ("themes:a AND note = x", "", "FILTER_INVALID", "byte 13"),
            ("adopted > 2024", "", "FILTER_INVALID", "byte 10"),
            ("", "issuer", "ORDER_BY_INVALID", "adopted"),
        ] {
            let refusal = list(&mut suite, filter, order_by).await.unwrap_err();
            assert_eq!(
                (refusal.code(), reason(&refusal).as_str()),
                (Code::InvalidArgument, wanted)
            );
            assert!(refusal.message().contains(said), "{filter}: {}", refusal.message());
        }
    })
    .await;
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let wrong = Recommendation {
            issuer: String::new(),
            document: None,
            adopted: Some(date(2024, 2, 30)),
            addressees: vec![
                addressee(Kind::Unspecified, "", ""),
                Addressee { kind: 99, ..Addressee::default() },
                addressee(Kind::Government, "", "the authorities"),
                addressee(Kind::Council, "parties/kz", ""),
                addressee(Kind::Other, "", " "),
                addressee(Kind::Government, "parties/kz", ""),
            ],
            parties: vec![],
            themes: ["torture", "Media", "torture"].map(ToOwned::to_owned).to_vec(),
            agreements: vec!["parties/tm".to_owned()],
            confidence: 7,
            ..recommendation()
        };

        let request = recording("Prisons", wrong);
        let refusal = suite.recommendations.create_recommendation(request).await.unwrap_err();

        assert_eq!(refusal.code(), Code::InvalidArgument);
        let faults = [
            ("recommendation_id", "ID_INVALID"),
            ("recommendation.issuer", "REQUIRED"),
            ("recommendation.document", "REQUIRED"),
            ("recommendation.adopted.date", "DATE_INVALID"),
            ("recommendation.addressees[0].kind", "REQUIRED"),
            ("recommendation.addressees[1].kind", "UNKNOWN_VALUE"),
            ("recommendation.agreements[0]", "NAME_INVALID"),
            ("recommendation.confidence", "UNKNOWN_VALUE"),
            ("recommendation.addressees[2].party", "REQUIRED"),
            ("recommendation.addressees[3].party", "PARTY_NOT_ALLOWED"),
            ("recommendation.addressees[4].display_name", "REQUIRED"),
            ("recommendation.addressees[5].party", "PARTY_NOT_ALLOWED"),
            ("recommendation.themes[1]", "NOT_LOWER_CASE"),
            ("recommendation.themes[2]", "DUPLICATE_THEME"),
        ];
        assert_eq!(violations(&refusal), expected(&faults));
        assert!(list(&mut suite, "", "").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_call_on_nobody_is_refused() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let wrong = Recommendation { addressees: vec![], ..recommendation() };

        let request = recording("prisons", wrong);
        let refusal = suite.recommendations.create_recommendation(request).await.unwrap_err();

        let faults = [("recommendation.addressees", "REQUIRED")];
        assert_eq!(violations(&refusal), expected(&faults));
    })
    .await;
}

#[tokio::test]
async fn a_government_is_that_of_a_party_that_the_call_concerns() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let call = |parties: &[&str]| Recommendation {
            addressees: vec![addressee(Kind::Government, "parties/kz", "")],
            parties: parties.iter().map(|&party| party.to_owned()).collect(),
            ..recommendation()
        };

        for parties in [&["parties/tm"][..], &[]] {
            let request = recording("prisons", call(parties));
            let refusal = suite.recommendations.create_recommendation(request).await.unwrap_err();
            let faults = [("recommendation.addressees[0].party", "PARTY_NOT_ALLOWED")];
            assert_eq!(violations(&refusal), expected(&faults), "{parties:?}");
        }
        let right = recording("prisons", call(&["parties/tm", "parties/kz"]));
        let made = suite.recommendations.create_recommendation(right).await.unwrap().into_inner();

        assert!(made.desks.contains(&"desks/kz".to_owned()), "{:?}", made.desks);
    })
    .await;
}

#[tokio::test]
async fn what_was_adopted_cannot_lie_in_the_future() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let adopted = |id, qualifier: Qualifier| {
            let adopted = PartialDate { qualifier: qualifier.into(), ..date(2126, 3, 0) };
            recording(id, Recommendation { adopted: Some(adopted), ..recommendation() })
        };

        let later = adopted("later", Qualifier::Unspecified);
        let refusal = suite.recommendations.create_recommendation(later).await.unwrap_err();
        let by_then = adopted("by-then", Qualifier::Until);
        let accepted = suite.recommendations.create_recommendation(by_then).await;

        let faults = [("recommendation.adopted", "IN_THE_FUTURE")];
        assert_eq!(violations(&refusal), expected(&faults));
        accepted.expect("it can have been adopted before today");
    })
    .await;
}

#[tokio::test]
async fn parties_and_addressees_are_there_once() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let wrong = Recommendation {
            addressees: vec![
                addressee(Kind::Eeas, "", ""),
                addressee(Kind::Government, "parties/kz", ""),
                addressee(Kind::Government, "parties/tm", ""),
                addressee(Kind::Eeas, "", ""),
                addressee(Kind::Government, "parties/kz", ""),
            ],
            parties: ["kz", "tm", "kz"].map(|id| format!("parties/{id}")).to_vec(),
            ..recommendation()
        };

        let request = recording("prisons", wrong);
        let refusal = suite.recommendations.create_recommendation(request).await.unwrap_err();

        let faults = [
            ("recommendation.parties[2]", "DUPLICATE_ID"),
            ("recommendation.addressees[3]", "DUPLICATE_ID"),
            ("recommendation.addressees[4]", "DUPLICATE_ID"),
        ];
        assert_eq!(violations(&refusal), expected(&faults));
    })
    .await;
}

#[tokio::test]
async fn what_refers_to_nothing_is_refused() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let mut document = recommendation();
        document.document.as_mut().unwrap().source = "sources/none".to_owned();
        let government = Recommendation {
            addressees: vec![addressee(Kind::Government, "parties/none", "")],
            parties: vec!["parties/none".to_owned()],
            ..recommendation()
        };
        let party = Recommendation {
            parties: vec!["parties/tm".to_owned(), "parties/none".to_owned()],
            ..recommendation()
        };
        let provision = Recommendation {
            agreements: vec!["agreements/ita/provisions/none".to_owned()],
            ..recommendation()
        };
        for (call, field) in [
            (document, "recommendation.document.source"),
            (government, "recommendation.addressees[0].party"),
            (party, "recommendation.parties[1]"),
            (provision, "recommendation.agreements[0]"),
        ] {
            let request = recording("prisons", call);
            let refusal = suite.recommendations.create_recommendation(request).await.unwrap_err();
            assert_eq!(refusal.code(), Code::FailedPrecondition, "{field}");
            assert_eq!(reason(&refusal), "REFERENCE_MISSING");
            assert_eq!(metadata(&refusal, "field"), field);
            assert!(refusal.message().contains("/none"), "{}", refusal.message());
        }
        assert!(list(&mut suite, "", "").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn more_references_than_fit_one_question_are_all_checked() {
    on_both(|url| async move {
        let mut suite = serve(&url).await;
        let parties = (0..999).map(|number| format!("parties/p{number}"));
        let call = Recommendation {
            parties: std::iter::once("parties/tm".to_owned()).chain(parties).collect(),
            ..recommendation()
        };

        let request = recording("prisons", call);
        let refusal = suite.recommendations.create_recommendation(request).await.unwrap_err();

        assert_eq!(reason(&refusal), "REFERENCE_MISSING");
        assert_eq!(metadata(&refusal, "field"), "recommendation.parties[1]");
        assert!(refusal.message().ends_with("(and 998 more)"), "{}", refusal.message());
        // The details are a header, which has a bound.
        let named = refusal.get_details_precondition_failure().unwrap().violations;
        assert_eq!(named.len(), 20);
    })
    .await;
}

#[tokio::test]
async fn a_change_keeps_to_the_same_rules() {
    on_both(|url| async move {
        let mut suite = recorded(&url).await;
        let change = |parties: &[&str]| UpdateRecommendationRequest {
            recommendation: Some(Recommendation {
                name: "recommendations/prisons".to_owned(),
                etag: "*".to_owned(),
                addressees: vec![addressee(Kind::Government, "", "the authorities")],
                parties: parties.iter().map(|&party| party.to_owned()).collect(),
                ..Recommendation::default()
            }),
            update_mask: Some(mask(&["addressees", "parties"])),
            ..UpdateRecommendationRequest::default()
        };

        let nobody = suite.recommendations.update_recommendation(change(&[])).await.unwrap_err();
        let nowhere = change(&["parties/none"]);
        let missing = suite.recommendations.update_recommendation(nowhere).await.unwrap_err();
        let right = change(&["parties/kz"]);
        let changed =
            suite.recommendations.update_recommendation(right).await.unwrap().into_inner();

        let faults = [("recommendation.addressees[0].party", "REQUIRED")];
        assert_eq!(violations(&nobody), expected(&faults));
        assert_eq!(metadata(&missing, "field"), "recommendation.parties[0]");
        assert_eq!(changed.action, recommendation().action);
        assert_eq!(names(&mut suite, "addressees:EU_DELEGATIONS", "").await, [""; 0]);
        let kazakh = "addressees:GOVERNMENT AND parties:\"parties/kz\"";
        assert_eq!(names(&mut suite, kazakh, "adopted").await, ["media", "prisons"]);
    })
    .await;
}
