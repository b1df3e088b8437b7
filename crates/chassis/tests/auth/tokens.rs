//! Which tokens are taken.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{With, call, oidc, problem, serve, serve_for};
use testkit::oidc::{Issuer, NOW, SigningKey, claims, unsigned};

const EXPIRED: &str = "Unauthenticated TOKEN_INVALID EXPIRED";
const EARLY: &str = "Unauthenticated TOKEN_INVALID NOT_YET_VALID";
const UNKNOWN: &str = "Unauthenticated TOKEN_INVALID UNKNOWN_ISSUER_OR_KEY";
const LONG: &str = "Unauthenticated TOKEN_INVALID LIFETIME_TOO_LONG";
const MALFORMED: &str = "Unauthenticated TOKEN_INVALID MALFORMED";

#[tokio::test]
async fn a_token_of_each_algorithm_says_who_it_is() {
    let keys = [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256]
        .map(|algorithm| SigningKey::new(&format!("{algorithm:?}"), algorithm));
    let issuer = Issuer::with(&keys.each_ref()).await;
    let running = serve_for(&issuer).await;
    let subject = format!("{}#ainura", issuer.url);

    for key in &keys {
        let plain = running.who(&key.sign(&claims(&issuer, &json!({})))).await;
        let change = json!({"amr": ["pwd", "mfa"], "aud": ["other", "registan-test"]});
        let strong = running.who(&key.sign(&claims(&issuer, &change))).await;

        // No grant source, no grants: whatever a token of this issuer says, it gives nothing but a
        // name.
        assert_eq!(plain, format!("{subject} strong=false sees=Public by=test.read"), "{}", key.id);
        assert_eq!(strong, format!("{subject} strong=true sees=Public by=test.read"), "{}", key.id);
    }
    // One connection, one look-up of the keys, however many tokens.
    assert_eq!(issuer.fetched.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_with_a_claim_that_does_not_fit_is_refused() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    let cases: [(&str, Value, &str); 20] = [
        ("expired", json!({"iat": NOW - 900, "exp": NOW - 31}), EXPIRED),
        ("without an end", json!({"exp": null}), MALFORMED),
        ("with an end that is text", json!({"exp": "tomorrow"}), MALFORMED),
        ("not valid yet", json!({"nbf": NOW + 31}), EARLY),
        ("made in the future", json!({"iat": NOW + 31}), EARLY),
        ("without its making", json!({"iat": null}), MALFORMED),
        ("that lives too long", json!({"exp": NOW + 15 * 60 + 1}), LONG),
        ("that lives for ever", json!({"exp": i64::MAX, "iat": i64::MIN}), LONG),
        ("for another audience", json!({"aud": "other"}), UNKNOWN),
        ("for several others", json!({"aud": ["other", "registan"]}), UNKNOWN),
        ("for nobody", json!({"aud": null}), UNKNOWN),
        ("for an empty list", json!({"aud": []}), UNKNOWN),
        ("of another issuer", json!({"iss": "https://login.example.org"}), UNKNOWN),
        (
            "of an issuer that only begins alike",
            json!({"iss": format!("{}/", issuer.url)}),
            UNKNOWN,
        ),
        ("of several issuers", json!({"iss": [issuer.url.clone()]}), MALFORMED),
        ("without an issuer", json!({"iss": null}), MALFORMED),
        ("of nobody", json!({"sub": ""}), MALFORMED),
        ("without a subject", json!({"sub": null}), MALFORMED),
        ("of a subject that no database keeps", json!({"sub": "a\u{0}b"}), MALFORMED),
        ("with the hash of an access token", json!({"at_hash": "x"}), MALFORMED),
    ];

    for (what, change, wanted) in cases {
        assert_eq!(running.who(&key.sign(&claims(&issuer, &change))).await, wanted, "{what}");
    }
    for change in [
        json!({"iat": NOW - 900, "exp": NOW - 29}),
        json!({"nbf": NOW + 29}),
        json!({"exp": NOW + 15 * 60}),
    ] {
        let said = running.who(&key.sign(&claims(&issuer, &change))).await;
        assert!(said.starts_with(&issuer.url), "{change}: {said}");
    }
}

/// Once it was said of all of them that they are not of the kind that is taken.
#[tokio::test]
async fn the_claim_that_is_missing_is_named() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;

    for (change, told) in [
        (json!({"exp": null}), "`exp` is missing"),
        (json!({"exp": "tomorrow"}), "`exp` is no whole number"),
        (json!({"iat": null}), "`iat` is missing"),
        (json!({"sub": null}), "`sub` is missing"),
        (json!({"iss": [issuer.url.clone()]}), "`iss` is no text"),
        (json!({"sub": "x".repeat(256)}), "`sub` is longer than 255 bytes"),
    ] {
        let token = key.sign(&claims(&issuer, &change));
        let status = running.call(&token, "/test.Who/Read").await;

        assert!(status.message().contains(told), "{change}: {}", status.message());
    }
}

#[tokio::test]
async fn a_token_that_is_not_signed_by_a_known_key_is_refused() {
    let key = SigningKey::new("one", Algorithm::RS256);
    let forged = SigningKey::new("one", Algorithm::RS256);
    let stranger = SigningKey::new("stranger", Algorithm::RS256);
    let other_kind = SigningKey::new("one", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    let whole = claims(&issuer, &json!({}));
    let good = key.sign(&whole);
    let none = json!({"alg": "none", "typ": "at+jwt", "kid": "one"});
    let public = key.public()["n"].as_str().unwrap().to_owned();
    let shared = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
    let shared = encode(&shared, &whole, &EncodingKey::from_secret(public.as_bytes())).unwrap();
    let longer = Header { alg: Algorithm::RS512, ..key.header() };
    let id_less = Header { kid: None, ..key.header() };
    let critical = Header { crit: Some(vec!["b64".to_owned()]), ..key.header() };
    let other_type = Header { typ: Some("secevent+jwt".to_owned()), ..key.header() };
    let untyped = Header { typ: None, ..key.header() };
    let [head, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let swapped = unsigned(&json!({}), &claims(&issuer, &json!({"sub": "operator"})));
    let swapped = swapped.split('.').nth(1).unwrap();

    let cases = [
        ("alg none", unsigned(&none, &whole), MALFORMED),
        (
            "alg none with the signature of another",
            format!("{}{signature}", unsigned(&none, &whole)),
            MALFORMED,
        ),
        ("HS256 with the public key as the secret", shared, MALFORMED),
        ("RS512", key.sign_with(&longer, &whole), MALFORMED),
        ("another key with the same id", forged.sign(&whole), UNKNOWN),
        ("another kind of key with the same id", other_kind.sign(&whole), MALFORMED),
        ("a key that is not known", stranger.sign(&whole), UNKNOWN),
        ("no key id", key.sign_with(&id_less, &whole), UNKNOWN),
        ("a critical extension", key.sign_with(&critical, &whole), MALFORMED),
        ("another type", key.sign_with(&other_type, &whole), MALFORMED),
        ("no type", key.sign_with(&untyped, &whole), MALFORMED),
        ("other claims", format!("{head}.{swapped}.{signature}"), UNKNOWN),
        ("no signature", format!("{head}.{payload}."), UNKNOWN),
        ("two parts", format!("{head}.{payload}"), MALFORMED),
        ("four parts", format!("{good}.x"), MALFORMED),
        ("garbage", "garbage".to_owned(), MALFORMED),
        ("dots", "..".to_owned(), MALFORMED),
    ];
    for (what, token, wanted) in cases {
        assert_eq!(running.who(&token).await, wanted, "{what}");
    }
    assert!(running.who(&good).await.starts_with(&issuer.url), "the good one still is");
}

/// Once, an ID token, which any client of the issuer is given at a login, was accepted.
#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    let untyped = With {
        oidc: Some(chassis::config::Oidc { untyped: true, ..oidc(&issuer) }),
        ..With::default()
    };
    let lenient = serve(untyped).await;
    let sign = |typ: Option<&str>, change: &Value| {
        let header = Header { typ: typ.map(ToOwned::to_owned), ..key.header() };
        key.sign_with(&header, &claims(&issuer, change))
    };
    let plain = json!({});

    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        let token = sign(Some(typ), &plain);
        assert!(running.who(&token).await.starts_with(&issuer.url), "{typ}");
        assert!(lenient.who(&token).await.starts_with(&issuer.url), "{typ}");
    }
    for typ in [Some("JWT"), Some("jwt"), None] {
        let token = sign(typ, &plain);
        assert_eq!(running.who(&token).await, MALFORMED, "{typ:?}");
        assert!(lenient.who(&token).await.starts_with(&issuer.url), "{typ:?}");
        let id_token = sign(typ, &json!({"at_hash": "x"}));
        assert_eq!(lenient.who(&id_token).await, MALFORMED, "{typ:?}");
    }
    for typ in ["logout+jwt", "secevent+jwt", "application/jwt", "at+jwt2", ""] {
        assert_eq!(lenient.who(&sign(Some(typ), &plain)).await, MALFORMED, "{typ}");
    }
}

#[tokio::test]
async fn a_token_that_is_too_long_is_refused_before_it_is_read() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    let padded = |bytes: usize| key.sign(&claims(&issuer, &json!({"x": "x".repeat(bytes)})));

    let long = running.call(&padded(5000), "/test.Who/Read").await;
    let too_long = running.call(&padded(6200), "/test.Who/Read").await;

    assert!(long.message().starts_with(&issuer.url), "{long}");
    // The bound on all headers is met before that on the token.
    assert_ne!(too_long.code(), tonic::Code::AlreadyExists, "{too_long}");
}

#[tokio::test]
async fn a_header_that_is_no_bearer_token_is_refused_and_none_is_anonymous() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    let token = key.sign(&claims(&issuer, &json!({})));

    for header in ["", "Bearer", "Bearer ", "Basic YTpi", &token, &format!("Bearer{token}")] {
        let status = send(&running, &[header]).await;
        assert_eq!(problem(&status), MALFORMED, "{header}");
    }
    let twice = format!("Bearer {token}");
    assert_eq!(problem(&send(&running, &[&twice, &twice]).await), MALFORMED);
    let lower = send(&running, &[&format!("bearer {token}")]).await;
    assert!(lower.message().starts_with(&issuer.url), "{lower}");
    let nobody = call(running.connection(), "/test.Who/Read").await;
    assert_eq!(nobody.message(), " strong=false sees=Public by=test.read");
}

/// Calls with these `authorization` headers.
async fn send(running: &crate::support::Running, headers: &[&str]) -> tonic::Status {
    let mut client = tonic::client::Grpc::new(running.connection());
    client.ready().await.unwrap();
    let mut request = tonic::Request::new(());
    for header in headers {
        request.metadata_mut().append("authorization", header.parse().unwrap());
    }
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let path = http::uri::PathAndQuery::from_static("/test.Who/Read");
    let answer: Result<tonic::Response<()>, _> = client.unary(request, path, codec).await;
    answer.unwrap_err()
}

/// A verified token is not verified again, but it ends when it says so.
#[tokio::test]
async fn a_token_ends_also_when_it_was_taken_before() {
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let running = serve_for(&issuer).await;
    let token = key.sign(&claims(&issuer, &json!({})));
    assert!(running.who(&token).await.starts_with(&issuer.url));

    running.pass(629);
    assert!(running.who(&token).await.starts_with(&issuer.url));

    running.pass(1);
    assert_eq!(running.who(&token).await, EXPIRED);
}
