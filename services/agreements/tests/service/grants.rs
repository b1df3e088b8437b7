//! Grants, as an operator and their holders see them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use api::registan::access::v1::{
    CreateGrantRequest, DeleteGrantRequest, GetGrantRequest, Grant, HeldGrant, ListGrantsRequest,
    UpdateGrantRequest,
};
use api::registan::options::v1::{Role, Tier};
use api::registan::references::v1::CheckReferencesRequest;
use chassis::clock::{Clock, ManualClock};
use prost_types::{FieldMask, Timestamp};
use tonic::Code;

use crate::support::{Running, fields, on_both, reason, serve_at};

/// An invented person.
const AINURA: &str = "https://login.example.org#ainura";
const DAY: i64 = 86_400_000_000;
/// 24 November 2026.
const NOW: i64 = 1_795_519_700_000_000;

fn after(days: i64) -> Timestamp {
    standard::time::timestamp(NOW + days * DAY)
}

/// The service on a clock that stands.
async fn running(url: &str) -> (Running, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(NOW));
    (serve_at(url, Arc::clone(&clock) as Arc<dyn Clock>).await, clock)
}

fn desks(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A valid grant.
fn editor() -> Grant {
    Grant {
        subject: AINURA.to_owned(),
        role: Role::Editor.into(),
        for_desks: desks(&["desks/kz"]),
        up_to: Tier::Restricted.into(),
        purpose: "keeps the Kazakh agreements".to_owned(),
        expire_time: Some(after(30)),
        ..Grant::default()
    }
}

/// The grant as its holder sees it.
fn held(grant: &Grant) -> HeldGrant {
    HeldGrant {
        role: grant.role,
        for_desks: grant.for_desks.clone(),
        up_to: grant.up_to,
        resource: grant.resource.clone(),
        expire_time: grant.expire_time,
    }
}

async fn create(running: &mut Running, grant: Grant) -> Grant {
    let request = CreateGrantRequest { grant: Some(grant), ..CreateGrantRequest::default() };
    running.grants.create_grant(request).await.unwrap().into_inner()
}

async fn refused(running: &mut Running, grant: Grant) -> (Vec<String>, String) {
    let request = CreateGrantRequest { grant: Some(grant), ..CreateGrantRequest::default() };
    let refusal = running.grants.create_grant(request).await.unwrap_err();
    assert_eq!(refusal.code(), Code::InvalidArgument);
    (fields(&refusal), reason(&refusal))
}

async fn delete(running: &mut Running, name: &str) -> Grant {
    let request = DeleteGrantRequest { name: name.to_owned(), ..DeleteGrantRequest::default() };
    running.grants.delete_grant(request).await.unwrap().into_inner()
}

async fn listed(running: &mut Running, filter: &str) -> Vec<Grant> {
    let request = ListGrantsRequest {
        filter: filter.to_owned(),
        order_by: "expire_time".to_owned(),
        ..ListGrantsRequest::default()
    };
    running.grants.list_grants(request).await.unwrap().into_inner().grants
}

fn change(grant: &Grant, paths: &[&str]) -> UpdateGrantRequest {
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    UpdateGrantRequest {
        grant: Some(grant.clone()),
        update_mask: Some(FieldMask { paths }),
        ..UpdateGrantRequest::default()
    }
}

#[tokio::test]
async fn a_grant_is_recorded_and_can_be_asked_for() {
    on_both(|url| async move {
        let (mut running, _) = running(&url).await;
        let mut wanted = editor();
        wanted.for_desks = desks(&["desks/uz", "desks/kz", "desks/uz"]);

        let created = create(&mut running, wanted).await;
        let other =
            Grant { subject: "https://login.example.org#o'brien \"b\"".to_owned(), ..editor() };
        let other = create(&mut running, other).await;

        assert!(created.name.starts_with("grants/g") && created.name.len() == 40, "{created:?}");
        assert_eq!(created.for_desks, ["desks/kz", "desks/uz"]);
        assert_eq!((created.tier, created.desks.len()), (Tier::Public.into(), 0));
        let get = GetGrantRequest { name: created.name.clone(), read_time: None };
        assert_eq!(running.grants.get_grant(get).await.unwrap().into_inner(), created);
        let by_subject = format!("subject = \"{AINURA}\"");
        let found = [created];
        assert_eq!(listed(&mut running, &by_subject).await, found);
        assert_eq!(listed(&mut running, "for_desks:\"desks/uz\"").await, found);
        assert_eq!(listed(&mut running, "role = OPERATOR").await, []);
        assert_eq!(listed(&mut running, "expire_time < \"2026-12-24\"").await, []);
        assert_eq!(listed(&mut running, "expire_time = \"2026-12-24\"").await.len(), 2);
        assert_eq!(running.own_grants(&other.subject).await, [held(&other)]);
    })
    .await;
}

#[tokio::test]
async fn everything_wrong_with_a_grant_is_said_at_once() {
    on_both(|url| async move {
        let (mut running, _) = running(&url).await;
        let wrong = Grant {
            subject: "ainura".to_owned(),
            up_to: Tier::Secret.into(),
            resource: "agreement/kz".to_owned(),
            expire_time: Some(after(91)),
            ..Grant::default()
        };

        let (wrong_fields, _) = refused(&mut running, wrong).await;
        let (missing, _) = refused(&mut running, Grant::default()).await;

        let expected = ["role", "subject", "resource", "purpose", "expire_time"];
        assert_eq!(wrong_fields, expected.map(|field| format!("grant.{field}")));
        let expected = ["subject", "role", "expire_time"];
        assert_eq!(missing, expected.map(|field| format!("grant.{field}")));
    })
    .await;
}

#[tokio::test]
async fn a_grant_says_no_more_than_its_role_can_do() {
    on_both(|url| async move {
        let (mut running, _) = running(&url).await;
        let (none, restricted) = (Tier::Unspecified, Tier::Restricted);
        for (role, up_to, for_desks, field, why) in [
            (Role::Editor, restricted, vec![], "for_desks", "REQUIRED"),
            (Role::Partner, Tier::Confidential, desks(&["desks/kz"]), "up_to", "ABOVE_ROLE"),
            (Role::Operator, restricted, vec![], "up_to", "ABOVE_ROLE"),
            (Role::Auditor, restricted, vec![], "up_to", "ABOVE_ROLE"),
            (Role::Editor, Tier::Secret, desks(&["desks/kz"]), "up_to", "SECRET_NEEDS_RESOURCE"),
            (Role::Editor, none, desks(&["desks/xx"]), "for_desks[0]", "UNKNOWN_VALUE"),
        ] {
            let (role, up_to) = (role.into(), up_to.into());
            let grant = Grant { role, up_to, for_desks, ..editor() };

            let (fields, reason) = refused(&mut running, grant).await;

            assert_eq!((fields[0].as_str(), reason.as_str()), (&*format!("grant.{field}"), why));
        }
        let without_purpose = Grant { purpose: " ".to_owned(), ..editor() };
        assert_eq!(refused(&mut running, without_purpose.clone()).await.0, ["grant.purpose"]);
        create(&mut running, Grant { up_to: 0, ..without_purpose }).await;
        let operator =
            Grant { role: Role::Operator.into(), for_desks: vec![], up_to: 0, ..editor() };
        assert_eq!(create(&mut running, operator).await.up_to, i32::from(Tier::Public));
    })
    .await;
}

#[tokio::test]
async fn a_secret_grant_holds_for_90_days_and_another_for_400() {
    on_both(|url| async move {
        let (mut running, _) = running(&url).await;
        let secret = Grant {
            up_to: Tier::Secret.into(),
            resource: "activities/a1".to_owned(),
            expire_time: Some(after(90)),
            ..editor()
        };
        let plain = Grant { expire_time: Some(after(400)), ..editor() };

        let created = create(&mut running, secret.clone()).await;
        create(&mut running, plain.clone()).await;

        assert!(running.own_grants(AINURA).await.contains(&held(&created)));
        for late in [
            Grant { expire_time: Some(after(91)), ..secret.clone() },
            Grant { expire_time: Some(after(401)), ..plain },
            Grant {
                expire_time: Some(Timestamp { seconds: i64::MAX / 1_000_001, nanos: 0 }),
                ..editor()
            },
        ] {
            let (fields, reason) = refused(&mut running, late).await;
            assert_eq!((fields[0].as_str(), &*reason), ("grant.expire_time", "EXPIRES_TOO_LATE"));
        }
        let past = Grant { expire_time: Some(after(0)), ..secret };
        assert_eq!(refused(&mut running, past).await.1, "EXPIRED");
        let epoch = Grant { expire_time: Some(Timestamp::default()), ..editor() };
        assert_eq!(refused(&mut running, epoch).await.1, "TIME_INVALID");
    })
    .await;
}

#[tokio::test]
async fn an_update_keeps_the_bounds() {
    on_both(|url| async move {
        let (mut running, clock) = running(&url).await;
        let mut grant =
            create(&mut running, Grant { expire_time: Some(after(200)), ..editor() }).await;
        grant.up_to = Tier::Secret.into();
        grant.resource = "agreements/kz".to_owned();

        let request = change(&grant, &["up_to", "resource"]);
        let late = running.grants.update_grant(request).await.unwrap_err();
        grant.expire_time = Some(after(60));
        let request = change(&grant, &["up_to", "resource", "expire_time"]);
        let mut updated = running.grants.update_grant(request).await.unwrap().into_inner();
        clock.advance(61 * DAY);
        updated.note = "was needed for one report".to_owned();
        let noted = running.grants.update_grant(change(&updated, &["note"])).await;
        updated.expire_time = Some(after(59));
        let past = running.grants.update_grant(change(&updated, &["expire_time"])).await;

        assert_eq!(reason(&late), "EXPIRES_TOO_LATE");
        assert_eq!(updated.up_to, i32::from(Tier::Secret));
        assert_eq!(noted.unwrap().into_inner().note, "was needed for one report");
        assert_eq!(reason(&past.unwrap_err()), "EXPIRED");
    })
    .await;
}

#[tokio::test]
async fn grants_add_up_until_they_expire_or_are_taken_back() {
    on_both(|url| async move {
        let (mut running, clock) = running(&url).await;
        let first = create(&mut running, editor()).await;
        let for_desks = desks(&["desks/uz"]);
        let analyst = Grant { role: Role::Analyst.into(), for_desks, ..editor() };
        let second = create(&mut running, Grant { expire_time: Some(after(60)), ..analyst }).await;
        create(
            &mut running,
            Grant { subject: "https://login.example.org#bolot".to_owned(), ..editor() },
        )
        .await;
        let by_role = |mut grants: Vec<HeldGrant>| {
            grants.sort_by_key(|grant| grant.role);
            grants
        };

        let both = by_role(running.own_grants(AINURA).await);
        assert_eq!(both, [held(&second), held(&first)]);

        clock.advance(30 * DAY - 1);
        assert_eq!(running.own_grants(AINURA).await.len(), 2);
        clock.advance(1);
        assert_eq!(running.own_grants(AINURA).await, [held(&second)]);

        assert!(delete(&mut running, &second.name).await.delete_time.is_some());
        assert_eq!(running.own_grants(AINURA).await, []);

        let again = create(&mut running, Grant { expire_time: Some(after(60)), ..editor() }).await;
        assert_ne!(again.name, first.name);
        assert_eq!(running.own_grants(AINURA).await, [held(&again)]);
        for nobody in
            ["", "ainura", "https://login.example.org", "https://login.example.org#Ainura"]
        {
            assert_eq!(running.own_grants(nobody).await, [], "{nobody}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_grant_keeps_its_history() {
    on_both(|url| async move {
        let (mut running, clock) = running(&url).await;
        let first = create(&mut running, editor()).await;
        clock.advance(DAY);
        let deleted = delete(&mut running, &first.name).await;

        let at = |read_time| GetGrantRequest { name: first.name.clone(), read_time };
        let then = running.grants.get_grant(at(first.update_time)).await.unwrap().into_inner();
        let now = running.grants.get_grant(at(None)).await.unwrap().into_inner();

        assert_eq!(then, first);
        assert_eq!(now, deleted);
        assert_eq!(listed(&mut running, "").await, []);
    })
    .await;
}

#[tokio::test]
async fn whether_a_grant_exists_is_told_to_no_other_service() {
    on_both(|url| async move {
        let (mut running, _) = running(&url).await;
        let names = vec![create(&mut running, editor()).await.name];

        let request = CheckReferencesRequest { names: names.clone() };
        let answer = running.references.check_references(request).await.unwrap().into_inner();

        assert_eq!(answer.missing, names);
    })
    .await;
}
