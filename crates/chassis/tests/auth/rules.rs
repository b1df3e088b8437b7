//! The rules of methods: applied before the request is read.

use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::Algorithm;
use policy::{Desks, Grant, Role, Tier};
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt;

use crate::support::{Granted, With, call, oidc, problem, serve, serve_for};
use testkit::oidc::{Issuer, NOW, SigningKey, claims};

fn grant(role: Role, tier: Tier, expires: Option<i64>) -> Grant {
    Grant { role, desks: Desks::ALL, tier, resource: None, expires }
}

#[tokio::test]
async fn a_method_without_a_rule_cannot_be_called_by_anybody() {
    let running = serve(With::default()).await;
    let roles = [Role::Editor, Role::Operator];
    let token = testkit::token_for(running.folder.path(), &roles, Desks::ALL, Tier::Confidential);
    running.clock.set(chassis::Clock::now(&chassis::clock::SystemClock));

    let nobody = call(running.connection(), "/test.Who/Forgotten").await;
    let somebody = running.call(&token, "/test.Who/Forgotten").await;

    for status in [nobody, somebody] {
        assert_eq!(problem(&status), "PermissionDenied NO_RULE");
        assert_eq!(
            status.get_details_error_info().unwrap().metadata["method"],
            "/test.Who/Forgotten"
        );
    }
}

/// The service would answer: what is not in the contract does not reach it.
#[tokio::test]
async fn a_method_that_the_contract_does_not_have_is_not_reached() {
    let running = serve(With::default()).await;

    let method = call(running.connection(), "/test.Who/Hidden").await;
    let twisted = call(running.connection(), "//test.Who/Read").await;
    let service = call(running.connection(), "/test.Nobody/Read").await;

    assert_eq!(problem(&method), "Unimplemented METHOD_UNKNOWN");
    assert_eq!(twisted.code(), Code::Unimplemented);
    assert_eq!(problem(&service), "Unimplemented SERVICE_UNKNOWN");
}

#[tokio::test]
async fn who_needs_a_role_is_told_which_and_how_to_get_it() {
    let key = SigningKey::new("one", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    let token = key
        .sign(&claims(&issuer, &json!({"roles": ["EDITOR"], "desks": ["KZ"], "tier": "SECRET"})));

    let nobody = call(running.connection(), "/test.Who/Write").await;
    let without_grants = running.call(&token, "/test.Who/Write").await;

    assert_eq!(problem(&nobody), "Unauthenticated TOKEN_MISSING");
    assert!(nobody.message().contains(&issuer.url), "{nobody}");
    assert_eq!(problem(&without_grants), "PermissionDenied ROLE_MISSING");
    for status in [nobody, without_grants] {
        let metadata = status.get_details_error_info().unwrap().metadata;
        assert_eq!((&*metadata["action"], &*metadata["roles"]), ("test.write", "EDITOR, MONITOR"));
    }
}

#[tokio::test]
async fn grants_come_from_the_record_and_end() {
    let key = SigningKey::new("one", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    let subject = |name: &str| format!("{}#{name}", issuer.url);
    let ends = Some((NOW + 60) * 1_000_000);
    let granted = HashMap::from([
        (subject("editor"), vec![grant(Role::Editor, Tier::Confidential, ends)]),
        (subject("analyst"), vec![grant(Role::Analyst, Tier::Confidential, None)]),
        ("ainura".to_owned(), vec![grant(Role::Editor, Tier::Confidential, None)]),
    ]);
    let with = With {
        oidc: Some(oidc(&issuer)),
        grants: Some(Arc::new(Granted::new(granted))),
        ..With::default()
    };
    let running = serve(with).await;
    let token =
        |name: &str, amr: &str| key.sign(&claims(&issuer, &json!({"sub": name, "amr": [amr]})));
    let write = async |token: String| running.call(&token, "/test.Who/Write").await;

    let editor = write(token("editor", "mfa")).await;
    let weak = write(token("editor", "pwd")).await;
    let analyst = write(token("analyst", "mfa")).await;
    let unknown = write(token("ainura", "mfa")).await;
    let broken = write(token("broken", "mfa")).await;

    assert_eq!(
        editor.message(),
        format!("{} strong=true sees=Confidential by=test.write", subject("editor"))
    );
    assert_eq!(
        weak.message(),
        format!("{} strong=false sees=Restricted by=test.write", subject("editor"))
    );
    assert_eq!(problem(&analyst), "PermissionDenied ROLE_MISSING");
    assert_eq!(problem(&unknown), "PermissionDenied ROLE_MISSING");
    assert_eq!(broken.code(), Code::Unavailable);
    running.pass(60);
    assert_eq!(problem(&write(token("editor", "mfa")).await), "PermissionDenied ROLE_MISSING");
}

/// A health check needs no token, and accepts even one that is invalid.
#[tokio::test]
async fn health_is_for_everybody() {
    let running = serve(With::default()).await;
    let connection = running.connection().with_token("garbage").unwrap();
    let mut health = tonic_health::pb::health_client::HealthClient::new(connection);

    let answer = health.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap();

    assert_eq!(answer.into_inner().status, tonic_health::ServingStatus::Serving as i32);
}
