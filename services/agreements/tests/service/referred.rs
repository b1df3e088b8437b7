//! A resource that others refer to is not deleted without saying so.

use api::registan::agreements::v1::party::Kind;
use api::registan::agreements::v1::{
    Agreement, Body, CreateAgreementRequest, CreateBodyRequest, CreateSourceRequest,
    DeleteAgreementRequest, DeletePartyRequest, DeleteSourceRequest, Source, UndeletePartyRequest,
    agreement, body, source,
};
use api::registan::r#type::v1::SourceRef;
use tonic::Code;

use crate::support::{citation, on_both, party, reason, serve};

#[tokio::test]
async fn a_source_that_is_cited_is_deleted_only_with_force() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let source = Source {
            kind: source::Kind::Dataset.into(),
            title: "A list".to_owned(),
            ..Source::default()
        };
        for id in ["list", "list-2"] {
            let source_id = id.to_owned();
            let request = CreateSourceRequest {
                source: Some(source.clone()),
                source_id,
                ..Default::default()
            };
            running.sources.create_source(request).await.unwrap();
        }
        let mut bank = party("bank", Kind::Bank);
        bank.party.as_mut().unwrap().source =
            Some(SourceRef { source: "sources/list-2".to_owned(), ..SourceRef::default() });
        running.parties.create_party(bank).await.unwrap();
        let delete = |id: &str, force| DeleteSourceRequest {
            name: format!("sources/{id}"),
            force,
            ..DeleteSourceRequest::default()
        };

        let refusal = running.sources.delete_source(delete("list-2", false)).await.unwrap_err();
        let other = running.sources.delete_source(delete("list", false)).await.unwrap();
        let forced = running.sources.delete_source(delete("list-2", true)).await.unwrap();

        let wanted = (Code::FailedPrecondition, "IS_REFERENCED".to_owned());
        assert_eq!((refusal.code(), reason(&refusal)), wanted);
        assert!(refusal.message().contains("parties/bank"), "{}", refusal.message());
        assert!(other.into_inner().delete_time.is_some(), "a longer name is another");
        assert!(forced.into_inner().delete_time.is_some());
    })
    .await;
}

#[tokio::test]
async fn what_only_deleted_ones_refer_to_can_be_deleted() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(party("old", Kind::Bank)).await.unwrap();
        let mut new = party("new", Kind::Bank);
        new.party.as_mut().unwrap().predecessors = vec!["parties/old".to_owned()];
        running.parties.create_party(new).await.unwrap();
        let delete = |id: &str| DeletePartyRequest {
            name: format!("parties/{id}"),
            ..DeletePartyRequest::default()
        };

        let refusal = running.parties.delete_party(delete("old")).await.unwrap_err();
        running.parties.delete_party(delete("new")).await.unwrap();
        running.parties.delete_party(delete("old")).await.unwrap();

        assert_eq!(reason(&refusal), "IS_REFERENCED");
    })
    .await;
}

/// Once, the kinds that may refer to an agreement were a list beside the contract, and bodies were
/// not on it.
/// Once, a request sent again was refused by what was recorded since.
#[tokio::test]
async fn a_delete_sent_again_has_the_first_answer_whatever_refers_to_it_since() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(party("old", Kind::Bank)).await.unwrap();
        let name = || "parties/old".to_owned();
        let delete = DeletePartyRequest {
            name: name(),
            request_id: "6fa459ea-ee8a-4ca4-894e-db77e160355e".to_owned(),
            ..DeletePartyRequest::default()
        };
        let first = running.parties.delete_party(delete.clone()).await.unwrap().into_inner();
        let undelete = UndeletePartyRequest { name: name(), ..Default::default() };
        running.parties.undelete_party(undelete).await.unwrap();
        let mut new = party("new", Kind::Bank);
        new.party.as_mut().unwrap().predecessors = vec![name()];
        running.parties.create_party(new).await.unwrap();

        // Some layers write an id in capitals.
        let request_id = delete.request_id.to_uppercase();
        let delete = DeletePartyRequest { request_id, ..delete };
        let again = running.parties.delete_party(delete).await.unwrap().into_inner();
        let other = DeletePartyRequest { name: name(), ..DeletePartyRequest::default() };
        let refusal = running.parties.delete_party(other).await.unwrap_err();

        assert_eq!(again, first);
        assert_eq!(reason(&refusal), "IS_REFERENCED");
    })
    .await;
}

#[tokio::test]
async fn an_agreement_that_a_body_names_is_deleted_only_with_force() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let agreement = Agreement {
            kind: agreement::Kind::Other.into(),
            title: "An agreement".to_owned(),
            source: Some(citation("a journal")),
            ..Agreement::default()
        };
        let create = CreateAgreementRequest {
            agreement: Some(agreement),
            agreement_id: "a1".to_owned(),
            ..CreateAgreementRequest::default()
        };
        running.agreements.create_agreement(create).await.unwrap();
        let body = Body {
            kind: body::Kind::CooperationCouncil.into(),
            title: "A council".to_owned(),
            agreement: "agreements/a1".to_owned(),
            source: Some(citation("a journal")),
            ..Body::default()
        };
        let create = CreateBodyRequest { body: Some(body), ..CreateBodyRequest::default() };
        running.bodies.create_body(create).await.unwrap();

        let name = "agreements/a1".to_owned();
        let delete = DeleteAgreementRequest { name, ..DeleteAgreementRequest::default() };
        let refusal = running.agreements.delete_agreement(delete).await.unwrap_err();

        assert_eq!(reason(&refusal), "IS_REFERENCED");
        assert!(refusal.message().contains("bodies/"), "{}", refusal.message());
    })
    .await;
}
