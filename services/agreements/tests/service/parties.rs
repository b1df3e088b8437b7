//! Parties, as a client sees them: the standard methods, which are the same for every resource.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::support::{Running, fields, on_both, party, reason, serve};
use api::registan::agreements::v1::party::Kind;
use api::registan::agreements::v1::{
    CreatePartyRequest, DeletePartyRequest, GetPartyRequest, ListPartiesRequest, Party,
    UpdatePartyRequest,
};
use prost_types::{FieldMask, Timestamp};
use tonic::Code;

async fn create(running: &mut Running, request: CreatePartyRequest) -> Party {
    running.parties.create_party(request).await.unwrap().into_inner()
}

async fn get(running: &mut Running, name: &str, read_time: Option<Timestamp>) -> Party {
    running
        .parties
        .get_party(GetPartyRequest { name: name.to_owned(), read_time, known_by: None })
        .await
        .unwrap()
        .into_inner()
}

fn change(etag: &str, note: &str) -> UpdatePartyRequest {
    let party = Party {
        name: "parties/kz".to_owned(),
        etag: etag.to_owned(),
        note: note.to_owned(),
        ..Party::default()
    };
    let update_mask = Some(FieldMask { paths: vec!["note".to_owned()] });
    UpdatePartyRequest { party: Some(party), update_mask, ..UpdatePartyRequest::default() }
}

#[tokio::test]
async fn what_is_created_can_be_read_at_every_instant_of_its_life() {
    on_both(|url| async move {
        let mut running = serve(&url).await;

        let first = create(&mut running, party("kz", Kind::State)).await;
        let second = running
            .parties
            .update_party(change(&first.etag, "changed"))
            .await
            .unwrap()
            .into_inner();
        let delete =
            DeletePartyRequest { name: first.name.clone(), ..DeletePartyRequest::default() };
        let deleted = running.parties.delete_party(delete).await.unwrap().into_inner();

        assert_eq!((second.note.as_str(), &second.uid), ("changed", &first.uid));
        assert_eq!(get(&mut running, "parties/kz", first.update_time).await, first);
        assert_eq!(get(&mut running, "parties/kz", second.update_time).await, second);
        assert_eq!(get(&mut running, "parties/kz", None).await, deleted);
        assert!(deleted.delete_time.is_some());
        let list =
            running.parties.list_parties(ListPartiesRequest::default()).await.unwrap().into_inner();
        assert_eq!((list.parties, list.read_time), (vec![], deleted.update_time));
        let old =
            ListPartiesRequest { read_time: first.update_time, ..ListPartiesRequest::default() };
        assert_eq!(running.parties.list_parties(old).await.unwrap().into_inner().parties, [first]);
    })
    .await;
}

#[tokio::test]
async fn every_answer_names_the_instant_it_holds_for() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let created = create(&mut running, party("kz", Kind::State)).await;

        let request = GetPartyRequest { name: created.name, read_time: None, known_by: None };
        let answer = running.parties.get_party(request).await.unwrap();

        let named = answer.metadata().get("registan-read-time").unwrap().to_str().unwrap();
        assert_eq!(named.parse::<Timestamp>().ok(), created.update_time);
    })
    .await;
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut request = party("Kz!", Kind::State);
        let wrong = request.party.as_mut().unwrap();
        wrong.kind = 99;
        wrong.display_name = " ".to_owned();
        wrong.currency_code = "euro".to_owned();
        wrong.source = None;

        let refusal = running.parties.create_party(request).await.unwrap_err();

        assert_eq!(refusal.code(), Code::InvalidArgument);
        let expected = [
            "party_id",
            "party.kind",
            "party.display_name",
            "party.country_code",
            "party.country_code",
            "party.currency_code",
            "party.currency_code",
            "party.source",
        ];
        assert_eq!(fields(&refusal), expected);
    })
    .await;
}

#[tokio::test]
async fn an_old_etag_is_refused_and_changes_nothing() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let first = create(&mut running, party("kz", Kind::State)).await;
        let second =
            running.parties.update_party(change(&first.etag, "second")).await.unwrap().into_inner();

        let refusal = running.parties.update_party(change(&first.etag, "third")).await.unwrap_err();

        assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        assert_eq!(get(&mut running, "parties/kz", None).await, second);
    })
    .await;
}

#[tokio::test]
async fn a_retried_request_gets_the_first_answer() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let request_id = "6fa459ea-ee8a-4ca4-894e-db77e160355e".to_owned();
        let request =
            CreatePartyRequest { request_id: request_id.clone(), ..party("kz", Kind::State) };

        let first = create(&mut running, request.clone()).await;
        running.parties.update_party(change("", "later")).await.unwrap();
        let again = create(&mut running, request).await;
        let other = CreatePartyRequest { request_id, ..party("kg", Kind::State) };
        let refusal = running.parties.create_party(other).await.unwrap_err();

        assert_eq!(again, first);
        assert_eq!(
            (refusal.code(), reason(&refusal).as_str()),
            (Code::InvalidArgument, "REQUEST_ID_REUSED")
        );
    })
    .await;
}

#[tokio::test]
async fn a_taken_name_is_refused_even_after_deletion() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        create(&mut running, party("kz", Kind::State)).await;

        let taken = running.parties.create_party(party("kz", Kind::State)).await.unwrap_err();
        let delete =
            DeletePartyRequest { name: "parties/kz".to_owned(), ..DeletePartyRequest::default() };
        running.parties.delete_party(delete).await.unwrap();
        let deleted = running.parties.create_party(party("kz", Kind::State)).await.unwrap_err();
        let changed = running.parties.update_party(change("", "x")).await.unwrap_err();

        assert_eq!((taken.code(), deleted.code()), (Code::AlreadyExists, Code::AlreadyExists));
        assert_eq!(
            (changed.code(), reason(&changed).as_str()),
            (Code::FailedPrecondition, "DELETED")
        );
    })
    .await;
}

#[tokio::test]
async fn validate_only_checks_everything_and_records_nothing() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let dry = CreatePartyRequest { validate_only: true, ..party("kz", Kind::State) };

        let preview = create(&mut running, dry.clone()).await;

        assert_eq!(preview.name, "parties/kz");
        assert!(
            running
                .parties
                .list_parties(ListPartiesRequest::default())
                .await
                .unwrap()
                .into_inner()
                .parties
                .is_empty()
        );
        create(&mut running, party("kz", Kind::State)).await;
        assert_eq!(
            running.parties.create_party(dry).await.unwrap_err().code(),
            Code::AlreadyExists
        );
    })
    .await;
}

#[tokio::test]
async fn bad_names_masks_and_instants_are_refused() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        create(&mut running, party("kz", Kind::State)).await;
        let future = Timestamp { seconds: 99_999_999_999, nanos: 0 };
        let get = |name: &str, read_time| GetPartyRequest {
            name: name.to_owned(),
            read_time,
            known_by: None,
        };

        for (request, wanted) in [
            (get("parties/", None), "NAME_INVALID"),
            (get("agreements/kz", None), "NAME_INVALID"),
            (get("parties/kz", Some(future)), "READ_TIME_INVALID"),
            (get("parties/kz", Some(Timestamp { seconds: 1, nanos: -1 })), "READ_TIME_INVALID"),
        ] {
            assert_eq!(reason(&running.parties.get_party(request).await.unwrap_err()), wanted);
        }
        let mut masked = change("", "x");
        masked.update_mask = Some(FieldMask { paths: vec!["nothing".to_owned()] });
        assert_eq!(
            reason(&running.parties.update_party(masked).await.unwrap_err()),
            "MASK_INVALID"
        );
        let negative = ListPartiesRequest { page_size: -1, ..ListPartiesRequest::default() };
        assert_eq!(
            reason(&running.parties.list_parties(negative).await.unwrap_err()),
            "PAGE_SIZE_INVALID"
        );
        let request = CreatePartyRequest { request_id: "x".to_owned(), ..party("kg", Kind::State) };
        assert_eq!(
            reason(&running.parties.create_party(request).await.unwrap_err()),
            "REQUEST_ID_INVALID"
        );
        let missing = running.parties.get_party(get("parties/none", None)).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
    })
    .await;
}

#[tokio::test]
async fn an_oversized_message_is_refused() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut request = party("kz", Kind::State);
        request.party.as_mut().unwrap().note = "x".repeat(2 << 20);

        let refusal = running.parties.create_party(request).await.unwrap_err();

        assert_eq!(refusal.code(), Code::ResourceExhausted);
        assert_eq!(reason(&refusal), "REQUEST_TOO_LARGE");
    })
    .await;
}
