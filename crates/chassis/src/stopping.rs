//! Tells work that could go on for long that the server is about to stop.

use std::future::Future;

use tokio_util::sync::CancellationToken;

tokio::task_local! {
    static STOPPING: CancellationToken;
}

/// Cancelled when the server that runs this request drains: a stream then ends of itself, and its
/// caller goes elsewhere. A stream takes it before its first item: it is not there later.
pub fn current() -> CancellationToken {
    STOPPING.try_with(Clone::clone).unwrap_or_default()
}

/// Runs `work` in a server that says by `stopping` when it drains.
pub(crate) async fn scope<F: Future>(stopping: CancellationToken, work: F) -> F::Output {
    STOPPING.scope(stopping, work).await
}
