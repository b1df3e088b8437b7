//! Meetings: who took part, by function, and what came of them: the act that holds a decision.

use api::registan::agreements::v1::body_service_client::BodyServiceClient;
use api::registan::agreements::v1::meeting_service_client::MeetingServiceClient;
use api::registan::agreements::v1::{
    Act, Body, CreateActRequest, CreateBodyRequest, CreateMeetingRequest, ListMeetingsRequest,
    Meeting, MeetingOutcome, MeetingParticipant, act, body, meeting, meeting_outcome, party,
};
use api::registan::r#type::v1::{Date, PartialDate};
use tonic::Code;

use crate::support::{citation, fields, on_both, party, reason, serve};

fn council(resource: &str) -> CreateMeetingRequest {
    let participant = |function: &str, of: &str, chair| MeetingParticipant {
        function: function.to_owned(),
        party: format!("parties/{of}"),
        chair,
    };
    let outcome = MeetingOutcome {
        kind: meeting_outcome::Kind::Decision.into(),
        title: "Rules of procedure".to_owned(),
        resource: resource.to_owned(),
        source: None,
    };
    let meeting = Meeting {
        body: "bodies/council".to_owned(),
        number: 1,
        state: meeting::State::Held.into(),
        date: Some(PartialDate {
            date: Some(Date { year: 2021, month: 5, day: 10 }),
            ..PartialDate::default()
        }),
        participants: vec![
            participant("High Representative", "eu", true),
            participant("Minister of Foreign Affairs", "kz", false),
        ],
        outcomes: vec![outcome],
        source: Some(citation("a press release")),
        ..Meeting::default()
    };
    CreateMeetingRequest {
        meeting: Some(meeting),
        meeting_id: "council-1".to_owned(),
        ..CreateMeetingRequest::default()
    }
}

#[tokio::test]
async fn a_decision_of_a_body_is_the_act_that_holds_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for (id, kind) in [("eu", party::Kind::Union), ("kz", party::Kind::State)] {
            running.parties.create_party(party(id, kind)).await.unwrap();
        }
        let body = Body {
            kind: body::Kind::CooperationCouncil.into(),
            title: "Council".to_owned(),
            parties: vec!["parties/kz".to_owned()],
            source: Some(citation("a treaty")),
            ..Body::default()
        };
        let request = CreateBodyRequest {
            body: Some(body),
            body_id: "council".to_owned(),
            ..CreateBodyRequest::default()
        };
        let mut bodies = BodyServiceClient::new(running.connection.clone());
        bodies.create_body(request).await.unwrap();
        let decision = Act {
            kind: act::Kind::Decision.into(),
            title: "Decision 1 of the council".to_owned(),
            source: Some(citation("a journal")),
            ..Act::default()
        };
        let request = CreateActRequest {
            act: Some(decision),
            act_id: "decision-1".to_owned(),
            ..CreateActRequest::default()
        };
        running.acts.create_act(request).await.unwrap();
        let mut meetings = MeetingServiceClient::new(running.connection.clone());

        let missing = meetings.create_meeting(council("acts/absent")).await.unwrap_err();
        assert_eq!(missing.code(), Code::FailedPrecondition);
        assert_eq!(reason(&missing), "REFERENCE_MISSING");
        let wrong = meetings.create_meeting(council("projects/x")).await.unwrap_err();
        assert_eq!(fields(&wrong), ["meeting.outcomes[0].resource"]);
        let created = meetings.create_meeting(council("acts/decision-1")).await.unwrap();
        let created = created.into_inner();

        let chair = &created.participants[0];
        assert_eq!((&*chair.function, chair.chair), ("High Representative", true));
        let request = ListMeetingsRequest {
            filter: "outcomes.resource:\"acts/decision-1\"".to_owned(),
            ..ListMeetingsRequest::default()
        };
        let found = meetings.list_meetings(request).await.unwrap().into_inner().meetings;
        assert_eq!(found, [created]);
    })
    .await;
}
