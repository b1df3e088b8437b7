//! Briefs for a day: their content, and the gaps that they report.

use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::{Party, party};
use api::registan::partnership::v1::activity_count::Exactness;
use api::registan::partnership::v1::part_status::{Completeness, Gap, GapKind};
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::partnership::v1::{Brief, GetBriefRequest, PartStatus};
use api::registan::projects::v1::project::Status as ProjectStatus;
use api::registan::projects::v1::project_date::Kind as DateKind;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{Project, ProjectDate};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::recommendation_service_client::RecommendationServiceClient;
use api::registan::rights::v1::{Addressee, CreateRecommendationRequest, addressee};
use api::registan::rights::v1::{ListActivitiesRequest, Recommendation};
use api::registan::r#type::v1::external_id::Scheme;
use api::registan::r#type::v1::{Date, ExternalId, PartialDate};
use chassis::client::Connection;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::record::{Record, activity, citation, framework, project};

#[expect(clippy::unnecessary_wraps, reason = "messages hold it so")]
pub fn date(year: i32, month: i32, day: i32) -> Option<PartialDate> {
    Some(PartialDate { date: Some(Date { year, month, day }), ..PartialDate::default() })
}

pub fn next_year() -> i32 {
    i32::from(chassis::clock::today(&chassis::clock::SystemClock).year()) + 1
}

pub async fn ask(by: Connection, party: &str, day: Option<[i32; 3]>) -> Result<Brief, Status> {
    let as_of = day.map(|[year, month, day]| Date { year, month, day });
    let request = GetBriefRequest { party: party.to_owned(), as_of, ..GetBriefRequest::default() };
    PartnershipServiceClient::new(by).get_brief(request).await.map(tonic::Response::into_inner)
}

pub fn gaps(status: Option<&PartStatus>) -> Vec<GapKind> {
    let status = status.expect("a part has a status");
    let is_partial = status.completeness() == Completeness::Partial;
    assert_eq!(is_partial, !status.gaps.is_empty(), "{status:?}");
    status.gaps.iter().map(Gap::kind).collect()
}

pub async fn party(record: &Record, id: &str, kind: party::Kind) {
    let region = ExternalId {
        scheme: Scheme::Other.into(),
        value: "dac-recipient:619".to_owned(),
        ..ExternalId::default()
    };
    let party = Party {
        kind: kind.into(),
        display_name: id.to_owned(),
        external_ids: if kind == party::Kind::Region { vec![region] } else { Vec::new() },
        source: Some(citation()),
        ..Party::default()
    };
    record.create_party(id, party).await;
}

pub async fn projects(record: &Record, dates: &[&[(DateKind, [i32; 2])]]) {
    for (place, dates) in dates.iter().enumerate() {
        let mut request = project(place, "kz");
        let dates = dates.iter().map(|(kind, [year, month])| ProjectDate {
            kind: (*kind).into(),
            date: date(*year, *month, 0),
        });
        let fields = Project {
            status: ProjectStatus::Implementation.into(),
            dates: dates.collect(),
            ..request.project.take().expect("there is one")
        };
        request.project = Some(fields);
        let mut client = ProjectServiceClient::new(record.channel());
        client.create_project(request).await.expect("it is recorded");
    }
}

#[tokio::test]
async fn a_project_is_listed_from_the_day_on_which_it_began_or_was_announced() {
    use DateKind::{ActualStart, Announced, PlannedStart};
    let record = Record::start().await;
    let announced: &[_] = &[(Announced, [2025, 4])];
    projects(&record, &[&[(ActualStart, [2003, 0])], announced, &[], &[(PlannedStart, [2004, 0])]])
        .await;
    let listed = async |day| {
        let money = ask(record.channel(), "parties/kz", day).await.unwrap().money.unwrap();
        let projects = money.projects.iter().map(|it| (it.title.clone(), it.project_status()));
        let open: Vec<_> = money.undetermined.iter().map(|it| it.title.clone()).collect();
        (projects.collect::<Vec<_>>(), open, gaps(money.status.as_ref()))
    };
    let one = |place: usize, status| (format!("Project {place}"), status);

    let (projects, undetermined, missing) = listed(Some([2005, 1, 1])).await;
    assert_eq!(projects, [one(0, ProjectStatus::Implementation)]);
    assert_eq!(undetermined, ["Project 2", "Project 3"]);
    assert_eq!(missing, [GapKind::DayNotKnown]);

    let (projects, _, missing) = listed(Some([2025, 5, 1])).await;
    let unknown = one(1, ProjectStatus::Unspecified);
    assert_eq!(projects, [one(0, ProjectStatus::Implementation), unknown]);
    assert_eq!(missing, [GapKind::DayNotKnown, GapKind::StatusNotKnown]);

    let (projects, undetermined, missing) = listed(None).await;
    assert_eq!(projects.len(), 4, "what is recorded exists today");
    assert!(undetermined.is_empty() && missing.is_empty());
}

#[tokio::test]
async fn a_framework_is_named_from_the_day_on_which_it_was_adopted_if_that_is_known() {
    let record = Record::start().await;
    let mut client = FrameworkServiceClient::new(record.channel());
    let next = next_year();
    let adopted = [date(2020, 5, 1), date(2021, 0, 0), None, date(next, 3, 1), date(next, 0, 0)];
    for (place, adopted) in adopted.into_iter().enumerate() {
        let mut request = framework(place, "kz");
        request.framework.as_mut().expect("there is one").adopted = adopted;
        client.create_framework(request).await.expect("it is recorded");
    }
    let mut request = project(0, "kz");
    let fields = request.project.as_mut().expect("there is one");
    fields.frameworks = (0..5).map(|place| format!("frameworks/f{place}")).collect();
    let kind = DateKind::Announced.into();
    fields.dates = vec![ProjectDate { kind, date: date(2019, 1, 1) }];
    let mut client = ProjectServiceClient::new(record.channel());
    client.create_project(request).await.expect("it is recorded");
    let today = ["frameworks/f0", "frameworks/f1", "frameworks/f2"];

    for (day, named, undetermined) in [
        (Some([2020, 4, 30]), &[][..], &["frameworks/f2"][..]),
        (Some([2021, 6, 1]), &["frameworks/f0"], &["frameworks/f1", "frameworks/f2"]),
        (Some([2021, 12, 31]), &["frameworks/f0", "frameworks/f1"], &["frameworks/f2"]),
        (None, &today, &[]),
        (Some([next, 2, 1]), &today, &["frameworks/f4"]),
        (Some([next, 3, 1]), &[&today[..], &["frameworks/f3"]].concat(), &["frameworks/f4"]),
        (Some([next, 12, 31]), &[&today[..], &["frameworks/f3", "frameworks/f4"]].concat(), &[]),
    ] {
        let money = ask(record.channel(), "parties/kz", day).await.unwrap().money.unwrap();
        let [project] = &money.projects[..] else { panic!("{:?}", money.projects) };
        assert_eq!(project.frameworks, named, "{day:?}");
        assert_eq!(project.undetermined_frameworks, undetermined, "{day:?}");
        let is_told = gaps(money.status.as_ref()).contains(&GapKind::DayNotKnown);
        assert_eq!(is_told, !undetermined.is_empty(), "{day:?}");
    }
}

#[tokio::test]
async fn a_region_is_its_states_and_what_is_neither_is_refused() {
    let record = Record::start().await;
    party(&record, "region-619", party::Kind::Region).await;
    party(&record, "eu", party::Kind::Union).await;
    for (place, id) in ["kz", "tm"].into_iter().enumerate() {
        let government =
            Addressee { kind: addressee::Kind::Government.into(), ..Addressee::default() };
        let recommendation = Recommendation {
            issuer: "European Parliament".to_owned(),
            document: Some(citation()),
            adopted: date(2024, 1, 10 * i32::try_from(place).unwrap()),
            addressees: vec![government],
            parties: vec![format!("parties/{id}")],
            action: "Do it.".to_owned(),
            ..Recommendation::default()
        };
        let request = CreateRecommendationRequest {
            recommendation: Some(recommendation),
            recommendation_id: format!("r-{id}"),
            ..CreateRecommendationRequest::default()
        };
        let mut client = RecommendationServiceClient::new(record.channel());
        client.create_recommendation(request).await.unwrap();
    }

    let day = Some([2024, 1, 12]);
    let brief = ask(record.channel(), "parties/region-619", day).await.unwrap();
    let refused = ask(record.channel(), "parties/eu", day).await.unwrap_err();
    let later = ask(record.channel(), "parties/region-619", Some([2024, 1, 31])).await.unwrap();

    let law = brief.law.unwrap();
    let members: Vec<_> = law.members.iter().map(|it| it.party.as_str()).collect();
    assert_eq!(members, ["parties/kz", "parties/tm"]);
    assert_eq!(gaps(law.status.as_ref()), [GapKind::NotRecorded; 3]);
    let rights = brief.rights.unwrap();
    assert_eq!(rights.recommendations.len(), 1);
    assert_eq!(rights.undetermined, ["recommendations/r-kz"], "some day of January");
    assert_eq!(gaps(rights.status.as_ref()), [GapKind::DayNotKnown]);
    assert_eq!(later.rights.unwrap().recommendations.len(), 2);
    assert_eq!(refused.code(), Code::InvalidArgument);
    let violations = refused.get_details_bad_request().unwrap().field_violations;
    let first = &violations[0];
    assert_eq!((first.field.as_str(), first.reason.as_str()), ("party", "PARTY_KIND_INVALID"));
}

#[tokio::test]
async fn callers_without_a_name_are_not_told_small_counts() {
    let record = Record::start().await;
    let nobody = || Connection::to(&format!("http://{}", record.gateway.address)).unwrap();
    let visits = async |by: Connection| {
        let rights = ask(by, "parties/kz", Some([2025, 1, 1])).await.unwrap().rights.unwrap();
        let rows = rights.activities.iter().map(|it| (it.exactness(), it.count));
        (rows.collect::<Vec<_>>(), gaps(rights.status.as_ref()), rights.activities)
    };
    let none = visits(nobody()).await;
    let mut activities = ActivityServiceClient::new(record.channel());
    for place in 0..4 {
        activities.create_activity(activity(place, "kz")).await.unwrap();
    }

    let few = visits(nobody()).await;
    let named = visits(record.channel()).await;
    for place in 4..8 {
        activities.create_activity(activity(place, "kz")).await.unwrap();
    }
    let more = visits(nobody()).await;

    assert_eq!(none, few, "not even that there is one");
    assert_eq!(few.1, [GapKind::CountNotTold]);
    assert_eq!((named.0, named.1), (vec![(Exactness::Exact, 4)], vec![]));
    assert_eq!(more.0.iter().filter(|row| **row == (Exactness::AtLeast, 5)).count(), 1);
}

#[tokio::test]
async fn callers_without_a_name_are_not_told_in_which_part_of_a_year_something_was_done() {
    let record = Record::start().await;
    let nobody = || Connection::to(&format!("http://{}", record.gateway.address)).unwrap();
    let rights = async |by: Connection, day| {
        let mut rights = ask(by, "parties/kz", Some(day)).await.unwrap().rights.unwrap();
        rights.status.as_mut().unwrap().read_time = None;
        rights
    };
    let none = rights(nobody(), [2024, 6, 15]).await;
    let mut activities = ActivityServiceClient::new(record.channel());
    activities.create_activity(activity(0, "kz")).await.unwrap();

    let one = rights(nobody(), [2024, 6, 15]).await;
    let named = rights(record.channel(), [2024, 6, 15]).await;
    for place in 1..5 {
        activities.create_activity(activity(place, "kz")).await.unwrap();
    }
    let five = rights(nobody(), [2024, 12, 31]).await;
    let year_after = rights(nobody(), [2025, 1, 1]).await;

    assert_eq!(none, one, "not even that there is one without an exact date");
    assert_eq!(gaps(named.status.as_ref()), [GapKind::DayNotKnown]);
    assert_eq!(none, five, "not even that there are five in this year");
    assert!(year_after.activities.iter().any(|it| it.count == 5));
}

/// A day to come must not tell what was done in the year that is not over.
#[tokio::test]
async fn callers_without_a_name_are_told_no_more_by_asking_for_a_day_to_come() {
    let record = Record::start().await;
    let nobody = || Connection::to(&format!("http://{}", record.gateway.address)).unwrap();
    let rights = async |by: Connection, year| {
        let rights = ask(by, "parties/kz", Some([year, 1, 1])).await.unwrap().rights.unwrap();
        let rows = rights.activities.iter().map(|it| (it.kind(), it.exactness(), it.count));
        (rows.collect::<Vec<_>>(), gaps(rights.status.as_ref()))
    };
    let next = next_year();
    let before = [rights(nobody(), next).await, rights(nobody(), next + 1).await];
    let mut activities = ActivityServiceClient::new(record.channel());
    for place in 0..5 {
        let mut request = activity(place, "kz");
        request.activity.as_mut().expect("there is one").date = date(next - 1, 0, 0);
        activities.create_activity(request).await.unwrap();
    }

    let after = [rights(nobody(), next).await, rights(nobody(), next + 1).await];
    let (named, _) = rights(record.channel(), next).await;

    assert_eq!(after, before);
    assert!(
        named.iter().any(|(_, exactness, count)| (*exactness, *count) == (Exactness::Exact, 5))
    );
    let mut list = ActivityServiceClient::new(nobody());
    let public = list.list_activities(ListActivitiesRequest::default()).await.unwrap();
    assert_eq!(public.into_inner().activities.len(), 5, "the brief is veiled, not the list");
}
