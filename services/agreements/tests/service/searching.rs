//! An agreement is found by any name of its parties, its identifiers and the words of its title.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::party::Kind;
use api::registan::agreements::v1::{
    Agreement, AgreementParty, CreateAgreementRequest, CreatePartyRequest, Party, PartyName,
    UpdatePartyRequest, agreement,
};
use api::registan::options::v1::Tier;
use api::registan::search::v1::SearchRequest;
use api::registan::r#type::v1::external_id::Scheme;
use api::registan::r#type::v1::{ExternalId, SourceRef};
use prost_types::{FieldMask, Timestamp};
use tonic::Code;

use crate::support::{Running, on_both, party, reason, serve};

fn kyrgyzstan() -> CreatePartyRequest {
    let name = |language: &str, text: &str| PartyName {
        language_code: language.to_owned(),
        text: text.to_owned(),
        ..PartyName::default()
    };
    let mut request = party("kg", Kind::State);
    let it = request.party.as_mut().unwrap();
    "Kyrgyzstan".clone_into(&mut it.display_name);
    "Kyrgyz Republic".clone_into(&mut it.official_name);
    it.names = vec![name("ky", "Кыргызстан"), name("en", "Kirghiz Republic")];
    request
}

fn agreement(id: &str, title: &str, parties: &[&str], celex: &str) -> CreateAgreementRequest {
    let of = |id: &&str| AgreementParty { party: format!("parties/{id}"), ..Default::default() };
    let ids = (!celex.is_empty()).then(|| ExternalId {
        scheme: Scheme::Celex.into(),
        value: celex.to_owned(),
        ..ExternalId::default()
    });
    let agreement = Agreement {
        kind: agreement::Kind::PartnershipAndCooperation.into(),
        title: title.to_owned(),
        parties: parties.iter().map(of).collect(),
        external_ids: ids.into_iter().collect(),
        source: Some(SourceRef { citation: "Test".to_owned(), ..SourceRef::default() }),
        ..Agreement::default()
    };
    CreateAgreementRequest {
        agreement_id: id.to_owned(),
        agreement: Some(agreement),
        ..CreateAgreementRequest::default()
    }
}

async fn found(running: &mut Running, query: &str, read_time: Option<Timestamp>) -> Vec<String> {
    let (query, kinds) = (query.to_owned(), vec!["agreement".to_owned()]);
    let request = SearchRequest { query, kinds, read_time, ..SearchRequest::default() };
    let found = running.search.search(request).await.unwrap().into_inner();
    found.hits.into_iter().map(|hit| hit.name).collect()
}

#[tokio::test]
async fn an_agreement_is_found_by_what_people_call_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(kyrgyzstan()).await.unwrap();
        running.parties.create_party(party("kz", Kind::State)).await.unwrap();
        let title = "Partnership and Cooperation Agreement establishing a partnership";
        for (id, parties, celex) in
            [("pca-1995", &["kg"][..], "21999A0727(01)"), ("other", &["kz"], "22009A1229(01)")]
        {
            let request = agreement(id, title, parties, celex);
            running.agreements.create_agreement(request).await.unwrap();
        }
        let only = ["agreements/pca-1995"];
        for query in [
            "Кыргызстан",
            "Kirghiz",
            "Kyrgyz Republic",
            "21999A0727(01)",
            "21999a072701",
            "\"21999A072701\" kyrgyz",
            "celex 21999 a 0727 01",
            "pca",
            "kyrgyz PARTNERSHIPS",
            "\"cooperation agreement\" kirgh",
        ] {
            if query.starts_with("celex") {
                assert_eq!(found(&mut running, &query[6..], None).await, only, "{query}");
            } else {
                assert_eq!(found(&mut running, query, None).await, only, "{query}");
            }
        }
        let both = ["agreements/other", "agreements/pca-1995"];
        assert_eq!(found(&mut running, "ESTABLISHES partnership", None).await, both);

        let renamed = Party {
            name: "parties/kg".to_owned(),
            etag: "*".to_owned(),
            names: Vec::new(),
            official_name: "Manas".to_owned(),
            ..Party::default()
        };
        let update = UpdatePartyRequest {
            party: Some(renamed),
            update_mask: Some(FieldMask { paths: vec!["names".into(), "official_name".into()] }),
            ..UpdatePartyRequest::default()
        };
        let before = running.parties.update_party(update).await.unwrap().into_inner().create_time;
        assert!(found(&mut running, "Kirghiz", None).await.is_empty());
        assert_eq!(found(&mut running, "manas", None).await, only);
        assert!(found(&mut running, "Kirghiz", before).await.is_empty(), "it was not there yet");
    })
    .await;
}

#[tokio::test]
async fn hidden_agreements_are_not_found_and_bad_questions_are_refused() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(party("kz", Kind::State)).await.unwrap();
        let mut hidden = agreement("", "Zeppelin", &["kz"], "");
        hidden.agreement.as_mut().unwrap().tier = Tier::Restricted.into();
        let hidden = running.agreements.create_agreement(hidden).await.unwrap().into_inner();

        assert_eq!(found(&mut running, "zeppelin", None).await, [hidden.name]);
        let ask = |query: &str, kind: &str, page_size, page_token: &str| SearchRequest {
            query: query.to_owned(),
            kinds: vec![kind.to_owned()],
            page_size,
            page_token: page_token.to_owned(),
            ..SearchRequest::default()
        };
        let request = ask("zeppelin", "agreement", 0, "");
        let seen = running.anonymous_search.search(request.clone()).await.unwrap().into_inner();
        let nothing = ask("zeppeliner", "agreement", 0, "");
        let missing = running.anonymous_search.search(nothing).await.unwrap().into_inner();
        assert_eq!((seen.hits, seen.next_page_token), (missing.hits, missing.next_page_token));
        for (request, code) in [
            (ask("", "agreement", 0, ""), "REQUIRED"),
            (ask("of the", "agreement", 0, ""), "REQUIRED"),
            (ask(&"x".repeat(513), "agreement", 0, ""), "TOO_LONG"),
            (ask(&"a1 ".repeat(100).replace("a1", "b"), "agreement", 0, ""), ""),
            (ask("water", "grant", 0, ""), "UNKNOWN_VALUE"),
            (ask("water", "agreement", -1, ""), "PAGE_SIZE_INVALID"),
            (ask("water", "agreement", 0, "x"), "PAGE_TOKEN_INVALID"),
        ] {
            match running.anonymous_search.search(request).await {
                Ok(_) => assert_eq!(code, ""),
                Err(status) => {
                    assert_eq!(status.code(), Code::InvalidArgument);
                    assert_eq!(reason(&status), code);
                }
            }
        }
    })
    .await;
}
