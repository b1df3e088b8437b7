//! Duties: where they stand on a day, what is overdue, what is due, and only for whoever may know.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::body_service_client::BodyServiceClient;
use api::registan::agreements::v1::meeting_service_client::MeetingServiceClient;
use api::registan::agreements::v1::obligation::{Kind, Strength};
use api::registan::agreements::v1::obligation_service_client::ObligationServiceClient;
use api::registan::agreements::v1::obligation_status::State;
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, CreateBodyRequest, CreateMeetingRequest,
    CreateObligationRequest, DueItem, Fulfilment, GetDueCalendarRequest,
    GetObligationStatusRequest, ListDueRequest, ListOverdueRequest, ListOverdueResponse, Meeting,
    Milestone, Obligation, ObligationStatus, UpdateObligationRequest, agreement, fulfilment,
    meeting, milestone, party,
};
use api::registan::options::v1::Tier;
use api::registan::r#type::v1::{Date, PartialDate};
use chassis::client::Connection;
use prost_types::FieldMask;
use tonic::Code;

use crate::support::{Running, citation, on_both, party, reason, serve};

pub type Client = ObligationServiceClient<Connection>;
pub type Parts = (i32, i32, i32);

pub fn day((year, month, day): Parts) -> Date {
    Date { year, month, day }
}

pub fn date(parts: Parts) -> PartialDate {
    PartialDate { date: Some(day(parts)), ..PartialDate::default() }
}

/// A duty of Kazakhstan under an agreement, due once.
pub fn duty(under: &str, due: Parts) -> Obligation {
    Obligation {
        kind: Kind::Report.into(),
        title: format!("Report due {due:?}"),
        strength: Strength::Shall.into(),
        bearers: vec!["parties/kz".to_owned()],
        parties: vec!["parties/kz".to_owned()],
        under: under.to_owned(),
        due: Some(date(due)),
        source: Some(citation("an agreement")),
        ..Obligation::default()
    }
}

async fn create(client: &mut Client, id: &str, obligation: Obligation) -> Obligation {
    let request = CreateObligationRequest {
        obligation: Some(obligation),
        obligation_id: id.to_owned(),
        ..CreateObligationRequest::default()
    };
    client.create_obligation(request).await.unwrap().into_inner()
}

/// An agreement that is in force from 2020 until the end of 2029, and one that was never signed.
pub async fn law(running: &mut Running) {
    running.parties.create_party(party("kz", party::Kind::State)).await.unwrap();
    let milestone = |kind: milestone::Kind, on: Parts| Milestone {
        kind: kind.into(),
        date: Some(date(on)),
        source: Some(citation("a journal")),
        ..Milestone::default()
    };
    let in_force = vec![
        milestone(milestone::Kind::InForce, (2020, 1, 1)),
        milestone(milestone::Kind::Expired, (2030, 1, 1)),
    ];
    let initialled = vec![milestone(milestone::Kind::Initialled, (2020, 1, 1))];
    for (id, milestones) in [("law", in_force), ("draft", initialled)] {
        let agreement = Agreement {
            kind: agreement::Kind::PartnershipAndCooperation.into(),
            title: format!("Agreement {id}"),
            binding: true,
            milestones,
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
}

pub async fn overdue(client: &mut Client, filter: &str, on: Parts) -> ListOverdueResponse {
    let filter = filter.to_owned();
    let request = ListOverdueRequest { filter, as_of: Some(day(on)), ..Default::default() };
    client.list_overdue(request).await.unwrap().into_inner()
}

pub fn ids(response: &ListOverdueResponse) -> Vec<String> {
    let all = response.obligations.iter().map(|one| one.obligation.as_ref().unwrap());
    all.map(|one| one.name.trim_start_matches("obligations/").to_owned()).collect()
}

pub async fn due(client: &mut Client, filter: &str, from: Parts, to: Parts) -> Vec<DueItem> {
    let filter = filter.to_owned();
    let request =
        ListDueRequest { filter, from: Some(day(from)), to: Some(day(to)), read_time: None };
    let mut answers = client.list_due(request).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(one) = answers.message().await.unwrap() {
        all.push(one);
    }
    all
}

pub async fn status(client: &mut Client, id: &str, on: Parts) -> ObligationStatus {
    let request = GetObligationStatusRequest {
        name: format!("obligations/{id}"),
        as_of: Some(day(on)),
        read_time: None,
    };
    client.get_obligation_status(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn what_binds_and_is_not_done_is_overdue_at_any_read_time() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        law(&mut running).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        create(&mut client, "later", duty("agreements/law", (2024, 3, 1))).await;
        let before = create(&mut client, "first", duty("agreements/law", (2024, 1, 1))).await;
        create(&mut client, "unbound", duty("agreements/draft", (2024, 1, 1))).await;
        create(&mut client, "inexact", duty("agreements/law", (2024, 0, 0))).await;

        let found = overdue(&mut client, "", (2024, 6, 30)).await;
        assert_eq!(ids(&found), ["first", "later"]);
        let first = found.obligations[0].status.as_ref().unwrap();
        assert_eq!((first.state(), first.overdue), (State::Overdue, 1));
        assert_eq!(first.overdue_since, Some(date((2024, 1, 1))));
        let kept = found.obligations[0].obligation.as_ref().unwrap();
        assert_eq!((&kept.etag, &kept.uid), (&before.etag, &before.uid));
        assert_eq!(ids(&overdue(&mut client, "", (2025, 1, 1)).await).len(), 3);
        assert!(ids(&overdue(&mut client, "", (2030, 1, 1)).await).is_empty(), "it has expired");
        assert_eq!(
            ids(&overdue(&mut client, "due > \"2024-02-01\"", (2024, 6, 30)).await),
            ["later"]
        );

        let mut done = kept.clone();
        done.fulfilments = vec![Fulfilment {
            kind: fulfilment::Kind::Done.into(),
            done: Some(date((2024, 2, 1))),
            source: Some(citation("a report")),
            ..Fulfilment::default()
        }];
        let request = UpdateObligationRequest {
            obligation: Some(done),
            update_mask: Some(FieldMask { paths: vec!["fulfilments".to_owned()] }),
            ..UpdateObligationRequest::default()
        };
        client.update_obligation(request).await.unwrap();
        assert_eq!(ids(&overdue(&mut client, "", (2024, 6, 30)).await), ["later"]);
        assert_eq!(ids(&overdue(&mut client, "", (2024, 1, 15)).await), ["first"], "not yet");
        let request = ListOverdueRequest {
            as_of: Some(day((2024, 6, 30))),
            read_time: found.read_time,
            ..ListOverdueRequest::default()
        };
        let then = client.list_overdue(request).await.unwrap().into_inner();
        assert_eq!(ids(&then), ["first", "later"], "as the record stood before");

        for (id, state) in [
            ("first", State::DoneLate),
            ("later", State::Overdue),
            ("unbound", State::NotBinding),
            ("inexact", State::Unknown),
        ] {
            let status = status(&mut client, id, (2024, 6, 30)).await;
            assert_eq!(status.state(), state, "{id}: {status:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_hold_for_one_day_and_only_what_a_caller_may_read() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        law(&mut running).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        let mut hidden = String::new();
        for number in 1..=5 {
            let mut one = duty("agreements/law", (2024, 1, number));
            let mut id = format!("duty-{number}");
            if number == 2 {
                one.tier = Tier::Restricted.into();
                id = String::new();
            }
            let created = create(&mut client, &id, one).await;
            if number == 2 {
                hidden = created.name;
            }
            let future = duty("agreements/law", (2025, 1, number));
            create(&mut client, &format!("future-{number}"), future).await;
        }
        let mut anonymous = ObligationServiceClient::new(running.nobody.clone());

        assert_eq!(ids(&overdue(&mut client, "", (2024, 6, 30)).await).len(), 5);
        let public = ["duty-1", "duty-3", "duty-4", "duty-5"];
        assert_eq!(ids(&overdue(&mut anonymous, "", (2024, 6, 30)).await), public);
        let name = hidden.clone();
        let asked = GetObligationStatusRequest { name, ..GetObligationStatusRequest::default() };
        let refusal = anonymous.get_obligation_status(asked).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);

        let (mut request, mut all) = (ListOverdueRequest::default(), Vec::new());
        request.as_of = Some(day((2024, 6, 30)));
        request.page_size = 2;
        loop {
            let page = client.list_overdue(request.clone()).await.unwrap().into_inner();
            assert!(page.obligations.len() <= 2);
            all.extend(ids(&page));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
            let other = ListOverdueRequest { as_of: Some(day((2024, 7, 1))), ..request.clone() };
            let refusal = client.list_overdue(other).await.unwrap_err();
            assert_eq!(reason(&refusal), "PAGE_TOKEN_MISMATCH");
            // Later pages keep the day of the first.
            request.as_of = None;
        }
        let secret = hidden.trim_start_matches("obligations/");
        assert_eq!(all, ["duty-1", secret, "duty-3", "duty-4", "duty-5"]);

        let found = due(&mut anonymous, "", (2024, 1, 1), (2024, 12, 31)).await;
        let found: Vec<&str> = found.iter().map(|one| one.obligation.as_str()).collect();
        assert_eq!(found, public.map(|id| format!("obligations/{id}")));
        let request = ListOverdueRequest { page_token: "x".to_owned(), ..Default::default() };
        let refusal = client.list_overdue(request).await.unwrap_err();
        assert_eq!(reason(&refusal), "PAGE_TOKEN_INVALID");
    })
    .await;
}

/// A council with a meeting that was held, one that was called off and one that is planned.
async fn council(running: &Running) {
    let mut bodies = BodyServiceClient::new(running.connection.clone());
    let body = api::registan::agreements::v1::Body {
        kind: api::registan::agreements::v1::body::Kind::CooperationCouncil.into(),
        title: "A council".to_owned(),
        source: Some(citation("an agreement")),
        ..Default::default()
    };
    let request = CreateBodyRequest {
        body: Some(body),
        body_id: "council".to_owned(),
        ..CreateBodyRequest::default()
    };
    bodies.create_body(request).await.unwrap();
    let mut meetings = MeetingServiceClient::new(running.connection.clone());
    for (id, state, on) in [
        ("one", meeting::State::Held, (2024, 5, 31)),
        ("off", meeting::State::Cancelled, (2025, 1, 31)),
        ("two", meeting::State::Planned, (2025, 6, 30)),
    ] {
        let meeting = Meeting {
            body: "bodies/council".to_owned(),
            state: state.into(),
            date: Some(date(on)),
            source: Some(citation("an agenda")),
            ..Meeting::default()
        };
        let request = CreateMeetingRequest {
            meeting: Some(meeting),
            meeting_id: id.to_owned(),
            ..CreateMeetingRequest::default()
        };
        meetings.create_meeting(request).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_due_before_meetings_and_by_the_calendar_is_sent_in_the_order_of_days() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        law(&mut running).await;
        council(&running).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        let agenda = Obligation {
            due: None,
            before_meetings_of: "bodies/council".to_owned(),
            days_before: 15,
            title: "Agenda, with items; and a \\".to_owned(),
            ..duty("agreements/law", (2024, 1, 1))
        };
        create(&mut client, "agenda", agenda).await;
        let yearly = Obligation { every_months: 12, ..duty("agreements/law", (2023, 12, 31)) };
        create(&mut client, "yearly", yearly).await;

        let found = due(&mut client, "parties:\"parties/kz\"", (2024, 1, 1), (2032, 1, 1)).await;
        let lines: Vec<String> = found
            .iter()
            .map(|one| {
                let Date { year, month, day } = one.due.as_ref().unwrap().date.unwrap();
                format!("{} {} {year}-{month}-{day} {}", one.obligation, one.number, one.meeting)
            })
            .collect();
        let wanted = [
            "obligations/agenda 1 2024-5-16 meetings/one",
            "obligations/yearly 2 2024-12-31 ",
            "obligations/agenda 2 2025-6-15 meetings/two",
            "obligations/yearly 3 2025-12-31 ",
            "obligations/yearly 4 2026-12-31 ",
            "obligations/yearly 5 2027-12-31 ",
            "obligations/yearly 6 2028-12-31 ",
            "obligations/yearly 7 2029-12-31 ",
        ];
        assert_eq!(lines, wanted, "until the agreement expires");
        let agenda = status(&mut client, "agenda", (2024, 6, 1)).await;
        assert_eq!((agenda.state(), agenda.overdue), (State::Overdue, 1));
        assert_eq!(agenda.next_due, Some(date((2025, 6, 15))));

        let request = GetDueCalendarRequest {
            from: Some(day((2025, 1, 1))),
            to: Some(day((2025, 12, 31))),
            ..GetDueCalendarRequest::default()
        };
        let calendar = client.get_due_calendar(request).await.unwrap().into_inner();
        assert_eq!((calendar.events, &*calendar.media_type), (2, "text/calendar; charset=utf-8"));
        let content = calendar.content;
        for line in [
            "UID:agenda.two@registan\r\n",
            "UID:yearly.3@registan\r\n",
            "DTSTART;VALUE=DATE:20250615\r\nDTEND;VALUE=DATE:20250616\r\n",
            "SUMMARY:Agenda\\, with items\\; and a \\\\\r\n",
        ] {
            assert!(content.contains(line), "{line} is not in {content}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_overdue_duties_counts_those_that_may_be() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        law(&mut running).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        let mut unseen = duty("agreements/law", (2024, 1, 1));
        unseen.performance_unknown = true;
        for (id, one) in [
            ("unseen", unseen),
            ("inexact", duty("agreements/law", (2024, 0, 0))),
            ("to-come", duty("agreements/law", (2025, 1, 1))),
            ("unbound", duty("agreements/draft", (2024, 1, 1))),
        ] {
            create(&mut client, id, one).await;
        }

        let found = overdue(&mut client, "", (2024, 6, 30)).await;
        assert!(found.obligations.is_empty(), "{found:?}");
        assert_eq!((found.perhaps_overdue, found.not_looked_up), (2, 1));
        let before = overdue(&mut client, "", (2023, 6, 30)).await;
        assert_eq!((before.perhaps_overdue, before.not_looked_up), (0, 0));
    })
    .await;
}
