//! A service calls another one in the name of its own caller.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use policy::{Desks, Role, Tier};

use crate::support::{Running, Who, With, call, problem, serve};

/// Two servers that share a key; the first asks the second.
async fn chain(own_token: impl Fn(&Running) -> Option<String>) -> (Running, Running) {
    let second = serve(With::default()).await;
    let mut next = second.connection();
    if let Some(token) = own_token(&second) {
        next = next.with_token(&token).unwrap();
    }
    let first = serve(With { who: Who { next: Some(next) }, ..With::default() }).await;
    let key = chassis::auth::development::KEY_FILE;
    token(&second, "nobody");
    std::fs::copy(second.folder.path().join(key), first.folder.path().join(key)).unwrap();
    (first, second)
}

fn token(running: &Running, subject: &str) -> String {
    let token = chassis::auth::development::Token {
        subject: subject.to_owned(),
        roles: vec![Role::Editor],
        desks: Desks::ALL,
        tier: Tier::Restricted,
        hours: 1,
    };
    token.sign(running.folder.path(), chassis::Clock::now(&*running.clock)).unwrap()
}

#[tokio::test]
async fn the_token_of_whoever_asks_goes_on() {
    let (first, second) = chain(|_| None).await;

    let somebody = first.call(&token(&second, "dana"), "/test.Who/Relay").await;
    let nobody = call(first.connection(), "/test.Who/Relay").await;

    assert_eq!(somebody.message(), "development#dana strong=true sees=Restricted by=test.read");
    assert_eq!(nobody.message(), " strong=false sees=Public by=test.read");
}

#[tokio::test]
async fn a_connection_with_a_token_of_its_own_sends_that() {
    let (first, second) = chain(|second| Some(token(second, "own"))).await;

    let status = first.call(&token(&second, "dana"), "/test.Who/Relay").await;

    assert!(status.message().starts_with("development#own "), "{status}");
}

#[tokio::test]
async fn what_cannot_be_a_token_is_not_sent_and_never_shown() {
    let running = serve(With::default()).await;

    assert!(running.connection().with_token("two\nlines").is_err());
    let connection = running.connection().with_token("ey.secret.ey").unwrap();
    assert!(!format!("{connection:?}").contains("secret"));
    let status = call(connection, "/test.Who/Read").await;
    assert_eq!(problem(&status), "Unauthenticated TOKEN_INVALID MALFORMED");
    assert!(!status.message().contains("secret"), "{status}");
}
