//! The development issuer: what its tokens give, and where it is not.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;
use std::{fs, thread};

use chassis::auth::development::{self, KEY_FILE, Token};
use chassis::{Clock, Contract, Server, Service, Settings};
use jsonwebtoken::Algorithm;
use policy::{Desks, Role, Tier};

use crate::support::{Running, With, problem, serve, serve_for};
use testkit::oidc::{Issuer, SigningKey};

const UNKNOWN: &str = "Unauthenticated TOKEN_INVALID UNKNOWN_ISSUER_OR_KEY";

fn token(role: Role, tier: Tier) -> Token {
    let subject = "dana".to_owned();
    Token { subject, roles: vec![role], desks: Desks::ALL, tier, hours: 8 }
}

fn sign(running: &Running, token: &Token) -> String {
    token.sign(running.folder.path(), running.clock.now()).unwrap()
}

#[tokio::test]
async fn its_token_gives_what_it_says_until_it_ends() {
    let running = serve(With::default()).await;
    let editor = sign(&running, &token(Role::Editor, Tier::Confidential));
    let analyst = sign(&running, &token(Role::Analyst, Tier::Restricted));

    let written = running.call(&editor, "/test.Who/Write").await;
    let refused = running.call(&analyst, "/test.Who/Write").await;

    assert_eq!(written.message(), "development#dana strong=true sees=Confidential by=test.write");
    assert_eq!(problem(&refused), "PermissionDenied ROLE_MISSING");
    running.pass(8 * 3600 + 30);
    assert_eq!(running.who(&editor).await, "Unauthenticated TOKEN_INVALID EXPIRED");
}

#[tokio::test]
async fn a_token_of_another_folder_is_refused_and_a_new_key_is_found() {
    let running = serve(With::default()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let wanted = token(Role::Editor, Tier::Public);
    let foreign = wanted.sign(elsewhere.path(), running.clock.now()).unwrap();
    let first = sign(&running, &wanted);
    assert_eq!(running.who(&foreign).await, UNKNOWN);
    assert!(running.who(&first).await.starts_with("development#dana"));

    fs::remove_file(running.folder.path().join(KEY_FILE)).unwrap();
    let second = sign(&running, &wanted);

    assert!(running.who(&second).await.starts_with("development#dana"));
}

#[tokio::test]
async fn with_an_oidc_issuer_it_is_off() {
    let key = SigningKey::new("one", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    let development = sign(&running, &token(Role::Editor, Tier::Public));

    assert_eq!(running.who(&development).await, UNKNOWN);
}

fn settings(listen: &str, development_issuer: Option<bool>, folder: &std::path::Path) -> Settings {
    Settings {
        listen: listen.parse().unwrap(),
        development_issuer,
        data_dir: folder.to_owned(),
        ..Settings::default()
    }
}

#[tokio::test]
async fn off_loopback_it_refuses_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let bind = async |settings: Settings| {
        Server::bind(Service::new("test", Contract::default()), &settings).await
    };

    let open = bind(settings("0.0.0.0:0", Some(true), folder.path())).await.unwrap_err();
    let on_loopback = bind(settings("127.0.0.1:0", Some(true), folder.path())).await;
    let oidc = crate::support::oidc(&Issuer::with(&[]).await);
    let with_oidc = Settings { oidc: Some(oidc), ..settings("[::1]:0", Some(true), folder.path()) };
    let with_oidc = bind(with_oidc).await.unwrap_err();

    for error in [open, with_oidc] {
        assert!(error.to_string().contains("development_issuer"), "{error}");
    }
    assert!(on_loopback.is_ok());
}

/// Not asked for, it is simply not there.
#[test]
fn off_loopback_and_where_it_is_said_so_it_is_off() {
    let folder = tempfile::tempdir().unwrap();
    let on = |listen, says| development::is_on(&settings(listen, says, folder.path())).unwrap();

    assert!(on("127.0.0.1:0", None) && on("[::1]:0", Some(true)));
    assert!(!on("0.0.0.0:0", None) && !on("192.0.2.1:0", None) && !on("[::]:0", Some(false)));
    assert!(!on("127.0.0.1:0", Some(false)));
}

#[test]
fn its_key_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, wanted) = (folder.path().join(KEY_FILE), token(Role::Editor, Tier::Public));
    wanted.sign(folder.path(), 0).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();

    let error = wanted.sign(folder.path(), 0).unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn many_who_make_it_at_once_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let (data, start) = (folder.path().join("data"), Barrier::new(16));
    let wanted = token(Role::Editor, Tier::Public);

    let tokens: Vec<String> = thread::scope(|scope| {
        let one = || {
            start.wait();
            wanted.sign(&data, 0).unwrap()
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });

    // Ed25519 signs alike with the same key.
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    let files: Vec<_> =
        fs::read_dir(&data).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, [KEY_FILE]);
}
