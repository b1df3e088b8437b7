//! The share of each service in the time of a caller: one that does not answer leaves the others
//! their time.

use std::time::Duration;

use chassis::{Failure, deadline};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;
use tonic::Status;

/// The most time of a service, however long the caller waits.
const MAX_SHARE: Duration = Duration::from_secs(5);

/// Asks `service` within a third of what is left: what other questions depend on.
pub fn third<'a, T: Send + 'a>(
    service: &'static str,
    work: impl Future<Output = Result<T, Failure>> + Send + 'a,
) -> BoxFuture<'a, Result<T, Failure>> {
    thirds(1, service, work.boxed()).boxed()
}

/// Asks `service` within two thirds of what is left.
pub fn two_thirds<'a, T: Send + 'a>(
    service: &'static str,
    work: impl Future<Output = Result<T, Failure>> + Send + 'a,
) -> BoxFuture<'a, Result<T, Failure>> {
    thirds(2, service, work.boxed()).boxed()
}

async fn thirds<T>(
    count: u32,
    service: &'static str,
    work: BoxFuture<'_, Result<T, Failure>>,
) -> Result<T, Failure> {
    let now = Instant::now();
    let left = deadline::current().map(|end| end.saturating_duration_since(now));
    let done = deadline::within(share(count, left), work).await;
    done.unwrap_or_else(|_late| {
        let late = Status::deadline_exceeded("its share of the time is over");
        Err(Failure::downstream(service, late))
    })
}

/// So many thirds of what is left.
fn share(thirds: u32, left: Option<Duration>) -> Duration {
    left.map_or(MAX_SHARE, |left| (left * thirds / 3).min(MAX_SHARE))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use chassis::failure::ErrorReason;

    use super::*;

    #[test]
    fn a_share_leaves_time_to_others_and_is_never_long() {
        let of = |thirds, seconds| share(thirds, Some(Duration::from_secs(seconds)));

        assert_eq!([of(1, 6), of(2, 6)], [2, 4].map(Duration::from_secs));
        assert_eq!([of(1, 15), of(2, 15), of(2, 60), share(2, None)], [MAX_SHARE; 4]);
        assert_eq!(of(2, 0), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_does_not_answer_is_named_before_the_time_of_the_caller_is_over() {
        let parts = async {
            let slow = two_thirds("projects", third::<()>("agreements", pending()));
            (slow.await, two_thirds::<()>("projects", pending()).await)
        };

        let late = deadline::within(Duration::from_secs(2), parts).await;

        let (inner, outer) = late.expect("it ends before the caller leaves");
        let told = [inner, outer].map(|it| it.expect_err("nothing answers"));
        assert!(told.iter().all(|it| it.reason == ErrorReason::DeadlineExceeded));
        let messages = told.map(|it| it.message.clone());
        assert_eq!(
            messages,
            ["agreements did not answer in time", "projects did not answer in time"]
        );
    }
}
