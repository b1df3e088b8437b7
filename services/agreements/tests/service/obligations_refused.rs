//! Refusals: of duties that cannot be, and of requests that cannot be answered.

use api::registan::agreements::v1::obligation_service_client::ObligationServiceClient;
use api::registan::agreements::v1::{
    CreateObligationRequest, Fulfilment, ListDueRequest, Obligation, fulfilment,
};

use crate::obligations::{Parts, date, day, duty, law};
use crate::support::{citation, fields, on_both, reason, serve};

#[tokio::test]
async fn what_cannot_be_is_refused_by_its_own_field() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        law(&mut running).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        let done = |due: Option<Parts>, done: Parts| Fulfilment {
            kind: fulfilment::Kind::Done.into(),
            due: due.map(date),
            done: Some(date(done)),
            source: Some(citation("a report")),
            ..Fulfilment::default()
        };
        let once = duty("agreements/law", (2024, 1, 1));
        let yearly = Obligation { every_months: 12, ..once.clone() };
        let cases = [
            (Obligation { due: None, ..yearly.clone() }, "due REQUIRED"),
            (Obligation { until: Some(date((2025, 0, 0))), ..once.clone() }, "until DATE_INVALID"),
            (
                Obligation { until: Some(date((2023, 0, 0))), ..yearly.clone() },
                "until ORDER_INVALID",
            ),
            (
                Obligation { fulfilments: vec![done(None, (2024, 1, 1))], ..yearly.clone() },
                "fulfilments[0].due REQUIRED",
            ),
            (
                Obligation { fulfilments: vec![done(Some((2024, 2, 0)), (2024, 1, 1))], ..yearly },
                "fulfilments[0].due DATE_INVALID",
            ),
            (
                Obligation {
                    fulfilments: vec![done(Some((2024, 0, 0)), (2024, 1, 1))],
                    ..once.clone()
                },
                "fulfilments[0].due DATE_INVALID",
            ),
            (
                Obligation { fulfilments: vec![done(None, (9000, 1, 1))], ..once.clone() },
                "fulfilments[0].done IN_THE_FUTURE",
            ),
            (
                Obligation { before_meetings_of: "bodies/none".to_owned(), ..once },
                "due DATE_INVALID",
            ),
        ];
        for (obligation, wanted) in cases {
            let request = CreateObligationRequest {
                obligation: Some(obligation),
                obligation_id: "refused".to_owned(),
                ..CreateObligationRequest::default()
            };
            let refusal = client.create_obligation(request).await.unwrap_err();
            let found = format!("{} {}", fields(&refusal).join(","), reason(&refusal));
            assert_eq!(found, format!("obligation.{wanted}"));
        }
    })
    .await;
}

#[tokio::test]
async fn an_interval_ends_after_it_begins() {
    on_both(|url| async move {
        let running = serve(&url).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        let (from, to) = (Some(day((2024, 1, 1))), Some(day((2023, 1, 1))));
        let backwards = ListDueRequest { from, to, ..ListDueRequest::default() };
        let refusal = client.list_due(backwards).await.unwrap_err();
        assert_eq!(
            (reason(&refusal), fields(&refusal)),
            ("INTERVAL_INVALID".to_owned(), vec!["to".to_owned()])
        );
    })
    .await;
}
