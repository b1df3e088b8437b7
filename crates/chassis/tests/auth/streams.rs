//! A stream goes on for as long as the token and the grants of its caller hold, in either
//! direction, and no longer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use policy::{Desks, Grant, Role, Tier};
use serde_json::json;
use tokio::time::timeout;
use tonic::{Code, Status};

use crate::support::{Granted, Running, With, oidc, problem, serve};
use testkit::oidc::{Issuer, NOW, SigningKey, claims};

/// By then a stream that must end has ended: it is looked at fifty times as often.
const SOON: Duration = Duration::from_secs(2);
/// As long does one go on that need not end.
const A_WHILE: Duration = Duration::from_millis(400);
const READ: &str = "/test.Who/Watch";
const WRITE: &str = "/test.Who/Import";

fn grant(role: Role, tier: Tier, expires: Option<i64>) -> Grant {
    Grant { role, desks: Desks::ALL, tier, resource: None, expires }
}

/// A server that asks what callers hold, and the token of one of them.
struct Held {
    running: Running,
    granted: Arc<Granted>,
    subject: String,
    token: String,
    _issuer: Issuer,
}

impl Held {
    async fn start(grants: Vec<Grant>) -> Self {
        Self::every(Duration::from_millis(40), grants).await
    }

    /// The same, where it is asked so often.
    async fn every(lease: Duration, grants: Vec<Grant>) -> Self {
        let key = SigningKey::new("one", Algorithm::EdDSA);
        let issuer = Issuer::with(&[&key]).await;
        let subject = format!("{}#ainura", issuer.url);
        let granted = Arc::new(Granted::new(HashMap::from([(subject.clone(), grants)])));
        let with = With {
            oidc: Some(oidc(&issuer)),
            grants: Some(granted.clone()),
            lease: Some(lease),
            ..With::default()
        };
        let running = serve(with).await;
        let token = key.sign(&claims(&issuer, &json!({"amr": ["mfa"]})));
        Self { running, granted, subject, token, _issuer: issuer }
    }

    /// A stream of this caller, under way.
    async fn open(&self, path: &'static str) -> tokio::task::JoinHandle<Status> {
        self.running.open(Some(&self.token), path).await
    }

    fn hold(&self, grants: Vec<Grant>) {
        self.granted.set(&self.subject, grants);
    }
}

async fn end(stream: tokio::task::JoinHandle<Status>) -> String {
    let status = timeout(SOON, stream).await.expect("it ends").expect("nothing panics");
    problem(&status)
}

async fn goes_on(stream: &tokio::task::JoinHandle<Status>) -> bool {
    tokio::time::sleep(A_WHILE).await;
    !stream.is_finished()
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let held = Held::start(vec![grant(Role::Editor, Tier::Confidential, None)]).await;
    let (read, write) = (held.open(READ).await, held.open(WRITE).await);
    let anonymous = held.running.open(None, READ).await;
    assert!(goes_on(&read).await && goes_on(&write).await);

    held.running.pass(601);

    assert_eq!(end(read).await, "Unauthenticated TOKEN_EXPIRED");
    assert_eq!(end(write).await, "Unauthenticated TOKEN_EXPIRED");
    assert!(goes_on(&anonymous).await, "nobody's token ends");
}

#[tokio::test]
async fn a_stream_ends_when_a_grant_it_rests_on_is_gone_lowered_or_over() {
    let editor = grant(Role::Editor, Tier::Confidential, None);
    let lowered = Grant { tier: Tier::Restricted, ..editor.clone() };
    let elsewhere = Grant { desks: Desks::of_country("KZ"), ..editor.clone() };
    for less in [Vec::new(), vec![lowered], vec![elsewhere]] {
        let held = Held::start(vec![editor.clone()]).await;
        let (read, write) = (held.open(READ).await, held.open(WRITE).await);
        assert!(goes_on(&read).await && goes_on(&write).await);

        held.hold(less);

        assert_eq!(end(read).await, "PermissionDenied GRANTS_CHANGED");
        assert_eq!(end(write).await, "PermissionDenied GRANTS_CHANGED");
    }
    let ends = Some((NOW + 60) * 1_000_000);
    let held = Held::start(vec![grant(Role::Editor, Tier::Confidential, ends)]).await;
    let read = held.open(READ).await;
    held.running.pass(61);
    assert_eq!(end(read).await, "PermissionDenied GRANTS_CHANGED");
}

#[tokio::test]
async fn a_stream_goes_on_when_what_it_rests_on_is_still_given() {
    let editor = grant(Role::Editor, Tier::Restricted, None);
    let operator = grant(Role::Operator, Tier::Public, None);
    let held = Held::start(vec![editor.clone(), operator]).await;
    let read = held.open(READ).await;

    held.hold(vec![grant(Role::Editor, Tier::Confidential, None)]);

    assert!(goes_on(&read).await, "it rests on less than that");
}

#[tokio::test]
async fn a_stream_ends_when_it_cannot_be_known_what_its_caller_holds() {
    let held = Held::start(vec![grant(Role::Analyst, Tier::Confidential, None)]).await;
    let read = held.open(READ).await;

    held.granted.fail();

    let status = timeout(SOON, read).await.unwrap().unwrap();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
}

/// Once, an answer that did not come kept a stream open past the bound of a grant taken back.
#[tokio::test]
async fn a_stream_ends_when_it_is_not_answered_what_its_caller_holds() {
    let held = Held::start(vec![grant(Role::Analyst, Tier::Confidential, None)]).await;
    let read = held.open(READ).await;

    held.granted.hang();

    let status = timeout(SOON, read).await.expect("it ends").unwrap();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
}

#[tokio::test]
async fn a_stream_goes_on_where_it_is_not_known_for_a_moment_what_its_caller_holds() {
    let held = Held::every(A_WHILE, vec![grant(Role::Analyst, Tier::Confidential, None)]).await;
    let read = held.open(READ).await;
    assert!(goes_on(&read).await);

    // It is asked in vain at the end of this, and again before twice the time is over.
    let grants = held.granted.fail();
    tokio::time::sleep(A_WHILE * 3 / 4).await;
    assert!(held.granted.asked_in_vain() > 0);
    held.granted.answer(grants);

    assert!(goes_on(&read).await && goes_on(&read).await && goes_on(&read).await);
}
