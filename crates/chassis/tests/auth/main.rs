//! Authentication and authorization, seen from outside, at a running server.

mod development;
mod forwarding;
mod keys;
mod rules;
mod streams;
mod support;
mod tokens;

/// Callers are let in or not, the same within TLS.
#[test]
fn every_caller_is_known_the_same_within_tls() {
    let passed = testkit::again_within_tls(&[]);

    assert!(passed.is_none_or(|passed| passed > 30), "{passed:?} tests passed");
}
