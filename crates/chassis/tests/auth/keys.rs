//! The keys of an issuer: fetched when they are needed, again when they change, and used for a
//! while when it is down.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tonic::Code;
use tonic_types::StatusExt;

use crate::support::{Running, problem, serve_for};
use testkit::oidc::{Issuer, NOW, SigningKey, claims};

const UNKNOWN: &str = "Unauthenticated TOKEN_INVALID UNKNOWN_ISSUER_OR_KEY";
const NO_KEYS: &str = "Unavailable TOKEN_ISSUER_UNAVAILABLE";

/// A token that nobody has seen before, made so many seconds after [`NOW`].
fn token(issuer: &Issuer, key: &SigningKey, later: i64) -> String {
    static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    let change: Value = json!({"iat": NOW + later, "exp": NOW + later + 600, "jti": number});
    key.sign(&claims(issuer, &change))
}

async fn until_fetched(issuer: &Issuer, times: usize) {
    for _ in 0..200 {
        if issuer.fetched.load(Ordering::SeqCst) == times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("fetched {} times instead of {times}", issuer.fetched.load(Ordering::SeqCst));
}

async fn is_taken(running: &Running, issuer: &Issuer, key: &SigningKey, later: i64) -> bool {
    running.who(&token(issuer, key, later)).await.starts_with(&issuer.url)
}

#[tokio::test]
async fn a_new_key_is_found_and_the_old_one_forgotten() {
    let (old, new) =
        (SigningKey::new("old", Algorithm::ES256), SigningKey::new("new", Algorithm::EdDSA));
    let issuer = Issuer::with(&[&old]).await;
    let running = serve_for(&issuer).await;
    assert!(is_taken(&running, &issuer, &old, 0).await);

    issuer.rotate(&[&new]);
    running.pass(30);

    assert!(is_taken(&running, &issuer, &new, 30).await);
    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 2);
    assert_eq!(running.who(&token(&issuer, &old, 30)).await, UNKNOWN);
}

/// A caller with tokens of unknown keys must not make the server flood the issuer.
#[tokio::test]
async fn unknown_keys_are_asked_for_at_most_twice_a_minute() {
    let (known, unknown) =
        (SigningKey::new("known", Algorithm::ES256), SigningKey::new("x", Algorithm::ES256));
    let issuer = Issuer::with(&[&known]).await;
    let running = serve_for(&issuer).await;
    assert!(is_taken(&running, &issuer, &known, 0).await);

    for second in 0..60 {
        for _ in 0..3 {
            assert_eq!(running.who(&token(&issuer, &unknown, second)).await, UNKNOWN);
        }
        running.pass(1);
    }

    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 2);
    assert!(is_taken(&running, &issuer, &known, 60).await);
}

#[tokio::test]
async fn keys_that_are_old_are_fetched_again_beside_the_calls() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    assert!(is_taken(&running, &issuer, &key, 0).await);

    running.pass(5 * 60 + 1);
    assert!(is_taken(&running, &issuer, &key, 300).await);

    until_fetched(&issuer, 2).await;
}

#[tokio::test]
async fn keys_hold_for_an_hour_while_the_issuer_is_down() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    assert!(is_taken(&running, &issuer, &key, 0).await);
    issuer.is_up.store(false, Ordering::SeqCst);

    running.pass(3600);
    assert!(is_taken(&running, &issuer, &key, 3600).await);

    running.pass(1);
    let late = running.call(&token(&issuer, &key, 3601), "/test.Who/Read").await;
    assert_eq!(problem(&late), NO_KEYS);
    let retry = late.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(retry, Duration::from_secs(30));

    issuer.is_up.store(true, Ordering::SeqCst);
    running.pass(30);
    assert!(is_taken(&running, &issuer, &key, 3630).await);
}

#[tokio::test]
async fn an_issuer_that_is_down_from_the_start_is_said_to_be() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    issuer.is_up.store(false, Ordering::SeqCst);
    let running = serve_for(&issuer).await;

    assert_eq!(running.who(&token(&issuer, &key, 0)).await, NO_KEYS);
    let nobody = crate::support::call(running.connection(), "/test.Who/Read").await;

    assert_eq!(nobody.code(), Code::AlreadyExists, "who sends no token needs no issuer");
}

/// Metadata of an issuer is not accepted when it names another issuer.
#[tokio::test]
async fn keys_from_elsewhere_are_not_taken() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let other = Issuer::with(&[&key]).await;
    let here = "/realms/test/.well-known/openid-configuration";
    let issuers = [
        (
            "another issuer",
            json!({"issuer": other.url, "jwks_uri": format!("{}/keys", other.url)}).to_string(),
        ),
        ("a redirect", format!("{}/.well-known/openid-configuration", other.url)),
        ("no document", "<html>".to_owned()),
        ("too large a document", format!("{{\"x\":\"{}\"}}", "x".repeat(300_000))),
    ];
    for (what, document) in issuers {
        let issuer = Issuer::with(&[&key]).await;
        issuer.serve(here, document);
        let running = serve_for(&issuer).await;

        assert_eq!(running.who(&token(&issuer, &key, 0)).await, NO_KEYS, "{what}");
    }
    let plain = Issuer::with(&[&key]).await;
    let keys = json!({"issuer": plain.url, "jwks_uri": "http://192.0.2.1/keys"});
    plain.serve(here, keys.to_string());
    let running = serve_for(&plain).await;

    assert_eq!(running.who(&token(&plain, &key, 0)).await, NO_KEYS, "keys without encryption");
}

#[tokio::test]
async fn keys_that_are_not_for_signatures_of_ours_are_passed_over() {
    let keys = [("enc", "use", "enc"), ("rs512", "alg", "RS512"), ("good", "use", "sig")];
    let pairs = keys.map(|(id, ..)| SigningKey::new(id, Algorithm::RS256));
    let mut public: Vec<Value> = pairs.iter().map(SigningKey::public).collect();
    for (key, (_, member, value)) in public.iter_mut().zip(keys) {
        key[member] = json!(value);
    }
    public.extend([
        json!({"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}),
        json!("nonsense"),
        json!({"kty": "new"}),
    ]);
    let issuer = Issuer::with(&[]).await;
    issuer.serve("/realms/test/keys", json!({"keys": public}).to_string());
    let running = serve_for(&issuer).await;

    assert!(is_taken(&running, &issuer, &pairs[2], 0).await);
    for pair in &pairs[..2] {
        assert_eq!(running.who(&token(&issuer, pair, 0)).await, UNKNOWN, "{}", pair.id);
    }
}
