//! The gateway as its callers meet it, in front of a real server.

mod absent;
mod briefs;
mod command;
mod failing;
mod known;
mod large;
mod lasting;
mod money;
mod passing;
mod record;
mod rights;
mod scripted;
mod searching;
mod silent;
mod stopping;
mod support;
mod watching;

/// All that is tested of the gateway without TLS, again within it: callers call it, and it calls
/// the services.
#[test]
fn whoever_asks_is_answered_the_same_within_tls() {
    let passed = testkit::again_within_tls(&["command::"]);

    assert!(passed.is_none_or(|passed| passed > 40), "{passed:?} tests passed");
}
