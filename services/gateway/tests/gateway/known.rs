//! Briefs of what was known on a day.

use api::registan::agreements::v1::source_service_client::SourceServiceClient;
use api::registan::agreements::v1::{CreateSourceRequest, Party, Source, party, source};
use api::registan::partnership::v1::part_status::GapKind;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::partnership::v1::{Brief, GetBriefRequest};
use api::registan::projects::v1::project_date::Kind as DateKind;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{Project, ProjectDate};
use api::registan::r#type::v1::{Date, PartialDate, SourceRef};
use prost_types::Timestamp;
use tonic::Status;
use tonic_types::StatusExt;

use crate::record::{Record, citation, project};

const fn day(month: i32, day: i32) -> Date {
    Date { year: 2024, month, day }
}

/// Records a source of a day, and a project that rests on it.
async fn record(record: &Record, place: usize, published: Date) {
    let date = PartialDate { date: Some(published), ..PartialDate::default() };
    let source = Source {
        kind: source::Kind::Press.into(),
        title: format!("Source {place}"),
        published: Some(date),
        ..Source::default()
    };
    let request = CreateSourceRequest {
        source: Some(source),
        source_id: format!("s{place}"),
        ..CreateSourceRequest::default()
    };
    let mut sources = SourceServiceClient::new(record.channel());
    sources.create_source(request).await.expect("it is recorded");
    let mut request = project(place, "kz");
    let start = PartialDate { date: Some(day(1, 1)), ..PartialDate::default() };
    let fields = Project {
        dates: vec![ProjectDate { kind: DateKind::ActualStart.into(), date: Some(start) }],
        source: Some(SourceRef { source: format!("sources/s{place}"), ..SourceRef::default() }),
        ..request.project.take().expect("there is one")
    };
    request.project = Some(fields);
    let mut projects = ProjectServiceClient::new(record.channel());
    projects.create_project(request).await.expect("it is recorded");
}

async fn ask(record: &Record, known_by: Option<Date>) -> Result<Brief, Status> {
    let request = GetBriefRequest {
        party: "parties/kz".to_owned(),
        as_of: Some(day(6, 1)),
        known_by,
        ..GetBriefRequest::default()
    };
    let mut client = PartnershipServiceClient::new(record.channel());
    client.get_brief(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_brief_is_of_what_was_known() {
    let suite = Record::start().await;
    record(&suite, 1, day(1, 12)).await;
    record(&suite, 2, day(1, 17)).await;

    for (known_by, titles, without_sums) in [
        (None, vec!["Project 1", "Project 2"], false),
        (Some(day(1, 17)), vec!["Project 1", "Project 2"], true),
        (Some(day(1, 16)), vec!["Project 1"], true),
        (Some(day(1, 11)), vec![], true),
    ] {
        let brief = ask(&suite, known_by).await.expect("a brief");
        assert_eq!(brief.known_by, known_by);
        let law = brief.law.expect("the law");
        // Its source is only cited, so that nobody can say since when it was known.
        assert_eq!(law.party.is_none(), known_by.is_some(), "{known_by:?}");
        let law = law.legal_basis.expect("a legal basis");
        assert_eq!(law.known_by, known_by);
        let money = brief.money.expect("the money");
        let found: Vec<_> = money.projects.iter().map(|it| it.title.as_str()).collect();
        assert_eq!(found, titles, "{known_by:?}");
        let gaps = money.status.expect("a status").gaps;
        let is_told = gaps.iter().any(|gap| gap.kind() == GapKind::SumNotKnown);
        assert_eq!(is_told, without_sums, "{known_by:?}");
    }
    let refusal = ask(&suite, Some(day(1, 0))).await.unwrap_err();
    let violations = refusal.get_details_bad_request().expect("the field").field_violations;
    assert_eq!(violations[0].field, "known_by");
}

/// Once, a party without a code was answered as of now: nobody is asked for its money.
#[tokio::test]
async fn an_instant_in_the_future_is_refused_for_a_party_without_a_code_too() {
    let suite = Record::start().await;
    let former = Party {
        kind: party::Kind::FormerState.into(),
        display_name: "A union that is no more".to_owned(),
        source: Some(citation()),
        ..Party::default()
    };
    suite.create_party("su", former).await;
    let mut client = PartnershipServiceClient::new(suite.channel());
    let of = |read_time| GetBriefRequest {
        party: "parties/su".to_owned(),
        read_time,
        ..GetBriefRequest::default()
    };
    let future = Some(Timestamp { seconds: 4_102_444_800, nanos: 0 });

    let now = client.get_brief(of(None)).await.expect("a brief").into_inner();
    let refusal = client.get_brief(of(future)).await.unwrap_err();

    let gaps = now.money.and_then(|part| part.status).expect("a status").gaps;
    assert_eq!(gaps[0].kind(), GapKind::NotRecorded);
    assert_eq!(refusal.get_details_error_info().unwrap().reason, "READ_TIME_INVALID");
}
