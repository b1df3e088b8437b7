//! Provisions and ratifications above PUBLIC that tell no desk: they are of the desks of their
//! agreement, whatever becomes of it.

use api::registan::agreements::v1::agreement::Kind;
use api::registan::agreements::v1::provision_service_client::ProvisionServiceClient;
use api::registan::agreements::v1::ratification_service_client::RatificationServiceClient;
use api::registan::agreements::v1::{
    CreateRatificationRequest, GetProvisionRequest, GetRatificationRequest, Ratification,
    UpdateAgreementRequest, party, ratification,
};
use api::registan::options::v1::Tier;
use api::registan::r#type::v1::PartialDate;
use chassis::client::Connection;
use chronicle::verify::verify;
use prost_types::FieldMask;
use tonic::Code;

use crate::agreements::{agreement, between, day, provision};
use crate::support::{citation, on_both, party as new_party, serve};

/// Returns whether somebody sees the two, which must be alike.
async fn sees(somebody: &Connection, provision: &str, ratification: &str) -> bool {
    let mut provisions = ProvisionServiceClient::new(somebody.clone());
    let mut ratifications = RatificationServiceClient::new(somebody.clone());
    let request = GetProvisionRequest { name: provision.to_owned(), ..Default::default() };
    let one = provisions.get_provision(request).await.map(|_| ());
    let request = GetRatificationRequest { name: ratification.to_owned(), ..Default::default() };
    let other = ratifications.get_ratification(request).await.map(|_| ());
    let codes =
        [&one, &other].map(|it| it.as_ref().map_or_else(tonic::Status::code, |()| Code::Ok));
    assert!(codes == [Code::Ok; 2] || codes == [Code::NotFound; 2], "{codes:?}");
    codes[0] == Code::Ok
}

#[tokio::test]
async fn what_is_confidential_within_an_agreement_is_of_its_desks() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for (id, kind) in [
            ("eu", party::Kind::Union),
            ("kz", party::Kind::State),
            ("uz", party::Kind::State),
            ("de", party::Kind::State),
        ] {
            running.parties.create_party(new_party(id, kind)).await.unwrap();
        }
        running.agreements.create_agreement(agreement("a", Kind::Protocol, vec![])).await.unwrap();
        let mut request = provision("a", "", "Article 1");
        let hidden = request.provision.as_mut().unwrap();
        hidden.tier = Tier::Confidential.into();
        let article = running.provisions.create_provision(request).await.unwrap().into_inner();
        let not_yet = Ratification {
            kind: ratification::Kind::NotYet.into(),
            party: "parties/de".to_owned(),
            tier: Tier::Confidential.into(),
            stated: Some(PartialDate { date: day(2024, 1, 1), ..PartialDate::default() }),
            source: Some(citation("a note")),
            ..Ratification::default()
        };
        let mut ratifications = RatificationServiceClient::new(running.connection.clone());
        let request = CreateRatificationRequest {
            parent: "agreements/a".to_owned(),
            ratification: Some(not_yet),
            ..CreateRatificationRequest::default()
        };
        let ratified = ratifications.create_ratification(request).await.unwrap().into_inner();
        let (own, other) = (running.of_desk("kz"), running.of_desk("uz"));

        assert_eq!(
            (article.desks, ratified.desks),
            (vec!["desks/kz".to_owned()], vec!["desks/kz".to_owned()])
        );
        assert!(sees(&own, &article.name, &ratified.name).await);
        assert!(!sees(&other, &article.name, &ratified.name).await);

        let mut moved = agreement("a", Kind::Protocol, vec![]).agreement.unwrap();
        (moved.name, moved.parties) = ("agreements/a".to_owned(), between(&["eu", "uz"]));
        "*".clone_into(&mut moved.etag);
        let request = UpdateAgreementRequest {
            agreement: Some(moved),
            update_mask: Some(FieldMask { paths: vec!["parties".to_owned()] }),
            ..UpdateAgreementRequest::default()
        };
        running.agreements.update_agreement(request).await.unwrap();

        assert!(!sees(&own, &article.name, &ratified.name).await);
        assert!(sees(&other, &article.name, &ratified.name).await);
        let db = chronicle::database::open(&url).await.unwrap();
        let found = verify(&db, &agreements::store::kinds(), None, |_| {}).await.unwrap();
        assert!(found.is_ok(), "{found:?}");
    })
    .await;
}
