//! One watch over the three services.

use std::time::{Duration, Instant};

use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::{DeleteFrameworkRequest, Framework, UpdateFrameworkRequest};
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::partnership::v1::watch_response::Resource;
use api::registan::partnership::v1::{Brief, GetBriefRequest, ResourceKind, WatchRequest};
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{DeleteProjectRequest, Project, UpdateProjectRequest};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::r#type::v1::{ChangeKind, Date};
use chassis::client::Connection;
use prost::Message;
use tokio::time::timeout;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::record::{Fold, Record, activity, framework, next, next_event, project, surely};

/// How many of each kind are made.
const MADE: usize = 60;

/// Creates in all three services, changes every third and deletes every fifth.
async fn write(channel: Connection, from: usize, to: usize) {
    for place in from..to {
        let frameworks = || FrameworkServiceClient::new(channel.clone());
        let projects = || ProjectServiceClient::new(channel.clone());
        surely(async || frameworks().create_framework(framework(place, "kz")).await).await;
        surely(async || projects().create_project(project(place, "tm")).await).await;
        let activities = || ActivityServiceClient::new(channel.clone());
        surely(async || activities().create_activity(activity(place, "kz")).await).await;
        if place % 3 == 0 {
            let changed = Framework {
                name: format!("frameworks/f{place}"),
                note: "changed".to_owned(),
                ..Framework::default()
            };
            let request = UpdateFrameworkRequest { framework: Some(changed), ..Default::default() };
            surely(async || frameworks().update_framework(request.clone()).await).await;
            let changed = Project {
                name: format!("projects/p{place}"),
                title: "Changed".to_owned(),
                ..Project::default()
            };
            let request = UpdateProjectRequest { project: Some(changed), ..Default::default() };
            surely(async || projects().update_project(request.clone()).await).await;
        }
        if place % 5 == 0 {
            let name = format!("frameworks/f{place}");
            let request = DeleteFrameworkRequest { name, ..Default::default() };
            surely(async || frameworks().delete_framework(request.clone()).await).await;
            let name = format!("projects/p{place}");
            let request = DeleteProjectRequest { name, ..Default::default() };
            surely(async || projects().delete_project(request.clone()).await).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_is_killed_and_resumed_misses_and_repeats_nothing() {
    let mut record = Record::start().await;
    // Enough for a snapshot of several reads.
    write(record.channel(), 0, MADE / 2).await;
    let (channel, here) = (record.channel(), tokio::runtime::Handle::current());
    let writer = tokio::task::spawn_blocking(move || here.block_on(write(channel, MADE / 2, MADE)));
    let (mut fold, mut resume_token, mut resumed) = (Fold::default(), String::new(), 0_usize);
    let mut until_kill = 1_usize;

    let until = Instant::now() + Duration::from_mins(1);
    loop {
        let request = WatchRequest { resume_token: resume_token.clone(), ..Default::default() };
        let mut stream = record.watch(request).await.unwrap();
        // Spread by a fixed rule, so that a failure can be seen again.
        until_kill = (until_kill * 7 + 3) % 23;
        for _ in 0..=until_kill {
            let event = next(&mut stream).await.unwrap().unwrap();
            fold.take(&event);
            let is_quiet = event.kind() == ChangeKind::Heartbeat;
            resume_token = event.resume_token;
            if is_quiet && writer.is_finished() {
                break;
            }
        }
        drop(stream);
        resumed += 1;
        if resumed == 4 {
            record.stop_projects().await;
            record.start_projects().await;
        }
        if writer.is_finished() && fold == record.listed().await {
            break;
        }
        assert!(Instant::now() < until, "{fold:?} is not {:?}", record.listed().await);
    }

    writer.await.unwrap();
    assert!(resumed > 5 && fold.0.len() > 2 * MADE, "{resumed}, {}", fold.0.len());
    // Nothing comes after the end.
    let request = WatchRequest { resume_token, ..Default::default() };
    let mut stream = record.watch(request).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().unwrap().kind(), ChangeKind::Heartbeat);
    assert!(timeout(Duration::from_secs(1), stream.message()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_restarts_is_not_noticed() {
    let mut record = Record::start().await;
    let mut stream = record.watch(WatchRequest::default()).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().unwrap().kind(), ChangeKind::Heartbeat);

    record.stop_projects().await;
    FrameworkServiceClient::new(record.channel())
        .create_framework(framework(1, "kz"))
        .await
        .unwrap();
    let meanwhile = next_event(&mut stream).await;
    record.start_projects().await;
    let client = ProjectServiceClient::new(record.channel());
    surely(async || client.clone().create_project(project(1, "kz")).await).await;
    let after = next_event(&mut stream).await;

    assert!(matches!(meanwhile.resource, Some(Resource::Framework(_))), "{meanwhile:?}");
    assert!(matches!(after.resource, Some(Resource::Project(_))), "{after:?}");
    assert_eq!(after.kind(), ChangeKind::Added);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stays_away_ends_the_watch_and_is_named() {
    let mut record = Record::start().await;
    let mut stream = record.watch(WatchRequest::default()).await.unwrap();
    let first = next(&mut stream).await.unwrap().unwrap();
    record.stop_projects().await;
    let stopped = Instant::now();

    let (mut heartbeats, end) = loop_to_end(&mut stream).await;

    assert!(stopped.elapsed() > Duration::from_secs(28), "{:?}", stopped.elapsed());
    assert_eq!(end.code(), Code::Unavailable, "{end}");
    let info = end.get_details_error_info().unwrap();
    assert_eq!((&*info.reason, &*info.metadata["service"]), ("SERVICE_UNAVAILABLE", "projects"));
    assert!(end.get_details_retry_info().unwrap().retry_delay.is_some());
    // What is not known to have been sent is not said to have been sent.
    assert!(heartbeats.len() >= 2, "{heartbeats:?}");
    heartbeats.dedup();
    assert_eq!(heartbeats, [first.read_time]);
    record.start_projects().await;
    let resume_token = first.resume_token;
    record.watch(WatchRequest { resume_token, ..Default::default() }).await.unwrap();
}

type Times = Vec<Option<prost_types::Timestamp>>;

/// The read times of heartbeats up to the refusal that ends a watch.
async fn loop_to_end(
    stream: &mut tonic::Streaming<api::registan::partnership::v1::WatchResponse>,
) -> (Times, Status) {
    let mut heartbeats = Vec::new();
    loop {
        match next(stream).await {
            Ok(event) => heartbeats.push(event.expect("it does not end with OK").read_time),
            Err(status) => return (heartbeats, status),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_leaves_out_the_others() {
    let record = Record::start().await;
    let mut frameworks = FrameworkServiceClient::new(record.channel());
    let mut projects = ProjectServiceClient::new(record.channel());
    let mut activities = ActivityServiceClient::new(record.channel());
    for (place, party) in ["kz", "tm", "kz", "tm"].into_iter().enumerate() {
        frameworks.create_framework(framework(place, party)).await.unwrap();
        projects.create_project(project(place, party)).await.unwrap();
        activities.create_activity(activity(place, party)).await.unwrap();
    }
    let kinds = [
        ResourceKind::Party,
        ResourceKind::Activity,
        ResourceKind::Project,
        ResourceKind::Framework,
        ResourceKind::Recommendation,
        ResourceKind::Agreement,
    ];
    let request = WatchRequest {
        party: "parties/kz".to_owned(),
        kinds: kinds.map(Into::into).to_vec(),
        ..Default::default()
    };

    let mut stream = record.watch(request).await.unwrap();

    let mut names = Vec::new();
    loop {
        let event = next(&mut stream).await.unwrap().unwrap();
        if event.kind() == ChangeKind::Heartbeat {
            break;
        }
        assert_eq!(event.kind(), ChangeKind::Standing);
        names.push(match event.resource.unwrap() {
            Resource::Party(it) => it.name,
            Resource::Framework(it) => it.name,
            Resource::Project(it) => it.name,
            Resource::Activity(it) => it.delegation,
            other => panic!("{other:?}"),
        });
    }
    names.sort();
    let expected = [
        "Delegation 0",
        "Delegation 2",
        "frameworks/f0",
        "frameworks/f2",
        "parties/kz",
        "projects/p0",
        "projects/p2",
    ];
    assert_eq!(names, expected);
    projects.create_project(project(8, "tm")).await.unwrap();
    projects.create_project(project(9, "kz")).await.unwrap();
    let Some(Resource::Project(added)) = next_event(&mut stream).await.resource else { panic!() };
    assert_eq!(added.name, "projects/p9");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_can_be_watched() {
    let record = Record::start().await;
    let request = WatchRequest { kinds: (1..=9).collect(), ..Default::default() };

    let mut stream = record.watch(request).await.unwrap();

    for _ in 0..2 {
        let event = next(&mut stream).await.unwrap().unwrap();
        assert!(matches!(event.resource, Some(Resource::Party(_))), "{event:?}");
    }
    assert_eq!(next(&mut stream).await.unwrap().unwrap().kind(), ChangeKind::Heartbeat);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_question_and_a_broken_one_are_refused() {
    let record = Record::start().await;
    let question = WatchRequest {
        party: "parties/kz".to_owned(),
        kinds: vec![ResourceKind::Project.into()],
        filter: "title:\"x\"".to_owned(),
        resume_token: String::new(),
    };
    let mut stream = record.watch(question.clone()).await.unwrap();
    let resume_token = next(&mut stream).await.unwrap().unwrap().resume_token;
    let asked = WatchRequest { resume_token, ..question };
    record.watch(asked.clone()).await.unwrap();
    let kinds = |kinds: &[i32]| kinds.to_vec();
    let of = |change: &dyn Fn(&mut WatchRequest)| {
        let mut request = asked.clone();
        change(&mut request);
        request
    };
    let cases = [
        (of(&|it| it.party = "parties/tm".to_owned()), "RESUME_TOKEN_MISMATCH", "`party`"),
        (of(&|it| it.kinds = kinds(&[1, 5])), "RESUME_TOKEN_MISMATCH", "`kinds`"),
        (of(&|it| it.filter = String::new()), "RESUME_TOKEN_MISMATCH", "`filter`"),
        (of(&|it| it.resume_token = "forged".to_owned()), "RESUME_TOKEN_INVALID", "again"),
        (of(&|it| it.resume_token = "A".repeat(200_000)), "RESUME_TOKEN_INVALID", "again"),
        (of(&|it| it.party = "parties/KZ".to_owned()), "NAME_INVALID", "parties/kz?"),
        (of(&|it| it.kinds = kinds(&[0])), "KIND_INVALID", "kinds[0]"),
        (of(&|it| it.kinds = kinds(&[5, 77])), "KIND_INVALID", "kinds[1]"),
        (of(&|it| it.kinds = kinds(&[5, 6])), "KIND_WITHOUT_PARTY", "no transaction"),
    ];
    for (request, reason, part) in cases {
        let refusal = record.watch(request).await.unwrap_err();
        assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal}");
        assert_eq!(refusal.get_details_error_info().unwrap().reason, reason);
        assert!(refusal.message().contains(part), "{refusal}");
    }
    // An activity has no field `title`.
    let request = of(&|it| {
        it.kinds = kinds(&[5, 9]);
        it.resume_token = String::new();
    });
    let refusal = record.watch(request).await.unwrap_err();
    let info = refusal.get_details_error_info().unwrap();
    assert_eq!((&*info.reason, &*info.metadata["kind"]), ("FILTER_INVALID", "activity"));
    assert!(refusal.message().starts_with("activity: "), "{refusal}");
}

/// Once, the condition of the party made a filter that the contract allows too long.
#[tokio::test(flavor = "multi_thread")]
async fn the_condition_of_a_party_is_no_part_of_the_longest_filter() {
    let record = Record::start().await;
    let request = |length: usize| {
        let condition = "title = \"x\"";
        WatchRequest {
            party: "parties/kz".to_owned(),
            kinds: vec![ResourceKind::Project.into()],
            filter: format!("{}{condition}", " ".repeat(length - condition.len())),
            ..WatchRequest::default()
        }
    };

    record.watch(request(4000)).await.expect("it is watched");
    let refusal = record.watch(request(4001)).await.unwrap_err();

    assert_eq!(refusal.get_details_error_info().unwrap().reason, "FILTER_INVALID");
    assert!(refusal.message().contains("4000 bytes"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_drains_ends_the_watch_with_ok() {
    let record = Record::start().await;
    let mut stream = record.watch(WatchRequest::default()).await.unwrap();
    let resume_token = next(&mut stream).await.unwrap().unwrap().resume_token;
    let draining = Instant::now();

    let stopped = tokio::spawn(record.gateway.stop());

    let end = timeout(Duration::from_secs(1), stream.message()).await.unwrap().unwrap();
    assert!(end.is_none() && draining.elapsed() < Duration::from_secs(1));
    assert!(!resume_token.is_empty());
    stopped.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brief_of_one_instant_is_the_same_bytes_again() {
    let record = Record::start().await;
    write(record.channel(), 0, 4).await;
    let mut client = PartnershipServiceClient::new(record.channel());
    let now = client.get_brief(brief(None)).await.unwrap().into_inner();
    let read_time = now.rights.as_ref().and_then(|part| part.status.as_ref()?.read_time);
    let first = client.get_brief(brief(read_time)).await.unwrap().into_inner();

    write(record.channel(), 4, 8).await;

    let again = client.get_brief(brief(read_time)).await.unwrap().into_inner();
    assert_eq!(again.encode_to_vec(), first.encode_to_vec());
    let status = |brief: &Brief| {
        let law = brief.law.as_ref().and_then(|part| part.status.clone());
        let money = brief.money.as_ref().and_then(|part| part.status.clone());
        let rights = brief.rights.as_ref().and_then(|part| part.status.clone());
        [law, money, rights].map(|status| status.and_then(|status| status.read_time))
    };
    assert_eq!(status(&again), [read_time; 3]);
    let now = client.get_brief(brief(None)).await.unwrap().into_inner();
    assert_ne!(now.rights.unwrap().activities, again.rights.unwrap().activities);
}

fn brief(read_time: Option<prost_types::Timestamp>) -> GetBriefRequest {
    let as_of = Some(Date { year: 2026, month: 1, day: 1 });
    GetBriefRequest { party: "parties/kz".to_owned(), as_of, read_time, known_by: None }
}
