//! An activity to those who are not shown all of it: what changes above them did not happen.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::{
    Activity, DiffActivitiesRequest, GetActivityRequest, ListActivitiesRequest,
    ListActivityRevisionsRequest, UpdateActivityRequest, WatchActivitiesRequest,
};
use api::registan::r#type::v1::ChangeKind;
use chassis::client::Connection;
use policy::Tier;
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::support::{activity, doing, on_both, reason, serve};

type Client = ActivityServiceClient<Connection>;

async fn update(client: &mut Client, activity: Activity, path: &str) -> Result<Activity, Status> {
    let request = UpdateActivityRequest {
        activity: Some(activity),
        update_mask: Some(FieldMask { paths: vec![path.to_owned()] }),
        ..UpdateActivityRequest::default()
    };
    client.update_activity(request).await.map(tonic::Response::into_inner)
}

/// All that a reader can ask about one activity: itself, a list, its revisions, and what changed
/// since.
async fn everything(client: &mut Client, one: &Activity) -> Vec<String> {
    let name = one.name.clone();
    let get = GetActivityRequest { name: name.clone(), ..GetActivityRequest::default() };
    let got = client.get_activity(get).await.unwrap();
    let read_time = got.metadata().get("registan-read-time").cloned();
    let list = client.list_activities(ListActivitiesRequest::default()).await.unwrap();
    let revisions =
        ListActivityRevisionsRequest { name, ..ListActivityRevisionsRequest::default() };
    let revisions = client.list_activity_revisions(revisions).await.unwrap();
    let diff =
        DiffActivitiesRequest { from_time: one.create_time, ..DiffActivitiesRequest::default() };
    let mut diff = client.diff_activities(diff).await.unwrap().into_inner();
    let mut all = vec![
        format!("{:?} {read_time:?}", got.into_inner()),
        format!("{:?}", list.into_inner()),
        format!("{:?}", revisions.into_inner()),
    ];
    while let Some(answer) = diff.message().await.unwrap() {
        all.push(format!("{answer:?}"));
    }
    all
}

/// Once, an edit of a hidden field gave anonymous callers a new etag, event, revision number,
/// `update_time` and entry of a Diff.
#[tokio::test]
async fn an_edit_of_a_hidden_field_did_not_happen_for_those_who_may_not_see_it() {
    on_both(|url| async move {
        let suite = serve(&url).await;
        let mut desk = suite.activities.clone();
        let noted = Activity { internal_note: "first".to_owned(), ..activity() };
        let made = desk.create_activity(doing(noted)).await.unwrap().into_inner();
        let mut below = [None, Some(Tier::Public), Some(Tier::Restricted)]
            .map(|tier| suite.activities_up_to(tier));
        let mut before = Vec::new();
        for client in &mut below {
            before.push(everything(client, &made).await);
        }
        let list = below[0].list_activities(ListActivitiesRequest::default()).await.unwrap();
        let watch = WatchActivitiesRequest {
            resume_token: list.into_inner().resume_token,
            ..WatchActivitiesRequest::default()
        };
        let mut watch = below[0].watch_activities(watch).await.unwrap().into_inner();

        let second = Activity { internal_note: "second".to_owned(), ..made.clone() };
        let edited = update(&mut desk, second, "internal_note").await.unwrap();

        assert_ne!(edited.etag, made.etag);
        for (client, before) in below.iter_mut().zip(&before) {
            assert_eq!(&everything(client, &made).await, before);
        }
        let titled = Activity { summary: "Changed.".to_owned(), ..edited };
        let titled = update(&mut desk, titled, "summary").await.unwrap();
        let told = loop {
            let told = watch.message().await.unwrap().unwrap();
            if told.kind() != ChangeKind::Heartbeat {
                break told;
            }
        };
        let told = told.activity.unwrap();
        assert_eq!((told.summary.as_str(), told.update_time), ("Changed.", titled.update_time));
        for client in &mut below {
            let name = made.name.clone();
            let asked =
                ListActivityRevisionsRequest { name, ..ListActivityRevisionsRequest::default() };
            let listed = client.list_activity_revisions(asked).await.unwrap().into_inner();
            let numbers: Vec<i64> = listed.revisions.iter().map(|one| one.revision).collect();
            assert_eq!(numbers, [2, 1]);
        }
    })
    .await;
}

/// An editor who may not see a field is held to the etag they were given, and leaves the field as
/// it is.
#[tokio::test]
async fn an_etag_of_below_stands_while_only_hidden_fields_change() {
    on_both(|url| async move {
        let suite = serve(&url).await;
        let mut desk = suite.activities.clone();
        let made = desk.create_activity(doing(activity())).await.unwrap().into_inner();
        let mut editor = suite.activities_up_to(Some(Tier::Public));
        let get =
            || GetActivityRequest { name: made.name.clone(), ..GetActivityRequest::default() };
        let read = editor.get_activity(get()).await.unwrap().into_inner();
        let noted = Activity { internal_note: "kept".to_owned(), ..made.clone() };
        update(&mut desk, noted, "internal_note").await.unwrap();

        let theirs = Activity { summary: "Theirs.".to_owned(), ..read.clone() };
        let written = update(&mut editor, theirs, "*").await.unwrap();

        let now = desk.get_activity(get()).await.unwrap().into_inner();
        assert_eq!((now.summary.as_str(), now.internal_note.as_str()), ("Theirs.", "kept"));
        let again = editor.get_activity(get()).await.unwrap().into_inner();
        assert_eq!((&again.etag, again.update_time), (&written.etag, written.update_time));
        let stale = update(&mut editor, read, "*").await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        let stale = update(&mut desk, made.clone(), "summary").await.unwrap_err();
        assert_eq!(reason(&stale), "ETAG_MISMATCH");
    })
    .await;
}

/// Once, an outside partner read who had been there.
#[tokio::test]
async fn the_author_of_an_activity_is_for_those_who_may_read_what_is_confidential_of_it() {
    on_both(|url| async move {
        let suite = serve(&url).await;
        let made = suite.activities.clone().create_activity(doing(activity())).await.unwrap();
        let name = made.into_inner().name;
        let author = async |connection: Connection| {
            let name = name.clone();
            let asked =
                ListActivityRevisionsRequest { name, ..ListActivityRevisionsRequest::default() };
            let listed = Client::new(connection).list_activity_revisions(asked).await.unwrap();
            listed.into_inner().revisions[0].author.clone()
        };

        for tier in [None, Some(Tier::Public), Some(Tier::Restricted)] {
            assert_eq!(author(suite.connection_up_to(tier)).await, "", "{tier:?}");
        }
        let partner = suite.connection_of(policy::Role::Partner, Tier::Confidential);
        assert_eq!(author(partner).await, "");
        let desk = author(suite.connection_up_to(Some(Tier::Confidential))).await;
        assert!(desk.ends_with("#test"), "{desk}");
    })
    .await;
}

/// Once, who read a note of the second desk alone moved an activity of the first there, was answered
/// with its note, and no line of the log said so.
#[tokio::test]
async fn what_has_a_hidden_field_is_moved_by_who_may_read_it_alone() {
    on_both(|url| async move {
        let suite = serve(&url).await;
        let noted = Activity { internal_note: "first".to_owned(), ..activity() };
        let made = suite.activities.clone().create_activity(doing(noted)).await.unwrap();
        let noted = made.into_inner();
        let made = suite.activities.clone().create_activity(doing(activity())).await.unwrap();
        let plain = made.into_inner();
        let mut below = suite.activities_up_to(Some(Tier::Restricted));
        let moved = |one: &Activity| Activity { party: "parties/kz".to_owned(), ..one.clone() };

        let mut said = Vec::new();
        for one in [&noted, &plain] {
            let seen = GetActivityRequest { name: one.name.clone(), ..Default::default() };
            let seen = below.get_activity(seen).await.unwrap().into_inner();
            for validate_only in [true, false] {
                let request = UpdateActivityRequest {
                    activity: Some(moved(&seen)),
                    update_mask: Some(FieldMask { paths: vec!["party".to_owned()] }),
                    validate_only,
                    ..UpdateActivityRequest::default()
                };
                let refused = below.update_activity(request).await.unwrap_err();
                assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
                assert_eq!(reason(&refused), "NOT_GRANTED");
                said.push(refused.message().to_owned());
            }
        }
        said.dedup();
        assert_eq!(said.len(), 1, "the note makes no difference");

        let moved = update(&mut suite.activities.clone(), moved(&noted), "party").await.unwrap();
        assert_eq!(moved.internal_note, "first");
    })
    .await;
}
