//! Duties and the law they rest on: what binds whom, what is deleted, and how much is read for it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agreements::App;
use api::registan::agreements::v1::obligation_service_client::ObligationServiceClient;
use api::registan::agreements::v1::obligation_status::State;
use api::registan::agreements::v1::ratification::Kind;
use api::registan::agreements::v1::ratification_service_client::RatificationServiceClient;
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, CreateObligationRequest, CreateRatificationRequest,
    DeleteObligationRequest, DeletePartyRequest, GetLegalBasisRequest, GetObligationStatusRequest,
    ListMembersRequest, Milestone, Obligation, Ratification, agreement, milestone, party,
};
use chassis::clock::SystemClock;
use chronicle::{Chronicle, Reader};
use facts::Day;
use tonic::Code;

use crate::agreements::provision;
use crate::obligations::{Client, date, due, duty, ids, law, overdue, status};
use crate::support::{Running, citation, on_both, party, serve};

async fn create(client: &mut Client, id: &str, obligation: Obligation) {
    let request = CreateObligationRequest {
        obligation: Some(obligation),
        obligation_id: id.to_owned(),
        ..CreateObligationRequest::default()
    };
    client.create_obligation(request).await.unwrap();
}

/// A convention in force since 1990.
async fn convention(running: &mut Running, id: &str) {
    let agreement = Agreement {
        kind: agreement::Kind::Convention.into(),
        title: format!("Convention {id}"),
        binding: true,
        milestones: vec![Milestone {
            kind: milestone::Kind::InForce.into(),
            date: Some(date((1990, 1, 1))),
            source: Some(citation("a journal")),
            ..Milestone::default()
        }],
        source: Some(citation("a journal")),
        ..Agreement::default()
    };
    let request = CreateAgreementRequest {
        agreement: Some(agreement),
        agreement_id: id.to_owned(),
        ..CreateAgreementRequest::default()
    };
    running.agreements.create_agreement(request).await.unwrap();
}

#[tokio::test]
async fn a_ratification_binds_its_party_from_its_day_on() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(party("kz", party::Kind::State)).await.unwrap();
        convention(&mut running, "icx").await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        let yearly = Obligation { every_months: 12, ..duty("agreements/icx", (2018, 12, 31)) };
        create(&mut client, "report", yearly).await;
        let found = status(&mut client, "report", (2024, 6, 30)).await;
        assert_eq!(found.state(), State::Unknown, "nothing is recorded of its parties: {found:?}");

        let mut ratifications = RatificationServiceClient::new(running.connection.clone());
        let ratification = Ratification {
            party: "parties/kz".to_owned(),
            kind: Kind::Ratification.into(),
            deposited: Some(date((2021, 3, 1))),
            source: Some(citation("a depositary")),
            ..Ratification::default()
        };
        let request = CreateRatificationRequest {
            parent: "agreements/icx".to_owned(),
            ratification: Some(ratification),
            ..CreateRatificationRequest::default()
        };
        ratifications.create_ratification(request).await.unwrap();

        let before = status(&mut client, "report", (2020, 6, 30)).await;
        assert_eq!(before.state(), State::NotBinding, "{before:?}");
        let after = status(&mut client, "report", (2024, 6, 30)).await;
        assert_eq!((after.state(), after.overdue), (State::Overdue, 3), "{after:?}");
        assert_eq!(after.overdue_since, Some(date((2021, 12, 31))));
        let items = due(&mut client, "", (2019, 1, 1), (2023, 1, 1)).await;
        let numbers: Vec<i32> = items.iter().map(|item| item.number).collect();
        assert_eq!(numbers, [4, 5], "it is bound from 2021 on");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_computed_of_what_is_deleted() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        law(&mut running).await;
        running.parties.create_party(party("old", party::Kind::Union)).await.unwrap();
        let mut client = ObligationServiceClient::new(running.connection.clone());
        create(&mut client, "gone", duty("agreements/law", (2024, 1, 1))).await;
        let name = "obligations/gone".to_owned();
        let request = DeleteObligationRequest { name, ..DeleteObligationRequest::default() };
        let deleted = client.delete_obligation(request).await.unwrap().into_inner();
        let name = "parties/old".to_owned();
        let request = DeletePartyRequest { name, ..DeletePartyRequest::default() };
        running.parties.delete_party(request).await.unwrap();

        let name = "obligations/gone".to_owned();
        let asked = GetObligationStatusRequest { name, ..GetObligationStatusRequest::default() };
        let refusal = client.get_obligation_status(asked.clone()).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);
        let before = deleted.create_time;
        let asked = GetObligationStatusRequest { read_time: before, ..asked };
        client.get_obligation_status(asked).await.unwrap();
        let group = "parties/old".to_owned();
        let asked = ListMembersRequest { group, ..ListMembersRequest::default() };
        let refusal = running.memberships.list_members(asked).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);
        let party = "parties/old".to_owned();
        let asked = GetLegalBasisRequest { party, ..GetLegalBasisRequest::default() };
        let refusal = running.agreements.get_legal_basis(asked).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);
    })
    .await;
}

/// An agreement in force since 2002, of which an article is suspended in 2003, and a provision of
/// each of two articles.
async fn suspended_in_part(running: &mut Running) {
    let kinds = [(milestone::Kind::InForce, 2002, ""), (milestone::Kind::Suspended, 2003, "20")];
    let milestone = |(kind, year, article): (milestone::Kind, i32, &str)| Milestone {
        kind: kind.into(),
        date: Some(date((year, 1, 1))),
        articles: (!article.is_empty()).then(|| format!("Article {article}")).into_iter().collect(),
        source: Some(citation("a journal")),
        ..Milestone::default()
    };
    let agreement = Agreement {
        kind: agreement::Kind::PartnershipAndCooperation.into(),
        title: "An agreement".to_owned(),
        binding: true,
        milestones: kinds.map(milestone).into(),
        source: Some(citation("a journal")),
        ..Agreement::default()
    };
    let request = CreateAgreementRequest {
        agreement: Some(agreement),
        agreement_id: "part".to_owned(),
        ..CreateAgreementRequest::default()
    };
    running.agreements.create_agreement(request).await.unwrap();
    for number in ["2", "20"] {
        let request = provision("part", &format!("art-{number}"), &format!("Article {number}"));
        running.provisions.create_provision(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_duty_binds_while_the_article_binds_that_it_is_under() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(party("kz", party::Kind::State)).await.unwrap();
        suspended_in_part(&mut running).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        for (id, under, article) in [
            ("of-2", "agreements/part/provisions/art-2", ""),
            ("of-20", "agreements/part/provisions/art-20", ""),
            ("cited-2", "agreements/part", "Article 2"),
            ("cited-20", "agreements/part", "Article 20(1)"),
            ("whole", "agreements/part", ""),
        ] {
            let article = article.to_owned();
            create(&mut client, id, Obligation { article, ..duty(under, (2002, 6, 1)) }).await;
        }

        let before = overdue(&mut client, "", (2002, 12, 31)).await;
        assert_eq!(ids(&before).len(), 5, "{before:?}");
        let mut after = ids(&overdue(&mut client, "", (2003, 1, 1)).await);
        after.sort_unstable();
        assert_eq!(after, ["cited-2", "of-2"]);
        for (id, state) in [
            ("of-20", State::NotBinding),
            ("cited-20", State::NotBinding),
            ("whole", State::Unknown),
        ] {
            let found = status(&mut client, id, (2003, 1, 1)).await;
            assert_eq!(found.state(), state, "{id}: {found:?}");
        }
        let reason = status(&mut client, "of-20", (2003, 1, 1)).await.reason;
        assert_eq!(reason, "Article 20 of agreements/part is suspended on that day");
    })
    .await;
}

/// The statements for what is due under so many laws, in an order that no page ends.
#[tokio::test]
async fn the_laws_of_many_duties_are_read_together() {
    const LAWS: usize = 30;
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(party("kz", party::Kind::State)).await.unwrap();
        let mut client = ObligationServiceClient::new(running.connection.clone());
        for number in 0..LAWS {
            let id = format!("law-{number}");
            convention(&mut running, &id).await;
            let article = provision(&id, "art-1", "Article 1");
            running.provisions.create_provision(article).await.unwrap();
            let under = format!("agreements/{id}/provisions/art-1");
            let monthly = Obligation { every_months: 1, ..duty(&under, (2000, 1, 31)) };
            create(&mut client, &format!("duty-{number}"), monthly).await;
        }
        let statements = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&statements);
        let open = || async { chronicle::database::open(&url).await.unwrap() };
        let mut app = App::open(open().await, Arc::new(SystemClock)).await.unwrap();
        let mut record = Chronicle::open(open().await, Arc::new(SystemClock)).await.unwrap();
        record.note_reads(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        app.records.chronicle = Arc::new(record);
        let window = (Day(20_240_101), Day(20_240_630));
        let asked = agreements::ops::list_due(app, Reader::system(), String::new(), window, None);
        let all: Vec<_> = asked.await.unwrap().collect();

        let read = statements.load(Ordering::Relaxed);
        assert!(read <= 7, "{read} statements for {LAWS} laws");
        assert_eq!(all.len(), 6 * LAWS, "each month of each");
        let days = all.windows(2).map(|two| (&two[0].day.date, &two[1].day.date));
        assert!(days.clone().all(|(one, other)| one.latest() <= other.latest()));
        assert_eq!(all[0].day.number, 289, "those of 24 years before are counted");
    })
    .await;
}
