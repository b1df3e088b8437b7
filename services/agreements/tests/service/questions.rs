//! Lists, as people ask for them: what cannot match is refused, what is hidden is refused as what
//! is missing, and what has no order has its natural one.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::agreement::Kind;
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::agreements::v1::{
    Agreement, AgreementParty, CreateAgreementRequest, ExportAgreementsRequest,
    GetLegalBasisRequest, ListAgreementsRequest, ListPartiesRequest, Participation, participation,
};
use api::registan::options::v1::Tier;
use api::registan::r#type::v1::{ExternalId, external_id::Scheme};
use prost_types::Timestamp;
use tonic::{Code, Status};

use crate::support::{Running, citation, fields, on_both, party, reason, serve};

fn agreement(id: &str, title: &str) -> CreateAgreementRequest {
    let party = "parties/kz".to_owned();
    let agreement = Agreement {
        kind: Kind::Convention.into(),
        title: title.to_owned(),
        binding: true,
        parties: vec![AgreementParty { party, role: 1 }],
        source: Some(citation("a list of agreements")),
        ..Agreement::default()
    };
    CreateAgreementRequest {
        agreement: Some(agreement),
        agreement_id: id.to_owned(),
        ..CreateAgreementRequest::default()
    }
}

/// Kazakhstan, a hidden party, and three agreements; gives the name of the hidden one.
async fn recorded(url: &str) -> (Running, String) {
    let mut running = serve(url).await;
    running.parties.create_party(party("kz", PartyKind::State)).await.unwrap();
    let mut hidden = party("", PartyKind::Organisation);
    hidden.party.as_mut().unwrap().tier = Tier::Confidential.into();
    let hidden = running.parties.create_party(hidden).await.unwrap().into_inner().name;
    let mut covenant = agreement("covenant", "zweites Übereinkommen");
    let one = covenant.agreement.as_mut().unwrap();
    one.participations = vec![Participation {
        party: "parties/kz".to_owned(),
        kind: participation::Kind::Ratified.into(),
        source: Some(citation("a list of participations")),
        ..Participation::default()
    }];
    one.external_ids = vec![ExternalId {
        scheme: Scheme::Other.into(),
        value: "short-name:ICCPR".to_owned(),
        ..ExternalId::default()
    }];
    for request in [covenant, agreement("a", "Émigrés"), agreement("b", "Air – services")] {
        running.agreements.create_agreement(request).await.unwrap();
    }
    (running, hidden)
}

fn filtered(filter: &str) -> ListAgreementsRequest {
    ListAgreementsRequest { filter: filter.to_owned(), ..ListAgreementsRequest::default() }
}

async fn names(running: &mut Running, filter: &str) -> String {
    let page = running.anonymous.list_agreements(filtered(filter)).await.expect(filter);
    let names = page.into_inner().agreements.into_iter();
    names.map(|one| one.name.replace("agreements/", "")).collect::<Vec<_>>().join(" ")
}

async fn refused(running: &mut Running, filter: &str) -> Status {
    running.anonymous.list_agreements(filtered(filter)).await.unwrap_err()
}

#[tokio::test]
async fn a_list_has_its_natural_order_and_any_spelling_finds() {
    on_both(|url| async move {
        let (mut running, _) = recorded(&url).await;
        for (filter, wanted) in [
            ("", "b a covenant"),
            ("title:EMIGRES", "a"),
            ("title:\"air - services\"", "b"),
            ("title:ubereinkommen", "covenant"),
            ("kind = KIND_CONVENTION", "b a covenant"),
            ("external_ids:iccpr", "covenant"),
            ("external_ids:\"Short-Name:ICCPR\"", "covenant"),
            ("participations:\"parties/kz\"", "covenant"),
            ("participations:\"parties/kz ratified\"", "covenant"),
            ("participations:\"parties/kz SIGNED\"", ""),
            ("participations.kind:KIND_RATIFIED", "covenant"),
            ("participations.kind:SIGNED", ""),
        ] {
            assert_eq!(names(&mut running, filter).await, wanted, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_hidden_is_refused_as_what_is_missing() {
    on_both(|url| async move {
        let (mut running, hidden) = recorded(&url).await;
        let missing = "parties/a0000000000000000000000000";
        for filter in ["parties:\"X\"", "title:air AND (parties:\"X\" OR participations:\"X\")"] {
            let of = |name: &str| filter.replace('X', name);
            let said = |refusal: &Status, name: &str| {
                (refusal.code(), refusal.message().replace(name, "X"), fields(refusal))
            };
            let one = refused(&mut running, &of(&hidden)).await;
            let other = refused(&mut running, &of(missing)).await;
            assert_eq!(said(&one, &hidden), said(&other, missing));
            assert_eq!(reason(&one), "FILTER_NAMES_NOTHING");
            assert_eq!(fields(&one), ["filter"]);
        }
        // Whoever may see it is answered: nothing refers to it.
        let filter = format!("parties:\"{hidden}\"");
        let page = running.agreements.list_agreements(filtered(&filter)).await.unwrap();
        assert!(page.into_inner().agreements.is_empty());
        let export = ExportAgreementsRequest { filter, ..ExportAgreementsRequest::default() };
        let refusal = running.anonymous.export_agreements(export).await.unwrap_err();
        assert_eq!(reason(&refusal), "FILTER_NAMES_NOTHING");
    })
    .await;
}

#[tokio::test]
async fn a_mistake_is_refused_with_the_field_of_the_request_and_what_was_meant() {
    on_both(|url| async move {
        let (mut running, _) = recorded(&url).await;
        for (filter, said) in [
            ("parties:kz", "write \"parties/kz\""),
            ("kind = CONVENTIN", "did you mean CONVENTION?"),
            ("title:emigree", "did you mean \"emigres\"?"),
            ("external_ids:\"short name\"", "did you mean \"short name iccpr\"?"),
        ] {
            let refusal = refused(&mut running, filter).await;
            assert_eq!(refusal.code(), Code::InvalidArgument, "{filter}");
            assert!(refusal.message().contains(said), "{filter}: {}", refusal.message());
        }
        let request =
            GetLegalBasisRequest { party: "kz".to_owned(), ..GetLegalBasisRequest::default() };
        let refusal = running.agreements.get_legal_basis(request).await.unwrap_err();
        assert_eq!(fields(&refusal), ["party"]);
    })
    .await;
}

#[tokio::test]
async fn an_instant_before_the_record_says_since_when_there_is_one() {
    on_both(|url| async move {
        let (mut running, _) = recorded(&url).await;
        let first = running.parties.list_parties(ListPartiesRequest::default()).await.unwrap();
        let parties = first.into_inner().parties;
        let began = parties.iter().filter(|it| it.name == "parties/kz");
        let began = began.map(|it| it.create_time.unwrap().to_string()).collect::<String>();
        let read_time = Some(Timestamp { seconds: 1_104_537_600, nanos: 0 });

        let request = ListPartiesRequest { read_time, ..ListPartiesRequest::default() };
        let refusal = running.parties.list_parties(request).await.unwrap_err();

        assert_eq!(refusal.code(), Code::OutOfRange);
        assert_eq!(reason(&refusal), "READ_TIME_BEFORE_RECORD");
        assert!(refusal.message().contains(&began), "{}", refusal.message());
        assert!(refusal.message().contains("as_of"), "{}", refusal.message());
    })
    .await;
}
