//! How long a stream may go on: as long as the token of its caller, and the grants by which it was
//! admitted, hold.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use policy::Grant;
use tokio::time::{Instant, sleep, timeout_at};

use super::guard::Guard;
use crate::caller::RequestContext;
use crate::failure::{Code, ErrorReason, Failure};

/// How often it is asked what the caller of a stream still holds. What was asked may be remembered
/// for as long, and the stream ends twice as long after the last answer: so a grant that is taken
/// back ends it within three times this, and that is what the contract promises.
pub(super) const EVERY: Duration = Duration::from_secs(10);

/// The service that keeps the grants.
const GRANTS: &str = "agreements";

/// Ends when the stream must, and says why.
pub(super) type Lease = Pin<Box<dyn Future<Output = Failure> + Send>>;

/// For a stream of somebody who sent a token; none for others, who have nothing that could end.
pub(super) fn lease(
    guard: &Guard,
    context: &Arc<RequestContext>,
    every: Duration,
) -> Option<Lease> {
    let token = context.token.clone()?;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, token)]);
    let (guard, context) = (guard.clone(), Arc::clone(context));
    Some(Box::pin(async move { end(&guard, &context, &headers, every).await }))
}

/// Waits for the end of a lease.
pub(super) async fn ended(lease: &mut Option<Lease>) -> Failure {
    match lease {
        Some(lease) => lease.await,
        None => std::future::pending().await,
    }
}

async fn end(
    guard: &Guard,
    context: &RequestContext,
    headers: &HeaderMap,
    every: Duration,
) -> Failure {
    let (authenticator, clock) = (&guard.authenticator, &guard.clock);
    let needed = context.caller.needed(&context.rule, clock.now());
    let (mut held, mut asked) = (context.caller.grants.clone(), Instant::now());
    let mut trouble = None;
    loop {
        let expires = authenticator.expires(headers).await;
        let now = clock.now();
        let expires = match expires {
            Ok(expires) if now < expires => expires,
            Ok(_) => return token_expired(&authenticator.advice(&context.rule.roles)),
            Err(failure) => return failure,
        };
        if !needed.iter().all(|grant| held.iter().any(|it| it.holds(now) && it.covers(grant))) {
            return grants_changed();
        }
        let pause = if trouble.is_some() { every / 4 } else { every };
        let last = asked + 2 * every;
        sleep(until(now, expires, &held).min(pause)).await;
        // An answer holds for the instant at which it was asked for, however late it comes.
        let asking = Instant::now();
        match timeout_at(last, authenticator.caller(headers)).await {
            Ok(Ok(caller)) => (held, asked, trouble) = (caller.grants, asking, None),
            // Whether it has expired is looked at next.
            Ok(Err(failure)) if failure.code == Code::Unauthenticated => {}
            Ok(Err(failure)) if Instant::now() < last => trouble = Some(failure),
            Ok(Err(failure)) => return not_known(Some(failure)),
            Err(_elapsed) => return not_known(trouble),
        }
    }
}

/// The time until the first of what is held ends.
fn until(now: i64, expires: i64, held: &[Grant]) -> Duration {
    let ends = held.iter().filter_map(|grant| grant.expires).filter(|ends| *ends > now);
    let first = ends.chain([expires]).min().unwrap_or(expires);
    Duration::from_micros(first.abs_diff(now))
}

fn token_expired(advice: &str) -> Failure {
    let message = format!(
        "the access token of this stream has expired: go on with a new one, from the last resume_token where there is one; {advice}"
    );
    Failure::new(Code::Unauthenticated, ErrorReason::TokenExpired, message)
}

/// The end where the grants could not be asked: as whoever was asked says it, where that can pass.
fn not_known(trouble: Option<Failure>) -> Failure {
    if let Some(trouble) = trouble.filter(|it| it.code == Code::Unavailable) {
        return trouble;
    }
    let message = "it was not known in time whether the caller of this stream still holds the grants \
                   on which it rests";
    Failure::unavailable(ErrorReason::ServiceUnavailable, message).with("service", GRANTS)
}

fn grants_changed() -> Failure {
    let message = "a grant on which this stream rests has expired or was taken back: start again with what you hold now";
    Failure::new(Code::PermissionDenied, ErrorReason::GrantsChanged, message)
}
