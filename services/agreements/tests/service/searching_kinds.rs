//! Provisions, acts and duties are found by their words and by the names of whom they concern, and
//! what lies within a hidden agreement is not found.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::obligation_service_client::ObligationServiceClient;
use api::registan::agreements::v1::{
    Act, CreateActRequest, CreateObligationRequest, UpdateAgreementRequest, act,
};
use api::registan::options::v1::Tier;
use api::registan::search::v1::search_service_client::SearchServiceClient;
use api::registan::search::v1::{SearchHit, SearchRequest};
use api::registan::r#type::v1::ExternalId;
use api::registan::r#type::v1::external_id::Scheme;
use chassis::client::Connection;
use prost_types::FieldMask;

use crate::agreements::provision;
use crate::obligations::{duty, law};
use crate::support::{Running, citation, on_both, serve};

async fn hits(search: &mut SearchServiceClient<Connection>, query: &str) -> Vec<SearchHit> {
    let request = SearchRequest { query: query.to_owned(), ..SearchRequest::default() };
    search.search(request).await.unwrap().into_inner().hits
}

async fn found(search: &mut SearchServiceClient<Connection>, query: &str) -> Vec<String> {
    hits(search, query).await.into_iter().map(|hit| hit.name).collect()
}

/// Records an article of a law, an act and a duty.
async fn record(running: &mut Running) {
    law(running).await;
    let mut article = provision("law", "art-2", "Article 277");
    let it = article.provision.as_mut().unwrap();
    "General principles".clone_into(&mut it.title);
    "Respect for democratic principles is essential.".clone_into(&mut it.summary);
    running.provisions.create_provision(article).await.unwrap();
    let act = Act {
        kind: act::Kind::Regulation.into(),
        title: "Neighbourhood, Development and International Cooperation Instrument".to_owned(),
        adopted_by: "European Parliament and Council".to_owned(),
        parties: vec!["parties/kz".to_owned()],
        external_ids: vec![ExternalId {
            scheme: Scheme::Celex.into(),
            value: "32021R0947".to_owned(),
            ..ExternalId::default()
        }],
        source: Some(citation("a journal")),
        ..Act::default()
    };
    let request = CreateActRequest {
        act: Some(act),
        act_id: "ndici".to_owned(),
        ..CreateActRequest::default()
    };
    running.acts.create_act(request).await.unwrap();
    let mut duties = ObligationServiceClient::new(running.connection.clone());
    let mut obligation = duty("agreements/law", (2024, 1, 1));
    "Yearly account of customs".clone_into(&mut obligation.title);
    "The partner sends an account.".clone_into(&mut obligation.duty);
    let request = CreateObligationRequest {
        obligation: Some(obligation),
        obligation_id: "account".to_owned(),
        ..CreateObligationRequest::default()
    };
    duties.create_obligation(request).await.unwrap();
}

#[tokio::test]
async fn what_has_titles_or_texts_is_found() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        record(&mut running).await;

        let article = "agreements/law/provisions/art-2";
        for (query, name) in [
            ("article 277", article),
            ("democratic principle", article),
            ("\"general principles\"", article),
            ("32021r0947", "acts/ndici"),
            ("instruments of NEIGHBOURHOOD", "acts/ndici"),
            ("parliament neighbourhood kz", "acts/ndici"),
            ("customs accounts", "obligations/account"),
            ("kz customs", "obligations/account"),
        ] {
            for search in [&mut running.search, &mut running.anonymous_search] {
                assert_eq!(found(search, query).await, [name], "{query}");
            }
        }
        let hit = hits(&mut running.anonymous_search, "democratic").await.remove(0);
        assert_eq!((hit.kind.as_str(), hit.title.as_str()), ("provision", "Article 277"));
        let hit = hits(&mut running.anonymous_search, "kz customs").await.remove(0);
        assert_eq!(hit.through, ["parties/kz"]);

        let hidden = UpdateAgreementRequest {
            agreement: Some(api::registan::agreements::v1::Agreement {
                name: "agreements/law".to_owned(),
                tier: Tier::Restricted.into(),
                ..Default::default()
            }),
            update_mask: Some(FieldMask { paths: vec!["tier".to_owned()] }),
            ..UpdateAgreementRequest::default()
        };
        running.agreements.update_agreement(hidden).await.unwrap();
        assert!(found(&mut running.anonymous_search, "democratic").await.is_empty());
        assert_eq!(found(&mut running.search, "democratic").await, [article]);
    })
    .await;
}
